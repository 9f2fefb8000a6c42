"""What the signs of a picture mean, in a line above it."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from app.dashboard.report.drawing import Drawing, width_of

Sign = Literal["dot", "ring", "diamond", "bar", "line", "dashes", "band", "margin", "needle", "seed", "cross"]
LINE: Final = 20  # pixels


class Entry(NamedTuple):
    """A sign, its series, and its meaning."""

    sign: Sign
    series: int
    words: str


def legend(drawing: Drawing | None, entries: Sequence[Entry], width: float) -> float:
    """Draw the entries, as many a line as fit; how high they are. Without a drawing, only that."""
    x, y = 0.0, 14.0
    for entry in entries:
        wide = 20 + width_of(entry.words)
        if x and x + wide > width:
            x, y = 0.0, y + LINE
        if drawing is not None:
            _sign(drawing, entry, x + 7, y - 4)
            drawing.text((x + 18, y), entry.words, "soft", room=width - x - 18)
        x += wide + 14
    return y + 10 if entries else 0.0


def _sign(drawing: Drawing, entry: Entry, x: float, y: float) -> None:
    series = entry.series
    match entry.sign:
        case "dot":
            drawing.circle((x, y), 5, f"f{series}")
        case "ring":
            drawing.circle((x, y), 4, f"s{series} ring")
        case "diamond":
            drawing.diamond((x, y), 6, f"f{series}")
        case "bar":
            drawing.rect(x - 6, y - 5, 12, 10, f"f{series} solid")
        case "line":
            drawing.line((x - 7, y), (x + 7, y), f"s{series} curve")
        case "dashes":
            drawing.line((x - 7, y), (x + 7, y), f"s{series} curve dashes")
        case "band" | "margin":
            drawing.rect(x - 7, y - 5, 14, 10, entry.sign)
        case "needle":
            drawing.polygon([(x - 4, y + 4), (x + 4, y + 4), (x, y - 4)], "needle")
        case "seed":
            drawing.circle((x, y), 3, "seed")
        case "cross":
            drawing.cross((x, y), 4, f"s{series} curve")
