"""Files inside a tar or a zip: looked up by safe names, read one by one, nothing unpacked by its own name."""

import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from synib.problems import TableError
from synib.uploads.faults import refuse
from synib.uploads.layout import did_you_mean
from synib.uploads.limits import Limits

METADATA: Final = ("metadata.csv", "metadata.jsonl")
PIECE: Final = 2**20
"""Bytes read at a time."""
EXTENDED: Final = 2**20
"""Most bytes of a header of a tar: a long name needs a few hundred."""
SUSPECT: Final = 2**20
"""Bytes beyond which a compressed file's growth is looked at."""
ENTRY: Final = 1024
"""Bytes that a file takes in a zip's directory, on average at most."""
JUNK: Final = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers leave."""
LINKS: Final = {
    tarfile.SYMTYPE: "a symbolic link", tarfile.LNKTYPE: "a hard link", tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a pipe", tarfile.GNUTYPE_SPARSE: "a sparse file",
}  # fmt: skip


class Archive(ABC):
    """Names of files that are safe, and their bytes."""

    def __init__(self, source: Path, limits: Limits, opened: ExitStack) -> None:
        self.source, self.limits, self._opened = source, limits, opened
        self._sizes: dict[str, int] = {}
        self._folded: dict[str, str] = {}
        self._unpacked = 0
        self._used: set[str] = set()
        self._open()
        self.metadata = self._find_metadata()
        """Name of the file that says what the others are."""
        self._prefix = self.metadata.rpartition("/")[0]

    def find(self, name: str) -> str | None:
        """The file that the metadata mean, if it is there; from then on it is used."""
        found = _plain(f"{self._prefix}/{name}" if self._prefix else name)
        if found not in self._sizes or found == self.metadata:
            return None
        self._used.add(found)
        return found

    def hint(self, name: str) -> str:
        """A file with nearly this name."""
        begin = len(self._prefix) + 1 if self._prefix else 0
        return did_you_mean(name, [known[begin:] for known in list(self._sizes)[:10_000]])

    def unused(self) -> list[str]:
        """Files that were never looked for."""
        return [name for name in self._sizes if name not in self._used and name != self.metadata]

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._sizes[name]

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file.

        Raises:
            TableError: it is cut off or damaged.
        """
        left = self._sizes[name]
        try:
            with self._reader(name) as file:
                while left:
                    piece = file.read(min(PIECE, left))
                    if not piece:
                        raise refuse(f"{name} is cut off: {left:,} bytes are missing", name)
                    left -= len(piece)
                    yield piece
                file.read(1)  # a zip's checksum is compared at the end
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise refuse(f"{name} is damaged ({error}); pack it again", name) from None

    @abstractmethod
    def _open(self) -> None:
        """Take all members in by `_add`."""

    @abstractmethod
    def _reader(self, name: str) -> BinaryIO: ...

    def _add(self, name: str, size: int) -> str | None:
        """A regular file under its safe name; None if it is of no interest."""
        problem = _hostile(name)
        if problem:
            raise refuse(f"{name[:80]!r} {problem}; use names below the archive's own folder", name)
        plain = _plain(name)
        parts = plain.split("/")
        if any(part in JUNK or part.startswith("._") for part in parts):
            return None
        other = self._folded.setdefault(plain.casefold(), plain)
        if plain in self._sizes:
            raise refuse(f"{plain!r} is in the archive twice; keep one", plain)
        if other != plain:
            raise refuse(f"{plain!r} and {other!r} differ in case only; rename one", plain)
        if len(self._sizes) == self.limits.files:
            raise refuse(f"the archive has more than {self.limits.files:,} files; use at most so many")
        most = self.limits.metadata if parts[-1] in METADATA else self.limits.file
        if size > most:
            detail = f"has {size / 2**20:,.0f} MiB; a file may have {most / 2**20:,.0f}"
            raise refuse(f"{plain} {detail}", plain, size)
        self._unpacked += size
        if self._unpacked > self.limits.unpacked:
            raise refuse(f"the archive unpacks to more than {self.limits.unpacked / 2**30:g} GiB; split it")
        self._sizes[plain] = size
        return plain

    def _find_metadata(self) -> str:
        found = [name for name in self._sizes if name.rpartition("/")[2] in METADATA]
        wanted = " or ".join(METADATA)
        if not found:
            detail = f"the archive has no {wanted}, which says for each example its files and its label"
            raise refuse(f"{detail}; add one beside the files")
        if len(found) > 1:
            detail = f"the archive has {len(found)} files of metadata ({', '.join(found[:3])}); use one"
            raise refuse(f"{detail}, with a column split", found[1])
        return found[0]


