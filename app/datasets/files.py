"""A data set's folder in the store: what was sent, what is being made of it, what is ready."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATASETS = "datasets"
"""Folder of the store with a folder for each data set."""


@dataclass(frozen=True)
class DatasetFiles:
    """Paths of one data set below the store's root."""

    store: Path
    dataset_id: str

    @property
    def folder(self) -> Path:
        return self.store / DATASETS / self.dataset_id

    @property
    def sent(self) -> Path:
        """Folder of the parts, as they were sent; it goes when the data set is ready or refused."""
        return self.folder / "sent"

    def part(self, number: int, sha256: str) -> Path:
        """One of them. Its content is in its name, so that the database says which of two tries counts."""
        return self.sent / f"{number}.{sha256}"

    def tries(self, number: int) -> Iterator[Path]:
        """All that has come as this part."""
        return self.sent.glob(f"{number}.*")

    @property
    def ready(self) -> Path:
        """Folder that trainings read; there from when the run that makes it succeeds, and never changed."""
        return self.folder / "ready"

    def making(self, attempt: int) -> Path:
        """Folder in which one attempt of the run works."""
        return self.folder / f"making.{attempt}"

    def made_in_vain(self) -> Iterator[Path]:
        """Folders that attempts have left."""
        return self.folder.glob("making.*")

    def forget_sent(self) -> None:
        shutil.rmtree(self.sent, ignore_errors=True)

    def forget_made(self) -> None:
        for path in self.made_in_vain():
            shutil.rmtree(path, ignore_errors=True)

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
