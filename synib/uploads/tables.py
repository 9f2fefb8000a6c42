"""Reads tables: CSV, Parquet, Arrow."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from synib.problems import TableError
from synib.tables import csv_format
from synib.tables.layout import LONGEST
from synib.tables.sources import arrow
from synib.uploads import ipc
from synib.uploads.blocks import Block, Job, Progress, Shape, rows_of
from synib.uploads.faults import RowFaults, refuse
from synib.uploads.layout import Layout, understand
from synib.uploads.limits import Limits

SHORT: Final = 2**20
"""Bytes of CSV that are read at a time, 32 times ahead; twenty thousand numbers fit."""
LONG: Final = 4 * 2**20
"""The same where texts may be long."""
LISTS: Final = (
    "is a list; an example has one class, several labels are not supported: keep one, or one column a class"
)


@dataclass(frozen=True)
class TableReader:
    """A table whose columns have been understood."""

    layout: Layout
    batches: Callable[[], Iterator[tuple[Any, Progress]]]
    """Arrow's record batches."""
    limits: Limits
    format: str = "CSV"
    files: None = None

    def unused(self) -> list[str]:
        return []

    @property
    def shapes(self) -> dict[str, Shape]:
        return {name: (len(columns),) for name, columns in self.layout.numbers.items()}

    def blocks(self) -> Iterator[tuple[Block, Progress]]:
        rows, batches = rows_of(self.shapes, words=bool(self.layout.words)), self.batches()
        while True:
            with _told(self.format):
                whole, progress = next(batches, (None, None))
            if whole is None or progress is None:
                return
            for begin in range(0, len(whole), rows):
                with _told(self.format):
                    block = self._block(whole.slice(begin, rows))
                yield block, progress

    def _block(self, batch: Any) -> Block:
        numbers = {}
        for name, columns in self.layout.numbers.items():
            values = np.empty((len(batch), len(columns)), np.float64)
            for place, column in enumerate(columns):
                values[:, place] = _floats(batch.column(column))
            numbers[name] = values
        longest = dict.fromkeys(self.layout.texts, LONGEST) | dict.fromkeys(
            self.layout.words.values(), self.limits.characters
        )
        texts = {name: _strings(name, batch.column(name), most) for name, most in longest.items()}
        return Block(numbers, texts)


def read_csv(job: Job, archive: bool = False) -> TableReader | None:
    """CSV in UTF-8; of an ``archive``, its metadata."""
    names = csv_format.names(job.source)
    layout = understand(names, job.asked, job.faults, job.limits, archive, job.labelled)
    if layout is None:
        return None
    return TableReader(layout, lambda: _csv_batches(job.source, layout), job.limits)


def read_parquet(job: Job) -> TableReader | None:
    """Parquet."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    with _told("Parquet"):
        schema = pq.read_schema(arrow(job.source))
        layout = understand(schema.names, job.asked, job.faults, job.limits, labelled=job.labelled)
        if layout is None:
            return None
        texts = {name for name in layout.texts if _is_text(schema.field(name).type)}
        words = [name for name in layout.words.values() if name in texts]
        _check_stored_once(job.source, words, job.limits)
        # A text that stands in many rows is stored once; short ones stay so until a batch is looked at.
        short = sorted(texts - set(words))
        file = pq.ParquetFile(arrow(job.source), read_dictionary=short, buffer_size=2**20, pre_buffer=False)
        rows, groups = file.metadata.num_rows, range(file.metadata.num_row_groups)
        unpacked = sum(file.metadata.row_group(i).total_byte_size for i in groups)
    _check_kinds(schema, layout, job.faults)
    _check_size(rows, unpacked, job.limits)
    if job.faults:
        return None
    return TableReader(layout, lambda: _parquet_batches(file, layout), job.limits, "Parquet")


def read_arrow(job: Job) -> TableReader | None:
    """Arrow's file format (Feather) or its stream format."""
    with _told("Arrow"):
        rows = ipc.check_batches(job.source, job.limits)
        schema = _opened(job.source).schema
        names = schema.names
    layout = understand(names, job.asked, job.faults, job.limits, labelled=job.labelled)
    if layout is None:
        return None
    _check_kinds(schema, layout, job.faults)
    _check_size(rows, 0, job.limits)
    if job.faults:
        return None
    return TableReader(layout, lambda: _arrow_batches(job.source, rows), job.limits, "Arrow")


