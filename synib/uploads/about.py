"""What is known of an example beside its modalities and label: its id, its split, its group."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib.data.dataset import SPLITS
from synib.seeds import derive
from synib.tables.layout import LONGEST
from synib.uploads.faults import RowFaults
from synib.uploads.layout import Layout

WORDS: Final = {
    "val": "validation", "valid": "validation", "dev": "validation", "eval": "validation",
    "training": "train", "testing": "test", "holdout": "test",
}  # fmt: skip
"""What others call a split."""
PIECE: Final = 65_536
"""Rows that are looked at at a time."""
MULTIPLIERS: Final = np.random.default_rng(derive(0, "texts")).integers(0, 2**64, 4 * LONGEST, np.uint64)
"""One for each byte of a text; a longer one is refused."""


class About:
    """Ids, splits and groups in the making. Texts wait on the disk until it is known how long they get."""

    def __init__(self, layout: Layout, folder: Path, faults: RowFaults) -> None:
        import pyarrow as pa  # noqa: PLC0415

        self.has = layout.about
        self._faults = faults
        self._texts = [name for name in layout.about if name != "split"]
        self._width = dict.fromkeys(self._texts, 1)
        self._hashes = {name: folder / f"{name}.spool" for name in self._texts}
        for path in self._hashes.values():
            path.touch()
        self._splits: list[NDArray[np.int8]] = []
        self._path = folder / "texts.spool"
        schema = pa.schema([(name, pa.string()) for name in self._texts])
        self._spool = pa.ipc.new_file(str(self._path), schema)

    def add(self, texts: dict[str, Any], begin: int) -> None:
        """Arrow's strings of some rows, the first of which is ``begin``."""
        import pyarrow as pa  # noqa: PLC0415

        if "split" in self.has:
            self._splits.append(self._split(texts["split"], begin))
        for name in self._texts:
            self._check(name, texts[name], begin)
            with self._hashes[name].open("ab") as file:
                _hashes(texts[name]).tofile(file)
        if self._texts:
            self._spool.write_batch(pa.record_batch({name: texts[name] for name in self._texts}))

    def check_unique(self) -> None:
        """Whether an id stands once."""
        if "example_id" not in self._texts or self._faults:
            return
        hashes = np.fromfile(self._hashes["example_id"], np.uint64)
        known = hashes.copy()
        known.sort()
        if not (known[1:] == known[:-1]).any():
            return
        order = np.argsort(hashes, kind="stable")
        again = np.flatnonzero(hashes[order][1:] == hashes[order][:-1]) + 1
        rows = np.sort(order[again])
        first = int(np.argmax(hashes == hashes[rows[0]]))
        value = self._at("example_id", int(rows[0]))
        detail = f"{value[:40]!r} stands in row {first + 1:,} already; an id stands once"
        self._faults.rows("example_id", rows.tolist(), detail, value)

    def splits(self) -> NDArray[np.int8] | None:
        """(N,) index into `SPLITS`, where the file says it."""
        return np.concatenate(self._splits) if self._splits else None

    def groups(self) -> NDArray[np.int64] | None:
        """(N,) equal numbers for equal groups, in the order in which these come."""
        if "group" not in self._texts:
            return None
        hashes = np.fromfile(self._hashes["group"], np.uint64)
        known = np.unique(hashes)
        codes = np.searchsorted(known, hashes)
        first = np.empty(len(known), np.int64)
        for begin in reversed(range(0, len(codes), PIECE)):
            part = codes[begin : begin + PIECE][::-1]
            first[part] = begin + np.arange(len(part))[::-1]  # of several, what is written last stays
        rank = np.empty(len(known), np.int64)
        rank[np.argsort(first)] = np.arange(len(known))
        return rank[codes]

    def name_of_group(self, row: int) -> str:
        return self._at("group", row)

    def write(self, name: str, path: Path, rows: int) -> None:
        """The column ``name`` as a NumPy file of N texts; ids are made up where the file has none."""
        known = name in self._texts
        parts = (batch.column(name).to_pylist() for batch in self._read()) if known else _numbered(rows)
        kind = np.dtype(f"<U{self._width[name] if known else len(f'row-{rows}')}")
        with path.open("wb") as file:
            about = {"descr": kind.str, "fortran_order": False, "shape": (rows,)}
            np.lib.format.write_array_header_1_0(file, about)
            for part in parts:
                file.write(np.array(part, kind).tobytes())

    def close(self) -> None:
        """No more rows will come."""
        self._spool.close()

    def forget(self) -> None:
        """Remove what waited on the disk."""
        for path in (self._path, *self._hashes.values()):
            path.unlink()

    def _split(self, text: Any, begin: int) -> NDArray[np.int8]:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        codes = pc.index_in(text, value_set=pa.array(SPLITS))
        if rows := pc.indices_nonzero(pc.is_null(codes)).to_pylist():
            value = text[rows[0]].as_py() or ""
            plain = value.strip().lower()
            meant = WORDS.get(plain) or (plain if plain in SPLITS else None)
            hint = f" (did you mean {meant}?)" if meant else ""
            detail = f"{value[:40]!r} is no split; use {', '.join(SPLITS)}{hint}"
            self._faults.seen("split", "is no split", [begin + row for row in rows], detail, value)
        return np.asarray(pc.fill_null(codes, 0), np.int8)

    def _check(self, name: str, text: Any, begin: int) -> None:
        import pyarrow.compute as pc  # noqa: PLC0415

        length = pc.fill_null(pc.utf8_length(text), 0)
        self._width[name] = max(self._width[name], min(LONGEST, pc.max(length).as_py() or 1))
        for wrong, detail in (
            (pc.equal(length, 0), "is empty; fill it in or leave the column out"),
            (pc.greater(length, LONGEST), f"is longer than {LONGEST} characters"),
            (pc.match_substring(text, "\0"), "has a NUL character; remove it"),
        ):
            if rows := pc.indices_nonzero(wrong).to_pylist():
                value = text[rows[0]].as_py()
                self._faults.seen(name, detail, [begin + row for row in rows], detail, value)

    def _at(self, name: str, row: int) -> str:
        for batch in self._read():
            if row < len(batch):
                return str(batch.column(name)[row].as_py())
            row -= len(batch)
        raise IndexError(row)

    def _read(self) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        self.close()
        with pa.OSFile(str(self._path)) as file:
            reader = pa.ipc.open_file(file)
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)


def _numbered(rows: int) -> Iterator[list[str]]:
    for begin in range(0, rows, PIECE):
        yield [f"row-{number + 1}" for number in range(begin, min(rows, begin + PIECE))]


def _hashes(text: Any) -> NDArray[np.uint64]:
    """(B,) multilinear over the bytes of UTF-8: two texts that differ share one with probability 2^-57."""
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    begins = (offsets - offsets[0]).astype(np.int64)
    place = np.arange(len(data)) - np.repeat(begins[:-1], np.diff(begins))
    values = (data.astype(np.uint64) + np.uint64(1)) * MULTIPLIERS[np.minimum(place, len(MULTIPLIERS) - 1)]
    total = np.append(np.uint64(0), np.cumsum(values, dtype=np.uint64))
    return np.asarray(total[begins[1:]] - total[begins[:-1]], np.uint64)
