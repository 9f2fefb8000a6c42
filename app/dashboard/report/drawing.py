"""Drawings as SVG: shapes with tones instead of colours, so that one drawing fits light, dark and paper.

Colours come from a style sheet by class: ``f1`` … ``f8`` fill and ``s1`` … ``s8`` draw with those of
series, ``ink`` and ``soft`` write with those of text. Inline styles would need a weaker security policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import isfinite
from typing import Final

SIZE: Final = 12  # pixels of text
WIDTHS: Final = {
    "i": 0.28,
    "j": 0.28,
    "l": 0.28,
    "f": 0.35,
    "t": 0.36,
    "r": 0.38,
    "m": 0.87,
    "w": 0.8,
    "M": 0.9,
    "W": 1.0,
}
"""Of letters far from the usual, in units of the text's size (Inter)."""
USUAL: Final = 0.56

Point = tuple[float, float]


def width_of(text: str, size: float = SIZE) -> float:
    """About how wide a text is, pixels; a little more rather than less."""
    return size * sum(
        WIDTHS.get(sign, 0.66 if sign.isupper() else 0.3 if sign in " .,:|()[]'" else USUAL) for sign in text
    )


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """The text, or as much of it as there is room for."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass
class Drawing:
    """Shapes one upon the other, in pixels from the top left."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)
    links: int = 0
    """Parts that lead somewhere."""

    def line(self, start: Point, end: Point, tone: str, title: str | None = None) -> None:
        (x1, y1), (x2, y2) = start, end
        self._add("line", tone, title, x1=x1, y1=y1, x2=x2, y2=y2)

    def rect(
        self, left: float, top: float, width: float, height: float, tone: str, title: str | None = None
    ) -> None:
        self._add("rect", tone, title, x=left, y=top, width=max(width, 0.0), height=max(height, 0.0))

    def circle(self, centre: Point, radius: float, tone: str, title: str | None = None) -> None:
        self._add("circle", tone, title, cx=centre[0], cy=centre[1], r=radius)

    def polyline(self, points: Sequence[Point], tone: str) -> None:
        self.parts.append(f'<polyline class="{tone}" points="{_points(points)}"/>')

    def polygon(self, points: Sequence[Point], tone: str, title: str | None = None) -> None:
        self.parts.append(f'<polygon class="{tone}" points="{_points(points)}">{_title(title)}</polygon>')

    def diamond(self, centre: Point, radius: float, tone: str, title: str | None = None) -> None:
        x, y = centre
        self.polygon([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], tone, title)

    def cross(self, centre: Point, radius: float, tone: str, title: str | None = None) -> None:
        (x, y), r = centre, radius
        left, right, top, bottom = _n(x - r), _n(x + r), _n(y - r), _n(y + r)
        path = f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
        self.parts.append(f'<path class="{tone}" d="{path}">{_title(title)}</path>')

    def text(self, at: Point, words: str, tone: str = "", room: float | None = None) -> None:
        """Words that begin at a point, or end (tone ``end``) or have their middle there (``middle``)."""
        told = words if room is None else fitted(words, room)
        whole = _title(words if told != words else None)
        kind = f' class="{tone}"' if tone else ""
        self.parts.append(
            f'<text x="{_n(at[0])}" y="{_n(at[1])}"{kind}>{escape(told, quote=False)}{whole}</text>'
        )

    def text_upwards(self, at: Point, words: str, tone: str = "") -> None:
        """Words that run from below to above, their middle at a point."""
        x, y = (_n(part) for part in at)
        turned = f'transform="rotate(-90 {x} {y})"'
        self.parts.append(
            f'<text x="{x}" y="{y}" class="middle {tone}" {turned}>{escape(words, quote=False)}</text>'
        )

    def linked(self, href: str, begun: int) -> None:
        """Everything drawn since there were ``begun`` parts leads somewhere."""
        self.links += 1
        self.parts[begun:] = [f'<a href="{escape(href)}">', *self.parts[begun:], "</a>"]

    def svg(self, attributes: str = "", style: str = "") -> str:
        """The picture; ``style`` is for one that stands alone."""
        wide, high = _n(self.width), _n(self.height)
        size = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="{SIZE}" {attributes}>'
        return f"{head}{style}{''.join(self.parts)}</svg>"

    def _add(self, name: str, tone: str, title: str | None, **numbers: float) -> None:
        places = " ".join(f'{key}="{_n(value)}"' for key, value in numbers.items())
        self.parts.append(f'<{name} class="{tone}" {places}>{_title(title)}</{name}>')


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _title(words: str | None) -> str:
    return f"<title>{escape(words, quote=False)}</title>" if words else ""


def _n(value: float) -> str:
    """A tenth of a pixel is enough."""
    if not isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    return f"{value:.1f}".removesuffix(".0")
