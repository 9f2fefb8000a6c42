"""Arrays on disk under a name that says what they were made of: computed once, then mapped into memory.

A file that is there is whole: it is written beside its place and moved there. Beside it stands the SHA-256 of
its content, which is looked at before it is used; what has been damaged is computed again. Of several
processes that want the same array one computes it and the others wait.
"""

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

PATIENCE: Final = 0.2  # seconds between two looks at a lock that somebody else holds

Values = NDArray[np.float32]
Fill = Callable[[Values], None]
"""Writes all of an array that it is given."""

log = logging.getLogger(__name__)


def key_of(parts: dict[str, object]) -> str:
    """The name of what is made of ``parts``, JSON-safe: 64 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Cache:
    """A folder of float32 arrays."""

    folder: Path

    def get(
        self, key: str, shape: tuple[int, ...], fill: Fill, on_wait: Callable[[], None] = lambda: None
    ) -> Values:
        """The array of that name, computed by ``fill`` if it is not there: mapped, and private if written to.

        ``on_wait`` is called while somebody else computes it, and may raise.
        """
        if (found := self._read(key, shape)) is not None:
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock(key, on_wait):
            if (found := self._read(key, shape)) is not None:
                return found
            self._write(key, shape, fill)
        found = self._read(key, shape)
        if found is None:
            raise OSError(f"{self._array(key)} is not what was written: the disk or its folder is broken")
        return found

    def _array(self, key: str) -> Path:
        return self.folder / f"{key}.npy"

    def _seal(self, key: str) -> Path:
        return self.folder / f"{key}.sha256"

    def _read(self, key: str, shape: tuple[int, ...]) -> Values | None:
        path = self._array(key)
        try:
            sealed = self._seal(key).read_text()
            with path.open("rb") as file:
                whole = hashlib.file_digest(file, "sha256").hexdigest()
            if sealed != whole:
                log.warning("features are damaged and computed again", extra={"file": str(path)})
                return None
            values: Values = np.load(path, mmap_mode="c", allow_pickle=False)
        except (OSError, ValueError):
            return None
        return np.asarray(values) if values.shape == shape and values.dtype == np.float32 else None

    def _write(self, key: str, shape: tuple[int, ...], fill: Fill) -> None:
        for left in self.folder.glob(f".{key}.*.tmp"):  # of somebody who was killed: we hold the lock
            left.unlink(missing_ok=True)
        temporary = self.folder / f".{key}.{os.getpid()}.tmp"
        try:
            values = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
            fill(values)
            values.flush()
            del values
            with temporary.open("rb") as file:
                seal = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            temporary.replace(self._array(key))
            temporary.write_text(seal)
            temporary.replace(self._seal(key))
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _lock(self, key: str, on_wait: Callable[[], None]) -> Iterator[None]:
        path = self.folder / f".{key}.lock"
        with path.open("w") as file:
            while not _locked(file):
                on_wait()
                time.sleep(PATIENCE)
            yield
            path.unlink(missing_ok=True)  # who waits for it finds the array, and who comes later, too


def _locked(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
