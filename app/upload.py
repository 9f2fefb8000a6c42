"""Reads bodies straight to the disk as they come in; of a form its file, and its small parts into memory.

The body is not read before its sender is known, and no database connection waits meanwhile.
"""

import errno
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from app import store
from app.errors import BodyTooLarge, InvalidRequest, MalformedForm, StoreFull, UnsupportedMediaType
from synib.problems import escape

SMALL: Final = 64 * 2**10
"""Most bytes of a part that is not the file."""
PIECE: Final = 2**20
"""Bytes that are written at a time."""


@dataclass
class Upload:
    """What was sent."""

    path: Path
    """Of the file; it goes when the request ends, unless it was moved."""
    size: int = 0
    sha256: str = ""
    parts: dict[str, bytes] = field(default_factory=dict)
    """The others, by name."""
    has_file: bool = False
    """Whether the file came, and not what may come instead."""


@dataclass(frozen=True)
class Instead:
    """Parts that a form may have in place of its file; they are kept in memory."""

    names: Collection[str]
    most: int
    """Bytes of all of them together."""
    setting: str
    """That says so."""
    before_file: Callable[[], object]
    """Called where it is the file that comes; what it raises refuses it."""


@asynccontextmanager
async def receive(
    request: Request, folder: Path, file: str, others: Collection[str], instead: Instead | None = None
) -> AsyncIterator[Upload]:
    """The body, its part ``file`` as a file in ``folder``, with ``others`` that go with it.

    Raises:
        UnsupportedMediaType: it is not announced as multipart/form-data.
        MalformedForm: it is not that, or cut off.
        InvalidRequest: a part is missing, unknown, there twice or too large.
        BodyTooLarge: all of it is, or what came ``instead``.
        StoreFull: there is no room for it.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        announced = kind.decode(errors="replace") or "nothing"
        raise UnsupportedMediaType(f"{announced!r} was announced; send multipart/form-data")
    with _growing(folder) as (upload, sink):
        form = _Form(upload, sink, file, others, instead)
        try:
            await form.read(request, boundary)
        except FormParserError as error:
            raise MalformedForm(f"the body is no multipart/form-data: {error}") from None
        if upload.has_file:
            await run_in_threadpool(sink.end)
        yield upload


@asynccontextmanager
async def receive_raw(request: Request, folder: Path) -> AsyncIterator[Upload]:
    """The body, all of it a file in ``folder``.

    Raises:
        BodyTooLarge: it is.
        StoreFull: there is no room for it.
    """
    with _growing(folder) as (upload, sink):
        async for chunk in request.stream():
            sink.pending += chunk
            if len(sink.pending) >= PIECE:
                await run_in_threadpool(sink.write)
        await run_in_threadpool(sink.end)
        yield upload


@contextmanager
def _growing(folder: Path) -> Iterator[tuple[Upload, "_Sink"]]:
    """A new file, from its first bytes on, that goes at the end, unless it was moved."""
    upload = Upload(folder / uuid.uuid4().hex)
    sink = _Sink(upload)
    try:
        yield upload, sink
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreFull from error
        raise
    finally:
        sink.close()
        upload.path.unlink(missing_ok=True)


class _Sink:
    """What of a file has come in, on its way to the disk."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._opened: IO[bytes] | None = None
        self._hash = hashlib.sha256()
        self.pending = bytearray()

    def write(self) -> None:
        if self._opened is None:
            self._opened = self._upload.path.open("xb")
        self._hash.update(self.pending)
        self._opened.write(self.pending)
        self._opened.flush()
        self._upload.size += len(self.pending)
        self.pending.clear()

    def end(self) -> None:
        """All of it is on the disk."""
        self.write()
        store.sync(self._upload.path)
        self._upload.sha256 = self._hash.hexdigest()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class _Form:
    """The parts of a form, as the parser tells of them."""

    def __init__(
        self, upload: Upload, sink: _Sink, file: str, others: Collection[str], instead: Instead | None
    ) -> None:
        self._upload, self._sink = upload, sink
        self._file, self._others, self._instead = file, others, instead
        self._in_place = [name for name in instead.names if name not in (file, *others)] if instead else []
        self._parts: dict[str, bytearray] = {}
        self._header = self._value = self._disposition = b""
        self._name: str | None = None
        self._seen: set[str] = set()
        self._ended = False

    async def read(self, request: Request, boundary: bytes) -> None:
        """All of it, the file written piece by piece."""
        calls: Any = {
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_part,
            "on_part_data": self._on_data,
            "on_end": self._on_end,
        }
        parser = MultipartParser(boundary, calls)
        async for chunk in request.stream():
            parser.write(chunk)
            if len(self._sink.pending) >= PIECE:
                await run_in_threadpool(self._sink.write)
        if not self._ended:
            raise MalformedForm("the body ends before its last boundary; it was cut off")
        if not self._upload.has_file:
            self._check_instead()
        self._upload.parts = {name: bytes(part) for name, part in self._parts.items()}

    def _check_instead(self) -> None:
        """Whether there is what may come in place of the file, and nothing that goes with it."""
        if not self._seen.intersection(self._in_place):
            detail = f"the part {self._file!r} is missing; it is the file"
            detail += f", in place of which may be {', '.join(self._in_place)}" if self._in_place else ""
            raise InvalidRequest.at(f"/{self._file}", detail)
        for name in self._seen.intersection(self._others):
            raise InvalidRequest.at(f"/{name}", f"goes with the file {self._file!r}, and there is none")

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._disposition = b""
        name = self._name = options.get(b"name", b"").decode(errors="replace")
        known = [self._file, *self._others, *self._in_place]
        if name not in known:
            detail = f"there is no part {name!r}; send {', '.join(known)}"
            raise InvalidRequest.at(f"/{escape(name)}", detail, name)
        if name in self._seen:
            raise InvalidRequest.at(f"/{escape(name)}", "is there twice; send one")
        self._seen.add(name)
        if self._file in self._seen and (both := self._seen.intersection(self._in_place)):
            other = self._file if name in both else next(iter(both))
            detail = f"cannot come with {other!r}: send the file {self._file!r}, or parts in its place"
            raise InvalidRequest.at(f"/{escape(name)}", detail)
        if name != self._file:
            self._parts[name] = bytearray()
            return
        if self._instead is not None:
            self._instead.before_file()
        self._upload.has_file = True

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        assert self._name is not None
        if self._name == self._file:
            self._sink.pending += data[start:end]
            return
        self._parts[self._name] += data[start:end]
        if self._instead is not None and self._name in self._in_place:
            most = self._instead.most
            if sum(len(self._parts[name]) for name in self._in_place if name in self._parts) > most:
                detail = (
                    f"makes all parts larger than {most:,} bytes together; send less, send an archive as "
                )
                detail += f"{self._file!r}, or ask for a larger {self._instead.setting}"
                raise BodyTooLarge.at(f"/{escape(self._name)}", detail)
        elif len(self._parts[self._name]) > SMALL:
            raise InvalidRequest.at(f"/{self._name}", f"is larger than {SMALL // 2**10} KiB")

    def _on_end(self) -> None:
        self._ended = True
