"""What is wrong with a file of data: the same words for its columns, its rows and its files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from synib.problems import Problem, TableError
from synib.tables import problems
from synib.tables.problems import SHOWN, Faults

ROOT: Final = "/file"
"""Pointer to the uploaded file; what is wrong in a column or in a file of an archive is told below it."""


def refuse(detail: str, at: str = "", value: Any = None) -> TableError:
    """An error with this one fault."""
    return problems.refuse(detail, at, value, root=ROOT)


def of_file(error: TableError) -> TableError:
    """What a reader of tables says of its table, said of the file; without what no database can hold."""
    return TableError([_told(problem) for problem in error.problems])


def _told(problem: Problem) -> Problem:
    pointer, value = problem.pointer, problem.value
    if pointer.startswith("/table"):
        pointer = ROOT + pointer.removeprefix("/table")
    return Problem(
        _clean(pointer), _clean(problem.detail), _clean(value) if isinstance(value, str) else value
    )


def _clean(text: str) -> str:
    """Halves of surrogate pairs and NUL, which hostile names and values have, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


@dataclass
class _Kind:
    detail: str
    value: Any
    rows: list[int] = field(default_factory=list)
    count: int = 0


class RowFaults(Faults):
    """Faults of a file that is read block after block: one fault in many rows is told once, with its rows.

    Nothing grows with the file: of each kind in each column the first rows and how many there are.
    """

    def __init__(self) -> None:
        super().__init__(ROOT)
        self._kinds: dict[tuple[str, str], _Kind] = {}

    def seen(self, column: str, kind: str, rows: Sequence[int], detail: str, value: Any = None) -> None:
        """Rows, counted from 0 over the whole file, that have a fault of this ``kind``; detail and value are
        those of the first."""
        if not len(rows):
            return
        known = self._kinds.setdefault((column, kind), _Kind(detail, value))
        known.rows += [int(row) for row in rows[: SHOWN - len(known.rows)]]
        known.count += len(rows)

    def __bool__(self) -> bool:
        return bool(self._kinds) or super().__bool__()

    def check(self) -> None:
        """
        Raises:
            TableError: something is wrong.
        """
        kinds, self._kinds = self._kinds, {}
        for (column, _), known in kinds.items():
            self.rows(column, known.rows, known.detail, known.value, known.count)
        super().check()