class Tar(Archive):
    """An uncompressed tar."""

    def _open(self) -> None:
        self._offsets: dict[str, int] = {}
        whole, end = self.source.stat().st_size, 0
        try:
            with self.source.open("rb") as file, tarfile.TarFile(fileobj=_Headers(file)) as tar:  # type: ignore[arg-type]
                for info in tar:
                    tar.members = []  # type: ignore[attr-defined] # else it keeps all that it has seen
                    end = info.offset_data + -(-info.size // 512) * 512 if info.isreg() else info.offset_data
                    if info.isdir():
                        if problem := _hostile(info.name):
                            raise refuse(f"{info.name[:80]!r} {problem}", info.name)
                        continue
                    if info.type in LINKS or info.sparse or not info.isreg():
                        what = LINKS.get(info.type, "no regular file")
                        raise refuse(f"{info.name[:80]!r} is {what}; pack files themselves", info.name)
                    if info.offset_data + info.size > whole:
                        raise refuse(f"{info.name} is cut off: the archive ends within it", info.name)
                    if name := self._add(info.name, info.size):
                        self._offsets[name] = info.offset_data
        except (tarfile.TarError, ValueError, EOFError, OSError) as error:
            if isinstance(error, TableError):
                raise
            raise refuse(f"the file is no whole tar archive; it may have been cut off ({error})") from None
        with self.source.open("rb") as file:
            file.seek(end)
            if file.read(512) != bytes(512):
                raise refuse("the tar archive has no end; it was cut off, or is damaged behind its last file")

    def _reader(self, name: str) -> BinaryIO:
        file = self.source.open("rb")
        file.seek(self._offsets[name])
        return file


class Zip(Archive):
    """A zip, its files stored or deflated."""

    def _open(self) -> None:
        directory = _directory_size(self.source)
        if directory > ENTRY * self.limits.files:
            raise refuse(f"the archive has more than {self.limits.files:,} files; use at most so many")
        try:
            self._zip = self._opened.enter_context(zipfile.ZipFile(self.source))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise refuse(f"the file is no whole zip archive; it may have been cut off ({error})") from None
        self._infos: dict[str, zipfile.ZipInfo] = {}
        begin = 0
        for info in sorted(self._zip.infolist(), key=lambda info: info.header_offset):
            if info.header_offset < begin:
                detail = "begins within another file: many files out of the same bytes are a bomb"
                raise refuse(f"{info.filename[:80]!r} {detail}", info.filename)
            begin = info.header_offset + 30 + info.compress_size
            self._take(info)

    def _take(self, info: zipfile.ZipInfo) -> None:
        name, mode = info.orig_filename, info.external_attr >> 16
        if info.is_dir():
            if problem := _hostile(name):
                raise refuse(f"{name[:80]!r} {problem}", name)
            return
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            what = "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
            raise refuse(f"{name[:80]!r} is {what}; pack files themselves", name)
        if info.flag_bits & 1:
            raise refuse(f"{name[:80]!r} is encrypted; pack without a password", name)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse(f"{name[:80]!r} is packed in an unusual way; use deflate, or store", name)
        if info.file_size > max(SUSPECT, self.limits.ratio * info.compress_size):
            times = info.file_size / max(1, info.compress_size)
            detail = f"grows {times:,.0f} times when it is unpacked; at most {self.limits.ratio} are taken"
            raise refuse(f"{name[:80]!r} {detail}", name)
        if plain := self._add(name, info.file_size):
            self._infos[plain] = info

    def _reader(self, name: str) -> BinaryIO:
        return self._zip.open(self._infos[name])  # type: ignore[return-value]


class _Headers:
    """A file that gives nothing longer than a header: a tar's could ask for all memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= EXTENDED:
            raise refuse("a header of the tar archive is longer than 1 MiB; use shorter names")
        return self._file.read(size)


def _hostile(name: str) -> str | None:
    """Why a name could lead out of the archive's folder, or be two names, if it could."""
    path = PurePosixPath(name)
    if "\0" in name or any(ord(sign) < 32 for sign in name):
        return "has a control character in its name"
    if "\\" in name:
        return "has a backslash in its name"
    if path.is_absolute() or (len(name) > 1 and name[1] == ":" and name[0].isalpha()):
        return "is an absolute path"
    if ".." in path.parts:
        return "leads out of the archive by .."
    if any(0xD800 <= ord(sign) < 0xE000 for sign in name):
        return "has a name that is not UTF-8"
    return None if path.parts else "has no name"


def _plain(name: str) -> str:
    """Without ``./`` and doubled slashes, accents composed: as metadata and archives write it alike."""
    return unicodedata.normalize("NFC", str(PurePosixPath(name)))


def _directory_size(source: Path) -> int:
    """Bytes of a zip's directory, as its end says: zipfile reads it whole."""
    size = source.stat().st_size
    with source.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise refuse("the file is no whole zip archive; its end is missing, it may have been cut off")
        directory = int(struct.unpack_from("<I", tail, at + 12)[0])
        wide = tail.rfind(b"PK\x06\x06", 0, at)
        if directory == 0xFFFFFFFF and wide >= 0 and len(tail) >= wide + 56:
            directory = int(struct.unpack_from("<Q", tail, wide + 40)[0])
    return directory
