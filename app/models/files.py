"""A model's folder in the store: copies of what its run has left, whole or not there."""

import hashlib
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app import store
from app.db.tables import Artifact

MODELS: Final = "models"
FILES: Final = ("model.safetensors", "donors.safetensors", "card.json")
"""What `synib.scoring.Scorer` reads, called as the run calls it."""
PIECE: Final = 2**20


class Damaged(RuntimeError):
    """A file of the run is gone, or no longer what the run has written; the message names it."""


@dataclass(frozen=True)
class Copies:
    """Files on their way to a model's folder."""

    folder: Path
    size: int
    sha256: str
    """Of the files' names and hashes, in order."""

    def keep(self, store_: Path, model_id: str) -> Path:
        """Move them to the model's place."""
        place = folder_of(store_, model_id)
        self.folder.rename(place)
        store.sync(place.parent)
        return place


def folder_of(store_: Path, model_id: str) -> Path:
    return store_ / MODELS / model_id


def remove(paths: Sequence[Path]) -> None:
    """Folders and files that nobody needs any more."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def copied(store_: Path, artifacts: Sequence[Artifact]) -> Iterator[Copies]:
    """Copies of a run's files, which go at the end unless they were kept.

    Raises:
        Damaged: one is not what the run has written.
    """
    folder = store.incoming(store_, MODELS) / uuid.uuid4().hex
    folder.mkdir()
    try:
        digest, size = hashlib.sha256(), 0
        for one in artifacts:
            found = _copy(store_ / one.path, folder / one.name)
            if found != one.sha256:
                raise Damaged(f"{one.name} is not what the run has written")
            digest.update(f"{one.name} {found}\n".encode())
            size += one.size
        store.sync(folder)
        yield Copies(folder, size, digest.hexdigest())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> str:
    """Copy a file to the disk; its SHA-256."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as read, target.open("xb") as write:
            while piece := read.read(PIECE):
                digest.update(piece)
                write.write(piece)
    except FileNotFoundError:
        raise Damaged(f"{source.name} is no longer in the store") from None
    store.sync(target)
    return digest.hexdigest()
