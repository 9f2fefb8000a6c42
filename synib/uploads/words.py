"""A modality that is words: each different text once, in a file that is read text by text."""

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from synib.data.hashing import ABSENT, blocks
from synib.uploads.faults import RowFaults
from synib.uploads.folder import MediaFolder
from synib.uploads.limits import Limits

DIGEST: Final = 32
"""Bytes of a sha256."""
PREFIX: Final = 16
"""Bytes of it that tell texts apart."""
PIECE: Final = 8192
"""Digests written at a time."""
HEX: Final = np.array([f"{byte:02x}" for byte in range(256)], "S2")


@dataclass
class WordWriter:
    """``texts.arrow`` of one modality, with its index.

    Texts and their hashes wait on the disk until all are there, and it is known which are the same.
    """

    name: str
    column: str
    folder: MediaFolder
    faults: RowFaults
    limits: Limits
    index: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """(N,), once it is closed, like all that follows."""
    lengths: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    """(M,) characters of each item."""
    alike: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    """(M,) equal numbers for texts that differ in case, blanks and punctuation only."""

    def __post_init__(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        self.folder.root.mkdir(parents=True)
        self._waiting = self.folder.root / "texts.spool", self.folder.root / "digests.spool"
        self._spool = pa.ipc.new_file(str(self._waiting[0]), pa.schema([("text", pa.string())]))
        self._rows: list[tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.uint64]]] = []
        self._digests = np.empty((0, DIGEST), np.uint8)  # (M, 32)

    def add(self, texts: Any, begin: int) -> None:
        """Arrow's strings of some rows; null and empty are missing."""
        import pyarrow as pa  # noqa: PLC0415

        known = [text or "" for text in texts.to_pylist()]
        for row, text in enumerate(known, begin):
            if problem := self._problem(text):
                self.faults.seen(self.column, problem, [row], problem, text)
        digests = b"".join(hashlib.sha256(text.encode()).digest() for text in known)
        with self._waiting[1].open("ab") as file:
            file.write(digests)
        self._spool.write_batch(pa.record_batch({"text": pa.array(known, pa.string())}))
        prefixes = np.frombuffer(digests, np.uint64).reshape(-1, DIGEST // 8)[:, : PREFIX // 8].copy()
        lengths = np.array([len(text) for text in known], np.int32)
        alike = np.array([_plain_hash(text) for text in known], np.uint64)
        self._rows.append((prefixes, lengths, alike))

    def gone(self) -> NDArray[np.bool_]:
        """(B,) which of the last rows lack the modality."""
        return np.asarray(self._rows[-1][1] == 0)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(N,)"""
        return self.index < 0

    @property
    def items(self) -> int:
        """How many different texts there are."""
        return len(self._digests)

    def close(self) -> None:
        """All rows are there."""
        self._spool.close()
        if not self._rows:
            return
        prefixes, lengths, alike = (np.concatenate(parts) for parts in zip(*self._rows, strict=True))
        self._rows.clear()
        self.index, first = _same(prefixes, lengths > 0)
        self.lengths, self.alike = lengths[first], alike[first]
        self._digests = np.memmap(self._waiting[1], np.uint8, "r", shape=(len(lengths), DIGEST))[first]
        np.save(self.folder.index, self.index)
        self._write_digests()
        self._write_texts(first)
        for path in self._waiting:
            path.unlink()

    def digests(self) -> Iterator[NDArray[np.bytes_]]:
        """Of each example, in hexadecimal, some rows at a time."""
        for part in blocks(self.index):
            yield np.where(part < 0, ABSENT.encode(), _hexadecimal(self._digests[part]))

    def _problem(self, text: str) -> str | None:
        if len(text) > self.limits.characters:
            return f"is longer than {self.limits.characters:,} characters; shorten it"
        return "has a NUL character; remove it" if "\0" in text else None

    def _write_digests(self) -> None:
        """(M,) as texts."""
        kind = np.dtype(f"<U{2 * DIGEST}")
        with self.folder.digests.open("wb") as file:
            about = {"descr": kind.str, "fortran_order": False, "shape": (self.items,)}
            npy.write_array_header_1_0(file, about)
            for begin in range(0, self.items, PIECE):
                file.write(_hexadecimal(self._digests[begin : begin + PIECE]).astype(kind).tobytes())

    def _write_texts(self, rows: NDArray[np.int64]) -> None:
        """Those of some rows, in their order."""
        import pyarrow as pa  # noqa: PLC0415

        begin, schema = 0, pa.schema([("text", pa.string())])
        with pa.OSFile(str(self._waiting[0])) as file, pa.ipc.new_file(str(self.folder.texts), schema) as out:
            spool = pa.ipc.open_file(file)
            for number in range(spool.num_record_batches):
                batch = spool.get_batch(number)
                here = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, begin + len(batch))]
                if len(here):
                    out.write_batch(batch.take(pa.array(here - begin)))
                begin += len(batch)


def _same(
    prefixes: NDArray[np.uint64], present: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(N,) each row's item, -1 for none, and (M,) the row in which each item stands first: items are in the
    order in which they come."""
    index = np.full(len(prefixes), -1, np.int64)
    rows = np.flatnonzero(present)
    order = rows[np.lexsort((prefixes[rows, 1], prefixes[rows, 0]))]  # stable: rows of one text in order
    new = np.ones(len(order), bool)
    new[1:] = (prefixes[order[1:]] != prefixes[order[:-1]]).any(axis=1)
    firsts = order[new]
    rank = np.empty(len(firsts), np.int64)
    rank[np.argsort(firsts)] = np.arange(len(firsts))
    index[order] = rank[np.cumsum(new) - 1]
    return index, np.sort(firsts)


def _hexadecimal(digests: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """(B, 32) -> (B,)"""
    return HEX[digests].view(f"S{2 * DIGEST}")[:, 0]


def _plain_hash(text: str) -> int:
    """Of its letters and digits in lower case, compatible forms made one (Unicode NFKC)."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(sign if sign.isalnum() else " " for sign in plain).split()
    key = " ".join(words) or text  # of nothing but signs, themselves
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")
