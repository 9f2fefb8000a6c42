"""Files in the store: whole or not there, whoever writes them."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

TABLES = "analyses"
"""Folder of the tables that were sent, each called as its analysis."""
INCOMING = ".incoming"
"""Folder in it for what is still coming in."""


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def orphans(store: Path, age: float) -> Iterator[tuple[Path, str | None]]:
    """Tables that nobody has touched for ``age`` seconds, each with its analysis; an upload has none."""
    folder = store / TABLES
    for path in [*folder.glob("ana_*"), *(folder / INCOMING).glob("*")]:
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > age:
                yield path, None if path.parent.name == INCOMING else path.stem


def incoming(store: Path, of: str = TABLES) -> Path:
    """Where uploads grow; what is left there belongs to requests that never ended."""
    folder = store / of / INCOMING
    folder.mkdir(parents=True, exist_ok=True)
    return folder
