"""What a format's reader hands on: some rows at a time, so that no file is ever in memory whole."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.uploads.archive import Archive
from synib.uploads.faults import RowFaults
from synib.uploads.layout import Layout
from synib.uploads.limits import Limits

Shape = tuple[int, ...]
ROWS = 65_536
"""Most rows of a block."""
WORDS = 1024
"""The same where a modality is words, which may be long."""
VALUES = 2**19
"""Most numbers of a block, in all modalities together."""


@dataclass(frozen=True)
class Block:
    """B rows."""

    numbers: dict[str, NDArray[Any]]
    """By modality (B, *shape); NaN is missing."""
    texts: dict[str, Any]
    """By column an Arrow array of B strings; null is missing."""

    def __len__(self) -> int:
        return len(next(chain(self.texts.values(), self.numbers.values())))

    def slice(self, begin: int, rows: int) -> "Block":
        """Some of them."""
        numbers = {name: values[begin : begin + rows] for name, values in self.numbers.items()}
        return Block(numbers, {name: text.slice(begin, rows) for name, text in self.texts.items()})


@dataclass(frozen=True)
class Job:
    """What a reader is given."""

    source: Path
    scratch: Path
    """A folder for what must lie on the disk meanwhile; who gave it removes it."""
    opened: ExitStack
    """Closes what was opened, whatever happens."""
    asked: spec.Upload
    faults: RowFaults
    limits: Limits
    labelled: bool = True
    """Whether there must be a label."""


@dataclass(frozen=True)
class Progress:
    """How much of a file has been read."""

    done: int
    total: int
    """In rows where their number is known, else in bytes."""


class Reader(Protocol):
    """A file whose names have been understood."""

    @property
    def layout(self) -> Layout: ...

    @property
    def shapes(self) -> dict[str, Shape]:
        """Of the modalities that are numbers."""
        ...

    @property
    def files(self) -> Archive | None:
        """Where the files are that rows name."""
        ...

    def unused(self) -> list[str]:
        """Files that no row has named, once all are read."""
        ...

    def blocks(self) -> Iterator[tuple[Block, Progress]]:
        """The rows, once."""
        ...


def rows_of(shapes: dict[str, Shape], words: bool = False) -> int:
    """How many rows a block has, so that it is small in memory, even if all its ``words`` are long."""
    width = sum(int(np.prod(shape)) for shape in shapes.values())
    return max(1, min(WORDS if words else ROWS, VALUES // max(1, width)))
