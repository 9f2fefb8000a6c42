"""What is sent: a file as it is, or a folder as a tar archive that is never written down."""

import hashlib
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import orjson

CHUNK: Final = 2**20  # bytes
BLOCK: Final = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class Source:
    """Bytes that can be read from the start as often as needed, the same every time."""

    size: int
    mark: list[str]
    """Tells it from other sources, and from itself after a change, without reading it."""
    chunks: Callable[[], Iterator[bytes]]

    def pieces(self, size: int) -> Iterator["Piece"]:
        """All of it in pieces of ``size`` bytes, the last one smaller."""
        pending, number = bytearray(), 1
        for chunk in self.chunks():
            pending += chunk
            while len(pending) >= size:
                yield Piece.of(number, pending[:size])
                del pending[:size]
                number += 1
        if pending:
            yield Piece.of(number, pending)


@dataclass(frozen=True)
class Piece:
    """A part as it is sent."""

    number: int
    """From 1."""
    content: bytes
    digest: bytes
    """SHA-256."""

    @classmethod
    def of(cls, number: int, content: bytearray) -> "Piece":
        return cls(number, bytes(content), hashlib.sha256(content).digest())


def source_of(data: Path) -> Source:
    """A file, or all files of a folder.

    Raises:
        OSError: it cannot be read.
        ValueError: the folder has nothing in it.
    """
    if not data.is_dir():
        return Source(data.stat().st_size, [_mark(data)], lambda: _read(data))
    files = sorted(path for path in data.rglob("*") if path.is_file() and not _hidden(path, data))
    if not files:
        raise ValueError(f"{data} has no files")
    headers = [_header(path, data) for path in files]
    size = sum(map(len, headers)) + sum(_padded(path.stat().st_size) for path in files)

    def packed() -> Iterator[bytes]:
        for header, path in zip(headers, files, strict=True):
            yield header
            yield from _read(path)
            if rest := path.stat().st_size % BLOCK:
                yield bytes(BLOCK - rest)
        yield bytes(2 * BLOCK)  # the end of a tar archive

    return Source(size + 2 * BLOCK, [str(data.resolve()), *map(_mark, files)], packed)


def as_file(data: Path) -> IO[bytes]:
    """The same as one file that is read: of a folder the archive, which is on the disk until it is closed.

    Raises:
        OSError, ValueError: as `source_of`.
    """
    if not data.is_dir():
        return data.open("rb")
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked closes it
    for chunk in source_of(data).chunks():
        packed.write(chunk)
    packed.seek(0)
    return packed


def as_part(value: Any) -> tuple[str | None, bytes]:
    """A form's part: of a file its name and what is in it, words, or numbers in JSON.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(value, Path):
        return value.name, value.read_bytes()
    if isinstance(value, bytes):
        return "item", value
    if isinstance(value, str):
        return None, value.encode()
    return None, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)


def _read(path: Path) -> Iterator[bytes]:
    """All of it.

    Raises:
        ValueError: it grew or shrank, so that what was announced is no longer so.
    """
    announced, read = path.stat().st_size, 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            read += len(chunk)
            yield chunk
    if read != announced:
        raise ValueError(f"{path} changed while it was sent; send it again")


def _header(path: Path, folder: Path) -> bytes:
    """Name and size, and nothing of who and when: packed again, it is the same."""
    info = tarfile.TarInfo(path.relative_to(folder).as_posix())
    info.size = path.stat().st_size
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padded(size: int) -> int:
    """Whole blocks."""
    return -(-size // BLOCK) * BLOCK


def _mark(path: Path) -> str:
    known = path.stat()
    return f"{path.resolve()} {known.st_size} {known.st_mtime_ns}"


def _hidden(path: Path, folder: Path) -> bool:
    """Of an editor, a desktop, a version control: nobody means to send them."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
