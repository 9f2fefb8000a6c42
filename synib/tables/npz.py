"""The arrays of an NPZ, which is a ZIP of them: kinds and shapes first, then one by one or row by row.

Nothing is unpacked to the disk, nothing is unpickled, and nothing is read before its announced size is known
to fit.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from synib.problems import TableError
from synib.tables.problems import refuse
from synib.tables.sources import Source, opened

MEMBERS: Final = 40_000
"""Most arrays of a file."""
ENDING: Final = ".npy"
COMPRESSED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError, OverflowError,
    SyntaxError, TypeError,
)  # fmt: skip

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Member:
    """An array as its first bytes tell of it."""

    info: zipfile.ZipInfo
    shape: Shape
    kind: np.dtype[Any]
    fortran: bool
    """Whether the first axis runs fastest, so that a row is nowhere in one piece."""
    begin: int
    """Bytes before its values."""


class Npz:
    """An open file.

    Args:
        unpacked: most bytes that its arrays may take.
    """

    def __init__(self, source: Source, unpacked: int) -> None:
        self._file = opened(source)
        try:
            with told():
                self._zip = zipfile.ZipFile(self._file)
                self.members = self._look(unpacked)
        except BaseException:
            self._file.close()
            raise
        self.kinds = {name: member.kind for name, member in self.members.items()}
        self.shapes: dict[str, Shape] = {name: member.shape for name, member in self.members.items()}
        self.unpacked = sum(member.info.file_size for member in self.members.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def read(self, name: str) -> NDArray[Any]:
        """One array.

        Raises:
            TableError: it is cut off or not what it says.
        """
        with told(name), self._zip.open(self.members[name].info) as member:
            return np.asarray(npy.read_array(member, allow_pickle=False))

    def values(self, name: str) -> IO[bytes]:
        """A stream of the values of one, as they lie."""
        with told(name):
            stream = self._zip.open(self.members[name].info)
            stream.read(self.members[name].begin)
            return stream

    def _look(self, unpacked: int) -> dict[str, Member]:
        """Every array's shape and type, out of its first bytes."""
        infos = self._zip.infolist()
        if len(infos) > MEMBERS:
            raise refuse(f"the file has {len(infos):,} arrays; use at most {MEMBERS:,}")
        if sum(info.file_size for info in infos) > unpacked:  # as it says
            raise refuse(f"the table takes more than {unpacked / 2**30:g} GiB of memory; split it")
        found: dict[str, Member] = {}
        for info in infos:
            name = info.filename.removesuffix(ENDING)
            if not info.filename.endswith(ENDING):
                raise refuse(f"{info.filename[:80]!r} is no array of numpy.savez; is this an NPZ file?")
            if info.flag_bits & 1 or info.compress_type not in COMPRESSED:
                raise refuse("is encrypted or packed in an unusual way; write it with numpy.savez", name)
            if name in found:
                raise refuse("is there twice; keep one", name)
            found[name] = self._peek(info, name)
        return found

    def _peek(self, info: zipfile.ZipInfo, name: str) -> Member:
        with told(name), self._zip.open(info) as member:
            first = npy.read_magic(member) == (1, 0)
            shape, fortran, kind = (npy.read_array_header_1_0 if first else npy.read_array_header_2_0)(member)
            begin = member.tell()
        if kind.hasobject:
            raise refuse("is an array of Python objects, which is never read; use text or numbers", name)
        if int(np.prod(shape, dtype=object)) * kind.itemsize != info.file_size - begin:
            raise refuse("is cut off, or says another size than it has", name)
        return Member(info, shape, kind, fortran and len(shape) > 1, begin)


def is_text(kind: np.dtype[Any]) -> bool:
    """Whether values of this type can be texts: whole numbers are, as they are written."""
    return kind.kind in "USiu"


def as_text(values: NDArray[Any]) -> Any:
    """(N,) as Arrow strings.

    Raises:
        TableError: bytes that are no UTF-8.
    """
    import pyarrow as pa  # noqa: PLC0415

    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise refuse(f"the bytes of a text are not UTF-8: {error.reason}") from None
    try:
        return pa.array([str(value) for value in values.tolist()], pa.string())
    except UnicodeEncodeError:
        raise refuse("a text has half of a surrogate pair, which is no character; remove it") from None


@contextmanager
def told(name: str = "") -> Iterator[None]:
    """Whatever zipfile, zlib and numpy say of damage, as one of ours."""
    try:
        yield
    except TableError:
        raise
    except BROKEN as error:
        detail = f"the file is no whole NPZ file; it may have been cut off ({error})"
        raise refuse(detail, name) from None
