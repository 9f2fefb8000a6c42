"""The label of each example: one of some classes, written as text or whole numbers."""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib.tables.csv_format import NUMBER
from synib.tables.layout import text_problem
from synib.uploads.faults import RowFaults, refuse
from synib.uploads.layout import did_you_mean, natural
from synib.uploads.limits import Limits

WHOLE: Final = re.compile(r"[+-]?[0-9]+")
POINT: Final = re.compile(r"([+-]?[0-9]+)\.0*")
"""A whole number that somebody's program has written as 1.0."""
REGRESSION: Final = (
    "numbers that are not whole are no classes; real-valued and ordinal targets (regression) are not "
    "supported: cut them into classes first"
)


class Labels:
    """Labels in the making: what was written becomes a code at once, so that little is kept."""

    def __init__(self, column: str, faults: RowFaults, limits: Limits) -> None:
        self._column, self._faults, self._limits = column, faults, limits
        self._codes: dict[str, int] = {}
        self._first: list[int] = []
        self._parts: list[NDArray[np.int32]] = []

    def add(self, text: Any, begin: int) -> None:
        """An Arrow array of the strings of some rows, the first of which is ``begin``.

        Raises:
            TableError: there are too many different ones.
        """
        import pyarrow.compute as pc  # noqa: PLC0415

        known = text.dictionary_encode()
        indices = np.asarray(pc.fill_null(known.indices, -1))
        lookup = np.full(len(known.dictionary) + 1, -1, np.int32)  # the last stands for null
        for place, value in enumerate(known.dictionary.to_pylist()):
            rows = begin + np.flatnonzero(indices == place)
            if problem := _problem(value):
                self._faults.seen(self._column, problem[:20], rows.tolist(), problem, value)
            else:
                lookup[place] = self._code(value, int(rows[0]))
        if (empty := np.flatnonzero(indices < 0)).size:
            self._faults.seen(self._column, "is empty", (begin + empty).tolist(), _problem("") or "")
        self._parts.append(lookup[indices])

    def finish(self, classes: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """(N,) index into the classes, and these, in the order asked for or sorted.

        Raises:
            TableError: something is wrong, here or before.
        """
        found, y = [*self._codes], np.concatenate([np.empty(0, np.int32), *self._parts])
        self._parts.clear()
        if found and (word := _target(found)) is not None:
            row = [self._first[self._codes[word]]]
            self._faults.rows(self._column, row, f"the label is {word}; {REGRESSION}", word)
        if classes:
            counts = np.bincount(y[y >= 0], minlength=len(found))
            for label in (label for label in found if label not in classes):
                hint = did_you_mean(label, classes)
                shown = ", ".join(classes[:20])
                detail = f"{label[:40]!r} is none of the classes {shown}{hint}"
                code = self._codes[label]
                self._faults.rows(self._column, [self._first[code]], detail, label, int(counts[code]))
            found = [*classes]
        elif len(found) == 1:
            detail = f"every label is {found[0]!r}; with one class there is nothing to tell apart"
            self._faults.add(self._column, detail, found[0])
        self._faults.check()
        ordered = classes or sort_classes(found)
        place = {label: i for i, label in enumerate(ordered)}
        lookup = np.array([place[label] for label in self._codes], np.int64)
        return lookup[y], tuple(ordered)

    def _code(self, value: str, row: int) -> int:
        whole = POINT.fullmatch(value)
        label = whole[1] if whole else value
        if label not in self._codes:
            if len(self._codes) == self._limits.classes:
                raise self._too_many()
            self._codes[label] = len(self._codes)
            self._first.append(row)
        return self._codes[label]

    def _too_many(self) -> Exception:
        found = [*self._codes]
        many = f"there are more than {self._limits.classes:,} different labels"
        if word := _target(found):
            return refuse(f"{many}, such as {word}; {REGRESSION}", self._column, word)
        detail = f"{many}, such as {found[-1][:40]!r}; use one of at most {self._limits.classes:,} classes"
        return refuse(f"{detail} for each example", self._column, found[-1])


def sort_classes(labels: list[str]) -> list[str]:
    """Whole numbers by value, all else as people sort."""
    if all(WHOLE.fullmatch(label) for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels, key=natural)


def _problem(value: str) -> str | None:
    if not value.strip() or value.lower() == "nan":
        return "is empty or NaN; every example needs a class"
    if value.startswith("[") and value.endswith("]"):
        return "is a list; an example has one class, several labels are not supported"
    return text_problem(value)


def _target(labels: list[str]) -> str | None:
    """Of labels that are all numbers, one that is not whole."""
    if not all(re.fullmatch(NUMBER, label) for label in labels):
        return None
    return next((label for label in labels if not float(label).is_integer()), None)
