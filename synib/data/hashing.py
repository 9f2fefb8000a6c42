"""The hash of a data set, column by column and some rows at a time: columns may be larger than the memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

ABSENT: Final = "-"
"""What stands in the hash for an item that an example lacks."""
BLOCK: Final = 4 * 2**20
"""Bytes that are hashed at a time."""


class Hasher:
    """Sees columns in the order in which they come: the same order gives the same hash."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._digest = hashlib.sha256("\x1f".join(classes).encode())

    def array(self, name: str, column: NDArray[Any]) -> None:
        """A whole column."""
        self.parts(name, column.dtype, column.shape, blocks(column))

    def parts(
        self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], parts: Iterable[NDArray[Any]]
    ) -> None:
        """The same of a column that comes some rows at a time."""
        self._begin(name, dtype.str, shape)
        for part in parts:
            self._digest.update(np.ascontiguousarray(part).tobytes())

    def items(self, name: str, kind: str, digests: NDArray[np.str_], index: NDArray[np.int64]) -> None:
        """Which item each example has, -1 for none, by the items' own digests."""
        known = np.append(digests.astype("S64"), ABSENT.encode())  # -1 is the last
        self.item_parts(name, kind, len(index), (known[part] for part in blocks(index)))

    def item_parts(self, name: str, kind: str, N: int, parts: Iterable[NDArray[np.bytes_]]) -> None:
        """The same of digests that come some rows at a time."""
        self.parts(f"{kind}:{name}", np.dtype("S64"), (N,), parts)

    def texts(self, name: str, column: NDArray[np.str_]) -> None:
        """A whole column as UTF-8, as wide as the longest."""
        self.text_parts(name, len(column), lambda: blocks(column))

    def text_parts(self, name: str, N: int, parts: Callable[[], Iterable[NDArray[np.str_]]]) -> None:
        """The same of a column that comes some rows at a time, and a second time."""
        width = max((np.char.encode(part, "utf-8").dtype.itemsize for part in parts()), default=1)
        self._begin(name, f"|S{width}", (N,))
        for part in parts():
            self._digest.update(np.char.encode(part, "utf-8").astype(f"S{width}").tobytes())

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    def _begin(self, name: str, dtype: str, shape: tuple[int, ...]) -> None:
        self._digest.update(f"\x1e{name} {dtype} {shape}\x1e".encode())


def blocks(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Of some rows each."""
    step = rows_of(column.dtype, column.shape)
    return (column[begin : begin + step] for begin in range(0, len(column), step))


def stored_blocks(path: Path) -> Iterator[NDArray[Any]]:
    """The same of a NumPy file, read without mapping it: mapped pages count as the process's memory."""
    with path.open("rb") as file:
        npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file)
        width, step = prod(shape[1:]), rows_of(dtype, shape)
        for begin in range(0, shape[0], step):
            count = min(step, shape[0] - begin)
            yield np.fromfile(file, dtype, count * width).reshape(count, *shape[1:])


def rows_of(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    """How many rows are hashed at a time."""
    return max(1, BLOCK // max(1, dtype.itemsize * prod(shape[1:])))
