"""Combinations of two things of each kind as coloured cells: one half of the kinds down, one across."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from app.dashboard.report.drawing import Drawing, width_of
from app.dashboard.report.plots.legend import Entry, legend

HEIGHT: Final = 62  # pixels of a cell
LINE: Final = 17  # pixels of a line of a heading
GAP: Final = 4  # pixels between cells
NARROW_BELOW: Final = 420  # pixels of width
SHADES: Final = 5


@dataclass(frozen=True)
class Cell:
    """One combination: three lines and a colour."""

    words: str
    reading: str
    aside: str
    series: int
    strength: float
    """0 to 1: how strong the colour."""
    title: str
    framed: bool = False


@dataclass(frozen=True)
class Grid:
    """2^k cells of k kinds, as `itertools.product` orders them."""

    cells: Sequence[Cell]
    kinds: Sequence[tuple[str, str]]
    """What the one and the other of each kind is called."""
    keys: Sequence[Entry]
    lines: Sequence[str]
    """What to know, below."""

    def draw(self, width: float) -> Drawing:
        """Two columns on narrow screens, on wide ones as many as there are rows, or half."""
        across = 1 if width < NARROW_BELOW else len(self.kinds) // 2
        rows, columns = (
            [*product(*kinds)]
            for kinds in (self.kinds[: len(self.kinds) - across], self.kinds[len(self.kinds) - across :])
        )
        top = legend(None, self.keys, width) + LINE * across + 6
        step = max(HEIGHT, LINE * (len(self.kinds) - across) + 8) + GAP
        drawing = Drawing(width, top + step * len(rows) + LINE * len(self.lines) + 8)
        legend(drawing, self.keys, width)
        longest = max(width_of(words) for heading in rows for words in heading)
        left = min(longest + 10, 0.3 * width)
        wide = (width - left) / len(columns)
        for place, heading in enumerate(columns):
            for line, words in enumerate(heading):
                at = left + wide * (place + 0.5), top - LINE * (across - line) + 8
                drawing.text(at, words, "soft middle", room=wide - GAP)
        for place, heading in enumerate(rows):
            first = top + step * place + step / 2 - LINE * (len(heading) - 1) / 2 + 4
            for line, words in enumerate(heading):
                drawing.text((0, first + LINE * line), words, "soft", room=left - 6)
            for column in range(len(columns)):
                cell = self.cells[place * len(columns) + column]
                _draw(drawing, cell, left + wide * column, top + step * place, wide - GAP, step - GAP)
        for line, words in enumerate(self.lines):
            drawing.text(
                (left, top + step * len(rows) + LINE * (line + 1) - 2), words, "soft", room=width - left
            )
        return drawing


def _draw(drawing: Drawing, cell: Cell, left: float, top: float, width: float, height: float) -> None:
    shade = 1 + min(SHADES - 1, int(SHADES * cell.strength))
    frame = " framed" if cell.framed else ""
    drawing.rect(left, top, width, height, f"f{cell.series} shade{shade}{frame}", cell.title)
    middle = left + width / 2
    for line, (words, tone) in enumerate(((cell.words, "ink"), (cell.reading, "ink"), (cell.aside, "soft"))):
        drawing.text(
            (middle, top + height / 2 + LINE * (line - 1) + 4), words, f"{tone} middle", room=width - 8
        )
