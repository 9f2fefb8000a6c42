"""Files that pages load, each under a name that changes with its content: browsers keep them for ever."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from app.errors import NotFound

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
TEXT = (".css", ".js", ".svg", ".json", ".txt")
"""What compression makes smaller; a woff2 is compressed already."""

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    content: bytes
    packed: bytes | None
    """Compressed by gzip; None where that gains nothing."""
    digest: str
    media_type: str


def asset_url(name: str) -> str:
    """Where a page finds a file of ``static/``; another content has another address."""
    return f"/static/{name}?v={_current(name).digest}"


@router.get("/static/{name:path}")
async def asset(request: Request, name: str) -> Response:
    """A file, compressed where that helps; asked for by its digest it may be kept for ever."""
    if not _served(name):
        raise NotFound
    found = _current(name)
    etag = f'"{found.digest}"'
    kept = FOR_EVER if request.query_params.get("v") == found.digest else "no-cache"
    headers = {"ETag": etag, "Cache-Control": kept, "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            found.packed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(found.content, media_type=found.media_type, headers=headers)


@lru_cache
def _names() -> frozenset[str]:
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())


def _served(name: str) -> bool:
    """Whether ``static/`` has it; a file that came after the start is found, too."""
    if name not in _names():
        _names.cache_clear()
    return name in _names()


def _current(name: str) -> Asset:
    path = FOLDER / name
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> Asset:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = re.sub(rb'url\("([^":]+)"\)', _versioned, content)
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in TEXT else None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, packed, hashlib.sha256(content).hexdigest()[:12], media_type)


def _versioned(url: re.Match[bytes]) -> bytes:
    """A file that a style sheet names, by the address that pages name it by."""
    return f'url("{asset_url(url[1].decode())}")'.encode()
