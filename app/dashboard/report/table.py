"""The numbers behind a chart: a table that a page shows rounded and a CSV file gives in full."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from synib.evaluation.sentences import bits

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """Columns with their units, and rows of words and numbers; None is what cannot be had."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def csv(self) -> str:
        """The table for a spreadsheet, every digit; words that would run as a formula get an apostrophe."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([_plain(column) for column in self.columns])
        writer.writerows([_plain(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def shown(cell: Cell) -> str:
    """A cell as people read it: three places, more where they would all be zeros."""
    match cell:
        case None:
            return "–"
        case str():
            return cell
        case int():
            return f"{cell:,}"
    return bits(cell, 3) if abs(cell) >= 0.001 or cell == 0 else f"{cell:.1e}"


def body(rows: Sequence[Sequence[Cell]]) -> Markup:
    """Rows as markup; written out by a template, a thousand of them take a third of a report's time."""
    told = "".join(f"<tr>{''.join(map(_td, row))}</tr>\n" for row in rows)
    return Markup(told)  # noqa: S704 - `_td` escapes every word


def _td(cell: Cell) -> str:
    kind = ' class="num"' if isinstance(cell, int | float) else ""
    return f"<td{kind}>{escape(shown(cell))}</td>"


def _plain(cell: Cell) -> Cell:
    from app.examples.formats import FORMULA  # noqa: PLC0415 - pyarrow, for the first file only

    if isinstance(cell, str) and re.match(FORMULA, cell):
        return f"'{cell}"
    return "" if cell is None else cell
