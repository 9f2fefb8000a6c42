"""Writers of tables in pieces. Imports pyarrow, so nothing imports this before an export is asked for."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from app.examples.export import Column
from app.examples.params import Format

FORMULA = r"^[=+\-@\t\r\n]"
"""What makes a spreadsheet take text for a formula."""


class Encoder(Protocol):
    """Writes tables of one schema, one after another."""

    number: pa.DataType
    """What numbers are read as: single precision where the format has it, else what prints shortest."""
    most: int
    """Rows at once; a row takes 1 kB as Arrow and 10 kB as Python objects."""

    def write(self, table: pa.Table) -> bytes: ...
    def close(self) -> bytes: ...


def encoder(to: Format) -> Encoder:
    """The writer of a format."""
    match to:
        case Format.NDJSON:
            return Ndjson()
        case Format.CSV:
            return Csv()
        case Format.ARROW:
            return Streamed(pa.ipc.new_stream)
        case Format.PARQUET:
            return Streamed(partial(pq.ParquetWriter, compression="zstd"))  # a row group for each piece
    raise ValueError(to)


def table(rows: Sequence[bytes], flat: Sequence[Column], number: pa.DataType) -> pa.Table:
    """CSV rows out of COPY as a typed table, codes replaced by names."""
    kinds = {
        column.name: number if column.kind == "float32" else pa.type_for_alias(column.kind) for column in flat
    }
    if not rows:
        parsed = pa.table({name: pa.array([], kind) for name, kind in kinds.items()})
    else:
        parsed = pacsv.read_csv(
            pa.py_buffer(b"".join(rows)),
            pacsv.ReadOptions(column_names=list(kinds), use_threads=False),
            pacsv.ParseOptions(newlines_in_values=True),
            pacsv.ConvertOptions(column_types=kinds, null_values=[], strings_can_be_null=False),
        )
    for place, column in enumerate(flat):
        if column.codes is not None:
            named = pa.array(column.codes, pa.string()).take(parsed.column(place).combine_chunks())
            parsed = parsed.set_column(place, column.name, named)
    return parsed


class Sink:
    """A file that hands on what is written and forgets it, but not how much it was."""

    closed = False

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def drain(self) -> bytes:
        piece = b"".join(self.pieces)
        self.pieces.clear()
        return piece


class Ndjson:
    number = pa.float64()
    most = 1_000

    def write(self, table: pa.Table) -> bytes:
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in table.to_pylist())

    def close(self) -> bytes:
        return b""


class Csv:
    """Texts that a spreadsheet would run as a formula get an apostrophe in front."""

    number = pa.float32()
    most = 10_000
    _begun = False

    def write(self, table: pa.Table) -> bytes:
        sink = pa.BufferOutputStream()
        pacsv.write_csv(_guarded(table), sink, pacsv.WriteOptions(include_header=not self._begun))
        self._begun = True
        written: bytes = sink.getvalue().to_pybytes()
        return written

    def close(self) -> bytes:
        return b""


def _guarded(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            text = table.column(place)
            quoted = pc.binary_join_element_wise("'", text, "")
            risky = pc.match_substring_regex(text, FORMULA)
            table = table.set_column(place, field.name, pc.if_else(risky, quoted, text))
    return table


class Streamed:
    """A writer of pyarrow's that is opened by the first table, since that has the schema."""

    number = pa.float32()
    most = 10_000

    def __init__(self, opened: Callable[[pa.PythonFile, pa.Schema], Any]) -> None:
        self._sink, self._opened = Sink(), opened
        self._writer: Any = None

    def write(self, table: pa.Table) -> bytes:
        if self._writer is None:
            self._writer = self._opened(pa.PythonFile(self._sink, mode="w"), table.schema)
        if len(table):
            self._writer.write_table(table)
        return self._sink.drain()

    def close(self) -> bytes:
        if self._writer is not None:
            self._writer.close()
        return self._sink.drain()
