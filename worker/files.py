"""A run's folder in the store, and how files get there whole."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.store import sync


@dataclass(frozen=True)
class RunFiles:
    """What a run leaves below the store's root."""

    store: Path
    run_id: str

    @property
    def folder(self) -> Path:
        return self.store / "runs" / self.run_id

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def tuning(self) -> Path:
        """Folder of a run that has trials: those finished, and the checkpoint of the one at work."""
        return self.folder / "tuning"

    @property
    def features(self) -> Path:
        """Of images, recordings and texts; all runs share them."""
        return self.store / "features"

    def discard_checkpoints(self) -> None:
        self.checkpoint.unlink(missing_ok=True)
        shutil.rmtree(self.tuning, ignore_errors=True)

    @property
    def log(self) -> Path:
        """What trainers print. Each also touches it as it goes on: its age tells a stalled one."""
        return self.folder / "trainer.log"

    @property
    def error(self) -> Path:
        return self.folder / "error.json"

    def of_attempt(self, attempt: int, name: str) -> Path:
        """A result. A trainer that lost its lease unknowingly cannot reach those of the next attempt."""
        return self.folder / str(attempt) / name

    def relative(self, path: Path) -> str:
        return path.relative_to(self.store).as_posix()


def replace(path: Path, content: bytes | Callable[[Path], None]) -> None:
    """Put ``content``, or what it writes, into a file that appears at ``path`` when it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content) if isinstance(content, bytes) else content(temporary)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
