"""What there is to know of uploaded data before anything is trained on it; without torch."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Split = Literal["train", "validation", "test"]
Kind = Literal["numbers", "image", "audio", "text"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Spread(_Part):
    """Of some amounts."""

    least: float
    median: float
    most: float
    unit: str
    """What is counted: steps, characters, seconds, pixels."""


class Values(_Part):
    """Of a modality's numbers, over all examples that have it."""

    least: float
    most: float
    mean: float
    spread: float
    """Standard deviation of the numbers, each feature around its own mean."""
    constant: list[str]
    """Features that are the same in every example, the first 20; those of arrays are named by their place."""
    constants: int
    """How many are."""


class ModalityProfile(_Part):
    """One modality."""

    name: str
    kind: Kind
    shape: list[int] | None = None
    """Of an example, where it is numbers."""
    columns: list[str] = []
    """Of a table, in the order of the last axis; the first 1,000."""
    missing: dict[Split, int]
    """Examples that lack it, by split."""
    items: int | None = None
    """Different images, recordings or texts."""
    values: Values | None = None
    """Of numbers."""
    lengths: Spread | None = None
    """Of series in steps, of texts in characters, of recordings in seconds."""
    heights: Spread | None = None
    """Of images, in pixels."""
    widths: Spread | None = None
    """Of images, in pixels."""
    rates: list[int] = []
    """Sampling rates of recordings, in Hz."""


class Twin(_Part):
    """Two examples that look alike, by their ids."""

    here: str
    """In validation or test."""
    there: str
    """In a split that is learnt from or chosen on before it."""


class Duplicates(_Part):
    """Examples of validation that training has, too, and of test that training or validation have."""

    of: str
    """A modality; empty where all of an example is meant."""
    how: Literal["exact", "near"]
    """exact: the same numbers, the same file, the same text. near: numbers that differ by about a thousandth
    of their spread, images and recordings whose coarse pictures (16 × 16 grey levels; 16 bands by 16 times)
    agree within 3 levels of 255, texts that differ in case, blanks and punctuation only. Of near ones most
    are found, not all."""
    counts: dict[Split, int]
    """By split: validation and test."""
    twins: list[Twin]
    """The first five."""


class Groups(_Part):
    """The group column."""

    count: int
    largest: int
    """Examples."""
    leaking: int
    """Groups that are in more than one split."""
    leaked: list[str]
    """The first five of them."""


class Profile(_Part):
    """What is in a data set, and what its owner should know before trusting a result on it."""

    digest: str
    """SHA-256 of what is in it, the same whatever file it came in."""
    format: Literal["csv", "parquet", "arrow", "npz", "safetensors", "tar", "zip"]
    classes: list[str]
    counts: dict[Split, int]
    """Examples by split."""
    balance: dict[Split, list[int]]
    """Examples of each class, in the order of the classes, by split."""
    drawn: bool
    """Whether the split was drawn here, since the file has none."""
    modalities: list[ModalityProfile]
    groups: Groups | None
    duplicates: list[Duplicates]
    """Across splits; only those that there are."""
    unused: list[str]
    """Files of the archive that its metadata do not name, the first 20."""
    warnings: list[str]
    """In sentences."""

    @property
    def shapes(self) -> dict[str, list[int]]:
        """Of an example, by modality that is numbers."""
        return {m.name: m.shape for m in self.modalities if m.shape is not None}

    @property
    def media(self) -> dict[str, Literal["image", "audio", "text"]]:
        """Modalities that are none, and what they are."""
        return {m.name: m.kind for m in self.modalities if m.kind != "numbers"}

    @property
    def examples(self) -> int:
        return sum(self.counts.values())
