"""What is wrong with a table, told so that its author can mend it."""

from collections.abc import Sequence
from typing import Any, Final

from synib.problems import Problem, TableError, escape

MOST: Final = 20
"""Problems told at once."""
SHOWN: Final = 3
"""Rows named of each."""


class Faults:
    """Collects what is wrong, so that it is told together.

    Args:
        root: pointer to the table; a column is below it.
    """

    def __init__(self, root: str = "/table") -> None:
        self._root = root
        self._found: list[Problem] = []
        self._left_out = 0

    def add(self, column: str, detail: str, value: Any = None) -> None:
        """One fault; ``column`` is empty where the table as a whole is meant."""
        if len(self._found) == MOST:
            self._left_out += 1
            return
        pointer = f"{self._root}/{escape(column)}" if column else self._root
        self._found.append(Problem(pointer, detail, value))

    def rows(
        self, column: str, numbers: Sequence[int], detail: str, value: Any = None, count: int | None = None
    ) -> None:
        """The same fault in some rows, counted from 0; the first are named, counted from 1.

        ``count`` says how many there are where ``numbers`` are only the first of them.
        """
        named = ", ".join(f"{number + 1:,}" for number in numbers[:SHOWN])
        count = count or len(numbers)
        more = count - len(numbers[:SHOWN])
        who = f"row{'s' if count > 1 else ''} {named}{f' and {more:,} more' if more else ''}"
        self.add(column, f"{who}: {detail}", value)

    def __bool__(self) -> bool:
        return bool(self._found)

    def check(self) -> None:
        """
        Raises:
            TableError: something is wrong.
        """
        if self._left_out:
            last = self._found[-1]
            detail = f"{last.detail} (and {self._left_out:,} more problems)"
            self._found[-1] = Problem(last.pointer, detail, last.value)
        if self._found:
            raise TableError(self._found)


def refuse(detail: str, column: str = "", value: Any = None, root: str = "/table") -> TableError:
    """An error with this one fault."""
    faults = Faults(root)
    faults.add(column, detail, value)
    return TableError(faults._found)
