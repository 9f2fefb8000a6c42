"""Data that somebody has uploaded, as an experiment names it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from synib.problems import Problem, SpecError
from synib.spec.base import DataInfo, Spec

MediaKind = Literal["image", "audio", "text"]


class Stored(Spec):
    """A data set that somebody uploaded, by its id; the service that has it fills in all else."""

    kind: Literal["stored"] = "stored"
    id: Annotated[str, Field(pattern=r"^ds_[0-9a-f]{32}$")]
    """Of a data set that is ready, as `GET /v1/datasets` lists them. It suffices: `dataset: {id: ds_…}`."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of what is in it; if given, it must be that of the data set."""
    modalities: list[str] = []
    """Its modalities, in their order."""
    shapes: dict[str, list[int]] = {}
    """Shape of an example, by modality; those of media depend on how they are read, and are not here."""
    media: dict[str, MediaKind] = {}
    """Modalities of images, recordings or words."""
    classes: list[str] = []
    """Classes, in their order."""
    counts: dict[str, int] = {}
    """Examples by split."""

    def info(self) -> DataInfo:
        """What is in it.

        Raises:
            SpecError: nobody has filled it in.
        """
        if self.digest is None:
            detail = f"what is in {self.id} is known only to the service that has it; post it there"
            raise SpecError([Problem("/dataset/id", detail, self.id)])
        return DataInfo(
            shapes={name: tuple(self.shapes[name]) for name in self.modalities if name in self.shapes},
            media={name: self.media[name] for name in self.modalities if name in self.media},
            classes=tuple(self.classes),
            counts=self.counts,
        )


def by_id(dataset: Any) -> Any:
    """The same, its kind written out where only an id is given."""
    if isinstance(dataset, dict) and "id" in dataset and "kind" not in dataset:
        return {"kind": "stored"} | dataset
    return dataset
