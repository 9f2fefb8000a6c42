"""Reads CSV: UTF-8, commas, one line of names."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from synib.problems import TableError
from synib.tables.layout import understand
from synib.tables.problems import MOST, SHOWN, Faults, refuse
from synib.tables.raw import Glance, Raw, Stack
from synib.tables.sources import Source, arrow, opened

HEADER: Final = 4 * 2**20
"""Most bytes of the line of names."""
BLOCK: Final = 8 * 2**20
"""Bytes read at a time; a row must fit. Arrow reads up to 32 blocks ahead."""
MISSING: Final = ["", "NA", "N/A", "nan", "NaN", "null", "NULL", "None"]
"""What counts as no probability."""
NUMBER: Final = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


def header(source: Source, faults: Faults) -> Glance:
    """The layout; how many rows there are is not known before they are read."""
    return Glance(understand(names(source), faults))


def read(source: Source, faults: Faults) -> Raw | None:
    """The table; None, with the reasons in ``faults``, if it has none."""
    import pyarrow as pa  # noqa: PLC0415

    layout = header(source, faults).layout
    if layout is None:
        return None
    stack = Stack(layout)
    numbers = [name for of in layout.columns.values() for name in of]
    try:
        for batch in batches(arrow(source), numbers, layout.texts):
            stack.add(batch)
    except pa.ArrowInvalid as error:
        explain(source, numbers, layout.texts, str(error), faults)
        return None
    return stack.whole()


def names(source: Source) -> list[str]:
    """Of the columns.

    Raises:
        TableError: it does not begin with a line of names, separated by commas.
    """
    with opened(source) as file:
        head = file.read(HEADER)
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        whole = head[: error.start].decode("utf-8-sig")
        if "\n" not in whole:
            raise _not_utf8(1, head[error.start]) from None
        text = whole
    try:
        names = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error as error:
        raise refuse(f"the line of names cannot be read: {error}") from None
    if len(names) == 1:
        for sign, called in ((";", "semicolons"), ("\t", "tabs")):
            if sign in names[0]:
                raise refuse(
                    f"the columns are separated by {called}; separate them by commas, with decimal points"
                )
    return names


def batches(
    file: Any,
    numbers: Iterable[str],
    texts: Iterable[str],
    words: bool = False,
    odd: Callable[[Any], str] | None = None,
    block: int = BLOCK,
) -> Any:
    """Record batches of an open file: ``texts`` as strings, ``numbers`` as such or, if ``words``, as written.

    ``odd`` is shown rows of another length.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.csv as pacsv  # noqa: PLC0415

    types = dict.fromkeys(numbers, pa.string() if words else pa.float64()) | dict.fromkeys(texts, pa.string())
    return pacsv.open_csv(
        file,
        pacsv.ReadOptions(block_size=block, use_threads=False),  # with threads rows have no numbers
        pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=odd),
        pacsv.ConvertOptions(
            column_types=types, include_columns=[*types], null_values=MISSING, strings_can_be_null=False
        ),
    )


def explain(source: Source, numbers: Sequence[str], texts: Iterable[str], said: str, faults: Faults) -> None:
    """Find what pyarrow stumbled over: it tells the first of it, and not always where.

    Raises:
        TableError: it is not in the rows.
    """
    import pyarrow as pa  # noqa: PLC0415

    if "Empty CSV" in said:
        raise refuse("the table has no rows")
    with opened(source) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise _not_utf8(number, line[error.start]) from None
    skewed: list[Any] = []

    def odd(row: Any) -> str:
        skewed.append(None)
        if len(skewed) <= MOST:
            number = row.number - 1  # the line of names counts, too
            detail = f"row {number:,}: has {row.actual_columns} values"
            faults.add("", f"{detail}; the line of names has {row.expected_columns}")
        return "skip"

    try:
        found = _words(batches(arrow(source), numbers, texts, words=True, odd=odd), numbers)
    except pa.ArrowInvalid as error:
        raise refuse(f"the file cannot be read as CSV: {error}") from None
    if not faults:  # else rows are not counted as they are
        for name, (rows, count, value) in found.items():
            detail = f"{value[:40]!r} is no number; write it like 0.25"
            faults.rows(name, rows, detail, value, count)
    if not faults:
        raise refuse(f"the file cannot be read as CSV: {said}")


def _words(batches: Iterable[Any], numbers: Sequence[str]) -> dict[str, tuple[list[int], int, str]]:
    """By column, the first rows that have something else than a number, how many there are, and the first
    of it."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    found: dict[str, tuple[list[int], int, str]] = {}
    missing = pa.array(MISSING)
    begin = 0
    for batch in batches:
        for name in numbers:
            text = batch.column(name)
            number = pc.or_(pc.match_substring_regex(text, NUMBER), pc.is_in(text, value_set=missing))
            if more := pc.indices_nonzero(pc.invert(number)).to_pylist():
                rows, count, value = found.get(name, ([], 0, text[more[0]].as_py()))
                rows += [begin + row for row in more[: SHOWN - len(rows)]]
                found[name] = rows, count + len(more), value
        begin += len(batch)
    return found


def _not_utf8(line: int, byte: int) -> TableError:
    return refuse(f"line {line:,} is not UTF-8 (byte 0x{byte:02x}); save the table as CSV in UTF-8")
