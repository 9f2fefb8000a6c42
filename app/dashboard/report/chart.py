"""A chart: what to see in a title and a sentence, a picture of it, the numbers as a table, and their n."""

from dataclasses import dataclass
from typing import Protocol

from app.dashboard.report.drawing import Drawing
from app.dashboard.report.table import Table
from synib.evaluation.sentences import count

WIDE, NARROW = 560, 330
"""Pixels: half of a wide page, and a phone. Shrinking a drawing would shrink its words."""


class Plot(Protocol):
    """What can be drawn at any width."""

    def draw(self, width: float) -> Drawing: ...


@dataclass(frozen=True)
class Chart:
    """One picture with everything that keeps it honest. Made by a pure function of a report or comparison."""

    id: str
    title: str
    """What to see."""
    sentence: str
    """What it shows, computed from the same numbers."""
    plot: Plot
    table: Table
    n: int
    of: str = "test example"
    """What there are n of; with a plural in s."""
    note: str | None = None
    """What to know before believing it."""

    @property
    def size(self) -> str:
        """``n = 750 test examples``."""
        return f"n = {count(self.n, self.of)}"