def _csv_batches(source: Path, layout: Layout) -> Iterator[tuple[Any, Progress]]:
    import pyarrow as pa  # noqa: PLC0415

    numbers = [name for columns in layout.numbers.values() for name in columns]
    size, block = source.stat().st_size, LONG if layout.words else SHORT
    try:
        with arrow(source) as file:
            for batch in csv_format.batches(file, numbers, layout.texts, block=block):
                yield batch, Progress(min(size, file.tell()), size)
    except pa.ArrowInvalid as error:
        faults = RowFaults()
        csv_format.explain(source, numbers, layout.texts, str(error), faults)
        faults.check()


def _check_stored_once(source: Path, words: list[str], limits: Limits) -> None:
    """Whether texts that are stored once for many rows are short enough to stand in each."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not words:
        return
    file = pq.ParquetFile(arrow(source), read_dictionary=words, buffer_size=2**20, pre_buffer=False)
    for group in range(file.metadata.num_row_groups):
        batches = file.iter_batches(1, row_groups=[group], columns=words, use_threads=False)
        for batch in itertools.islice(batches, 1):  # with the first row comes all that is stored once
            for name in words:
                _strings(name, batch.column(name), limits.characters)


def _parquet_batches(file: Any, layout: Layout) -> Iterator[tuple[Any, Progress]]:
    columns = [*layout.texts, *(name for columns in layout.numbers.values() for name in columns)]
    rows, done = file.metadata.num_rows, 0
    shapes: dict[str, Shape] = {name: (len(columns),) for name, columns in layout.numbers.items()}
    size = rows_of(shapes, words=bool(layout.words))
    for batch in file.iter_batches(size, columns=columns, use_threads=False):
        done += len(batch)
        yield batch, Progress(done, rows)


def _arrow_batches(source: Path, rows: int) -> Iterator[tuple[Any, Progress]]:
    done = 0
    for batch in _opened(source):
        batch.validate(full=True)  # offsets that lie would be read anywhere
        done += len(batch)
        yield batch, Progress(done, rows)


def _opened(source: Path) -> Any:
    """A reader of batches. Of a file, too: its footer could point to other batches than those looked at."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.ipc.open_stream(ipc.opened(source))


def _check_size(rows: int, unpacked: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise refuse(f"the table has {rows:,} rows; use at most {limits.rows:,}")
    if unpacked > limits.unpacked:
        most = limits.unpacked / 2**30
        raise refuse(f"the table unpacks to {unpacked / 2**30:.1f} GiB; use at most {most:g}")


def _check_kinds(schema: Any, layout: Layout, faults: RowFaults) -> None:
    import pyarrow.types as kinds  # noqa: PLC0415

    for name in layout.texts:
        kind = schema.field(name).type
        if kinds.is_nested(kind):
            faults.add(name, LISTS if name == layout.label else f"is of type {kind}; use text", str(kind))
        elif not (_is_text(kind) or kinds.is_integer(kind) or kinds.is_null(kind)) and not (
            name == layout.label and (kinds.is_boolean(kind) or kinds.is_floating(kind))
        ):
            faults.add(name, f"is of type {kind}; use text or whole numbers", str(kind))
    for name in (name for columns in layout.numbers.values() for name in columns):
        kind = schema.field(name).type
        numeric = (kinds.is_floating, kinds.is_integer, kinds.is_decimal, kinds.is_boolean, kinds.is_null)
        if not any(is_kind(kind) for is_kind in numeric):
            faults.add(name, f"is of type {kind}; use double, float or whole numbers", str(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds  # noqa: PLC0415

    kind = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _floats(column: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _strings(name: str, column: Any, longest: int) -> Any:
    """As an Arrow array of strings, each of at most ``longest`` characters where it is stored once for many
    rows: it could take any amount of memory."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        bytes_most = pc.max(pc.binary_length(column.dictionary.cast(pa.string()))).as_py() or 0
        if bytes_most > 4 * longest:  # a character takes up to four
            raise refuse(f"has a text of more than {longest:,} characters", name)
        column = column.dictionary_decode()
    column.validate(full=True)  # Parquet's need not be UTF-8
    if pa.types.is_floating(column.type):  # a label: 1.0 is written 1
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column.cast(pa.string())


@contextmanager
def _told(kind: str) -> Iterator[None]:
    """Whatever is said of damage, as one of ours."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        yield
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, OverflowError) as error:
        detail = f"the file is no whole {kind} file; it may have been cut off ({str(error)[:200]})"
        raise refuse(detail) from None
