"""A data set in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.hashing import Hasher
from synib.data.media import Media
from synib.registry import Registry

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """N examples. ``x`` is raw: nothing outside a model normalises."""

    x: dict[str, NDArray[np.float32]]
    """{modality: (N, *shape)}. An example that lacks a modality is NaN there throughout; of a series,
    (N, T, d), the steps after its end are."""
    y: NDArray[np.int64]  # (N,) index into classes
    split: NDArray[np.str_]  # (N,) train | validation | test
    example_id: NDArray[np.str_]  # (N,) unique and the same in every load
    classes: tuple[str, ...]
    posterior: NDArray[np.float64] | None = None  # (N, K) exact p(y|every x), where it is known
    synergy: float | None = None  # closed form, bits
    source: NDArray[np.str_] | None = None  # (N,) where an example's label can be read: synergy, unique_…
    oracle: dict[str, NDArray[np.bool_]] | None = None  # {modality: (N, *shape)} coordinates of the synergy
    media: Mapping[str, Media] = field(default_factory=dict)  # modalities that are no arrays (yet)
    group: NDArray[np.str_] | None = None  # (N,) examples of one group belong into one split

    def __len__(self) -> int:
        return len(self.y)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those that are arrays, then the others."""
        return (*self.x, *(name for name in self.media if name not in self.x))

    def select(self, split: str) -> "Dataset":
        """The examples of one split, in their order."""
        if split not in SPLITS:
            raise ValueError(f"{split!r} is no split; use one of {', '.join(SPLITS)}")
        rows = self.split == split
        return replace(
            self,
            x={name: values[rows] for name, values in self.x.items()},
            y=self.y[rows],
            split=self.split[rows],
            example_id=self.example_id[rows],
            posterior=None if self.posterior is None else self.posterior[rows],
            source=None if self.source is None else self.source[rows],
            oracle=None if self.oracle is None else {m: known[rows] for m, known in self.oracle.items()},
            media={name: media.select(rows) for name, media in self.media.items()},
            group=None if self.group is None else self.group[rows],
        )

    def sha256(self) -> str:
        """Hash of everything that a model learns from or is judged by; the truth about it is not part.

        Of media it sees which item each example has, by the items' own digests.
        """
        digest = Hasher(self.classes)
        for name, values in sorted(self.x.items()):
            digest.array(f"x:{name}", values)
        for name, media in sorted(self.media.items()):
            digest.items(name, media.kind, media.digests, media.index)
        digest.array("y", self.y)
        digest.texts("split", self.split)
        digest.texts("example_id", self.example_id)
        if self.group is not None:
            digest.texts("group", self.group)
        return digest.hexdigest()


recipes: Registry[Callable[[Any], Dataset]] = Registry("synib.data")


def load(recipe: spec.Dataset, store: Path | None = None) -> Dataset:
    """The data set that a recipe and its seed describe, or that was uploaded: the same bytes every time.

    ``store`` has what was uploaded, each data set in ``<id>/ready``.

    Raises:
        StoredDataLost: it was uploaded, and is not there as it was.
    """
    if isinstance(recipe, spec.Stored):
        from synib.data.stored import open_stored  # noqa: PLC0415 - it imports us

        return open_stored(recipe, store)
    return recipes[type(recipe)](recipe)


def split_columns(counts: dict[str, int]) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """The columns ``split`` and ``example_id`` of examples that lie in the order of ``counts``."""
    split = np.repeat(list(counts), list(counts.values()))
    example_id = [f"{name}-{index:06d}" for name, count in counts.items() for index in range(count)]
    return split, np.array(example_id)
