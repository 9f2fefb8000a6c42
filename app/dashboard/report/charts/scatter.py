"""Joint confidence against that of the surest single modality, one sign for each cell of examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.xy import XY, Axis, Curve, Spot
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, thing
from synib.evaluation.sentences import count, percent
from synib.report import Report

CELLS = 25
"""Along each side."""


@dataclass(frozen=True)
class Cell:
    """Examples whose confidences fall together."""

    alone: float
    """Mean of the surest single modality."""
    joint: float
    """Mean of all together."""
    right: bool
    """Whether the joint prediction is."""
    n: int


def scatter(report: Report, cells: Sequence[Cell], drawn: int) -> Chart:
    """The cells of ``drawn`` examples: all of them, or a random sample of so many."""
    most = max((cell.n for cell in cells), default=1)

    def spots(right: bool) -> list[Spot]:
        word = "right" if right else "wrong"
        return [
            Spot(
                cell.alone,
                cell.joint,
                radius=2.5 + 7 * sqrt(cell.n / most),
                title=f"alone {cell.alone:.2f}, together {cell.joint:.2f}: n = {cell.n:,}, {word}",
            )
            for cell in cells
            if cell.right == right
        ]

    above = sum(cell.n for cell in cells if cell.joint > cell.alone)
    part = "all" if drawn == report.examples else f"a random sample of {drawn:,} of"
    gap, everything = amount(report.confidence_gap, 3), count(report.examples, "example")
    said = (
        f"Confidence of all together less that of the surest single modality: {gap} on the mean of"
        f" {everything}. Drawn: {part} {everything}, larger signs for more of them."
    )
    title = f"Surer together than alone on {percent(above / max(drawn, 1))} of the examples"
    low = min([1.0, *(min(cell.alone, cell.joint) for cell in cells)])
    start = max(0.0, low - 0.02)
    plot = XY(
        Axis("confidence of the surest single modality", (start, 1.0)),
        Axis("confidence of all together", (start, 1.0)),
        [Curve("right together", spots(True), 1, "ring"), Curve("wrong together", spots(False), 2, "cross")],
        diagonal="as sure",
        brush="examples-filter",
    )
    table = Table(
        ("surest single modality", "all together", "joint prediction", "examples"),
        [(cell.alone, cell.joint, "right" if cell.right else "wrong", cell.n) for cell in cells],
    )
    return Chart("scatter", title, said, plot, table, drawn, thing(report))
