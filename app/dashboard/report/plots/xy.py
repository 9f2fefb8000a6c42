"""Two axes: curves with their bands, points with their intervals, and how many there are of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.dashboard.report.drawing import Drawing, width_of
from app.dashboard.report.plots.legend import Entry, legend
from app.dashboard.report.scale import Scale

LEFT, BOTTOM, COUNTS = 58, 44, 40
"""Pixels for the axes, and for the bars of how many."""
PROPORTION: Final = 0.62


@dataclass(frozen=True)
class Spot:
    """A point; ``low`` and ``high`` are its interval upwards and downwards."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    radius: float = 4.0
    title: str | None = None


@dataclass(frozen=True)
class Curve:
    """Spots that belong together; a line has its intervals as a band."""

    name: str
    spots: Sequence[Spot]
    series: int = 1
    kind: Literal["line", "dashes", "dot", "ring", "cross", "diamond"] = "line"
    named: bool = True
    """Whether the legend has it."""


@dataclass(frozen=True)
class Axis:
    """What is measured, in which unit, and from where to where."""

    title: str
    domain: tuple[float, float]
    whole: bool = False
    """Whether it counts."""


@dataclass(frozen=True)
class XY:
    """Curves and points in one frame."""

    x: Axis
    y: Axis
    curves: Sequence[Curve]
    diagonal: str | None = None
    """What the line x = y is, where it is drawn."""
    level: tuple[float, str] | None = None
    """A height to compare with."""
    counts: Sequence[tuple[float, float, int]] = ()
    """Bars below, from where to where and how many."""
    square: bool = False
    brush: str | None = None
    """Name of the form that a rectangle drawn by hand fills in; where None, none can be drawn."""

    def draw(self, width: float) -> Drawing:
        """The frame, at any width."""
        entries = [Entry(curve.kind, curve.series, curve.name) for curve in self.curves if curve.named]
        if self.diagonal:
            entries.append(Entry("dashes", 6, self.diagonal))
        top = legend(None, entries, width) + 8
        inner = width - LEFT - 12
        tall = min(inner, 400.0) if self.square else PROPORTION * inner
        below = COUNTS if self.counts else 0
        drawing = Drawing(width, top + tall + below + BOTTOM)
        legend(drawing, entries, width)
        right = LEFT + (tall if self.square else inner)
        x = Scale(*self.x.domain, LEFT, right, self.x.whole)
        y = Scale(*self.y.domain, top + tall, top, self.y.whole)
        self._frame(drawing, x, y, below)
        for curve in self.curves:
            _draw(drawing, curve, x, y)
        if self.counts:
            _bars(drawing, self.counts, x, y.start + 4, COUNTS - 4)
        if self.brush:
            tags = {"x-low": x.low, "x-high": x.high, "y-low": y.low, "y-high": y.high}
            data = " ".join(f'data-{name}="{value}"' for name, value in tags.items())
            box = f'x="{LEFT}" y="{y.end:.1f}" width="{x.end - x.start:.1f}" height="{y.start - y.end:.1f}"'
            drawing.parts.append(f'<rect class="brush" {box} data-form="{self.brush}" {data}/>')
        return drawing

    def _frame(self, drawing: Drawing, x: Scale, y: Scale, below: float) -> None:
        for tick, text in x.labels():
            drawing.line((x(tick), y.end), (x(tick), y.start), "grid")
            drawing.text((x(tick), y.start + below + 16), text, "soft middle")
        for tick, text in y.labels(50):
            drawing.line((x.start, y(tick)), (x.end, y(tick)), "grid")
            drawing.text((LEFT - 6, y(tick) + 4), text, "soft end")
        drawing.line((x.start, y.start), (x.end, y.start), "axis")
        middle = min((x.start + x.end) / 2, drawing.width - width_of(self.x.title) / 2)
        drawing.text((middle, y.start + below + 36), self.x.title, "soft middle")
        drawing.text_upwards((13, (y.start + y.end) / 2), self.y.title, "soft")
        if self.diagonal:
            low, high = max(x.low, y.low), min(x.high, y.high)
            drawing.line((x(low), y(low)), (x(high), y(high)), "s6 curve dashes", self.diagonal)
        if self.level:
            height, words = self.level
            drawing.line((x.start, y(height)), (x.end, y(height)), "against", words)
            drawing.text((x.end, y(height) - 5), words, "soft end")


def _draw(drawing: Drawing, curve: Curve, x: Scale, y: Scale) -> None:
    if curve.kind in ("line", "dashes"):
        known = [spot for spot in curve.spots if spot.low is not None and spot.high is not None]
        if len(known) > 1:
            edge = [(x(s.x), y(s.high)) for s in known if s.high is not None]
            edge += [(x(s.x), y(s.low)) for s in reversed(known) if s.low is not None]
            drawing.polygon(edge, f"f{curve.series} between")
        dashes = " dashes" if curve.kind == "dashes" else ""
        drawing.polyline([(x(s.x), y(s.y)) for s in curve.spots], f"s{curve.series} curve{dashes}")
    for spot in curve.spots:
        at, words = (x(spot.x), y(spot.y)), spot.title
        if curve.kind not in ("line", "dashes") and spot.low is not None and spot.high is not None:
            drawing.line((at[0], y(spot.low)), (at[0], y(spot.high)), f"s{curve.series} interval", words)
        match curve.kind:
            case "dot":
                drawing.circle(at, spot.radius, f"f{curve.series}", words)
            case "ring":
                drawing.circle(at, spot.radius, f"s{curve.series} ring", words)
            case "cross":
                drawing.cross(at, spot.radius, f"s{curve.series} curve", words)
            case "diamond":
                drawing.diamond(at, spot.radius + 2, f"f{curve.series}", words)
            case "line":
                drawing.circle(at, 2.5, f"f{curve.series}", words)


def _bars(
    drawing: Drawing, counts: Sequence[tuple[float, float, int]], x: Scale, top: float, tall: float
) -> None:
    most = max((count for *_, count in counts), default=1) or 1
    for low, high, count in counts:
        height = tall * count / most
        drawing.rect(
            x(low) + 0.5,
            top,
            x(high) - x(low) - 1,
            height,
            "count",
            f"{low:.3g} to {high:.3g}: n = {count:,}",
        )
