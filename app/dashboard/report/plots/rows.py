"""Rows with a name, on one axis: points with intervals, bars, bands, and every single value as a dot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.dashboard.report.drawing import Drawing, width_of
from app.dashboard.report.plots.legend import Entry, legend
from app.dashboard.report.scale import Scale, covering

TRACK: Final = 30  # pixels for a row beside its name
STACKED: Final = 44  # pixels for a row below its name
LINE: Final = 15  # pixels more where name and numbers need a line each
AXIS: Final = 44  # pixels for ticks and unit
STACK_BELOW: Final = 420  # pixels of width
CROWDED: Final = 0.66  # of the width; where words take more, names stand above, too

Shape = Literal["dot", "diamond", "bar"]


@dataclass(frozen=True)
class Mark:
    """A value with its interval; a bar runs from ``start`` to it."""

    value: float
    low: float | None = None
    high: float | None = None
    series: int = 1
    shape: Shape = "dot"
    start: float = 0.0
    title: str | None = None


@dataclass(frozen=True)
class Row:
    """A name, what is drawn, and how it reads."""

    name: str
    marks: Sequence[Mark] = ()
    reading: str = ""
    """The numbers in words, at the end of the row."""
    dots: Sequence[tuple[float, str]] = ()
    """Single values with their names, such as seeds."""
    band: tuple[float, float] | None = None
    """Where values are when there is nothing to find."""
    needle: float | None = None
    """The smallest truth that would have been seen."""
    href: str | None = None


@dataclass(frozen=True)
class Rows:
    """Several rows on one axis."""

    rows: Sequence[Row]
    unit: str
    """Of the axis, with what it measures."""
    lines: Sequence[tuple[float, str]] = ()
    """Values to compare with, and what they are."""
    domain: tuple[float, float] | None = None
    keys: Sequence[Entry] = ()
    margin: float | None = None
    """Differences within ± this do not matter."""

    def draw(self, width: float) -> Drawing:
        """The rows; where there is little room names stand above instead of beside."""
        wide = [max((width_of(words) for words in column), default=0.0) for column in self._words()]
        stacked = width < STACK_BELOW or sum(wide) > CROWDED * width
        lines = [sum(map(width_of, pair)) + 12 for pair in zip(*self._words(), strict=True)]
        below = LINE if stacked and max(lines, default=0.0) > width else 0
        step = (STACKED if stacked else TRACK) + below
        top = legend(None, self.keys, width) + (18 if self.lines else 4)
        drawing = Drawing(width, top + step * len(self.rows) + AXIS)
        legend(drawing, self.keys, width)
        names, readings = (0.0, 0.0) if stacked else (wide[0] + 10, wide[1] + 12)
        scale = Scale(*self._domain(), names + 8, width - readings - 8)
        bottom = top + step * len(self.rows)
        self._frame(drawing, scale, top, bottom)
        for index, row in enumerate(self.rows):
            above = top + step * index
            middle = above + (below + STACKED * 0.7 if stacked else step / 2)
            begun = len(drawing.parts)
            if stacked:
                drawing.text((0, above + 14), row.name, "ink", room=width)
                drawing.text((width, above + 14 + below), row.reading, "soft end", room=width)
            else:
                drawing.text((0, middle + 4), row.name, "ink")
                drawing.text((width, middle + 4), row.reading, "soft end")
            _draw(drawing, row, scale, middle, 5 if stacked else 7)
            if row.href:
                drawing.linked(row.href, begun)
        return drawing

    def _words(self) -> tuple[list[str], list[str]]:
        """What stands before and behind the rows."""
        return [row.name for row in self.rows], [row.reading for row in self.rows]

    def _domain(self) -> tuple[float, float]:
        if self.domain:
            return self.domain
        marks = [mark for row in self.rows for mark in row.marks]
        ends = [part for mark in marks for part in (mark.value, mark.low, mark.high)]
        starts = [mark.start for mark in marks if mark.shape == "bar"]
        bands = [part for row in self.rows for part in (*(row.band or ()), row.needle)]
        dots = [value for row in self.rows for value, _ in row.dots]
        margins = [self.margin, -self.margin] if self.margin else []
        return covering(
            [*ends, *starts, *bands, *dots, *margins, *(value for value, _ in self.lines)], least=0.01
        )

    def _frame(self, drawing: Drawing, scale: Scale, top: float, bottom: float) -> None:
        """Grid, ticks, unit, the margin that does not matter, and what to compare with."""
        if self.margin:
            left, right = scale(-self.margin), scale(self.margin)
            drawing.rect(left, top, right - left, bottom - top, "margin", "differences in here do not matter")
        for tick, text in scale.labels():
            drawing.line((scale(tick), top), (scale(tick), bottom), "grid")
            drawing.text((scale(tick), bottom + 16), text, "soft middle")
        drawing.line((scale.start, bottom), (scale.end, bottom), "axis")
        drawing.text((drawing.width / 2, bottom + 36), self.unit, "soft middle", room=drawing.width)
        for value, words in self.lines:
            at = scale(value)
            drawing.line((at, top), (at, bottom), "against")
            half = width_of(words) / 2
            drawing.text((min(max(at, half), drawing.width - half), top - 5), words, "soft middle")


def _draw(drawing: Drawing, row: Row, scale: Scale, y: float, half: float) -> None:
    if row.band:
        low, high = row.band
        words = f"{row.name}: with nothing to find, {low:.3g} to {high:.3g}"
        drawing.rect(scale(low), y - half - 2, max(scale(high) - scale(low), 1), 2 * half + 4, "band", words)
    for value, words in row.dots:
        drawing.circle((scale(value), y), 3, "seed", words)
    for mark in row.marks:
        words = mark.title or f"{row.name}: {row.reading}"
        if mark.shape == "bar":
            left, right = sorted((scale(mark.start), scale(mark.value)))
            drawing.rect(left, y - half, max(right - left, 1), 2 * half, f"f{mark.series} solid", words)
        if mark.low is not None and mark.high is not None:
            tone = "whisker" if mark.shape == "bar" else f"s{mark.series} interval"
            drawing.line((scale(mark.low), y), (scale(mark.high), y), tone, words)
        if mark.shape == "dot":
            drawing.circle((scale(mark.value), y), 5, f"f{mark.series}", words)
        elif mark.shape == "diamond":
            drawing.diamond((scale(mark.value), y), 6, f"f{mark.series}", words)
    if row.needle is not None:
        at = scale(row.needle)
        words = f"{row.name}: a truth of {row.needle:.3g} would have been seen 8 times of 10"
        drawing.polygon([(at - 4, y + half + 6), (at + 4, y + half + 6), (at, y + half - 1)], "needle", words)
