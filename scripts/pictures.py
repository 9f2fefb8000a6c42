"""Draw the pictures of docs/concepts.md into docs/pictures/. ``make reference``.

A picture is drawn with classes, not colours: alone (on a code host) it takes those of its own style, light or
dark as the reader's system is; in the handbook the builder drops that style and the page's colours hold.
Whatever looks like data is computed here, with the library, and not drawn by hand.
"""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import numpy as np

from synib.information.pid.broja import broja
from synib.information.pid.systems import table_of

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
WIDTH = 720  # of every picture, in its own units
STYLE = """<style>
svg { color-scheme: light dark; font-family: system-ui, sans-serif }
text { fill: light-dark(#1c1c1a, #ebebe8); font-size: 13px } .soft { fill: light-dark(#50504a, #b6b8be) }
.strong { font-weight: 600 } .box { fill: light-dark(#ffffff, #1a1c20); stroke: light-dark(#8d8d85, #767b86) }
.sunken { fill: light-dark(#f2f2ee, #22252b); stroke: light-dark(#8d8d85, #767b86) }
.line, .dashed { fill: none; stroke: light-dark(#50504a, #b6b8be); stroke-width: 1.5 }
.dashed { stroke-dasharray: 5 4 }
.faint { fill: none; stroke: light-dark(#e4e4de, #2c2f36) } .head { fill: light-dark(#50504a, #b6b8be) }
.a { fill: light-dark(#0b6bb0, #57b0ee) } .b { fill: light-dark(#c75000, #ff9d57) }
.s { fill: light-dark(#00795a, #3dc9a2) }
.r { fill: light-dark(#5c5c57, #b3b3ad) } .n { fill: light-dark(#5a49b8, #b0a3ff) }
.clear { fill-opacity: .35 }
</style>"""


# ------------------------------------------------------------------------------------------- strokes


def svg(height: int, *parts: str) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {WIDTH} {height}">'
    return "\n".join([head, STYLE, *parts, "</svg>"]) + "\n"


def tenth(place: float) -> str:
    """A coordinate to a tenth, so that another machine's last digits draw the same file."""
    return f"{round(place, 1):g}"


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{tenth(x)}" y="{tenth(y)}" text-anchor="{anchor}"{named}>{escape(said)}</text>'


def box(x: float, y: float, wide: float, high: float, kind: str = "box", round_: float = 6) -> str:
    size = f'width="{tenth(wide)}" height="{tenth(high)}" rx="{tenth(round_)}"'
    return f'<rect x="{tenth(x)}" y="{tenth(y)}" {size} class="{kind}"/>'


def labelled(x: float, y: float, wide: float, high: float, said: str, kind: str = "box") -> str:
    return box(x, y, wide, high, kind) + text(x + wide / 2, y + high / 2 + 4.5, said, "strong", "middle")


def line(x: float, y: float, to_x: float, to_y: float, kind: str = "line") -> str:
    return f'<path d="M{tenth(x)} {tenth(y)}L{tenth(to_x)} {tenth(to_y)}" class="{kind}"/>'


def arrow(x: float, y: float, to_x: float, to_y: float, kind: str = "line") -> str:
    """A line with a head at its end."""
    dx, dy = to_x - x, to_y - y
    long = float(np.hypot(dx, dy))
    ux, uy = dx / long, dy / long
    bx, by = to_x - 8 * ux, to_y - 8 * uy
    corners = [(to_x, to_y), (bx - 4 * uy, by + 4 * ux), (bx + 4 * uy, by - 4 * ux)]
    head = f"M{'L'.join(f'{tenth(at)} {tenth(of)}' for at, of in corners)}Z"
    return line(x, y, bx, by, kind) + f'<path d="{head}" class="head"/>'


# ------------------------------------------------------------------------------------------- pictures


def withholding() -> str:
    """One clip, asked three times."""

    def rows() -> Iterator[str]:
        asked = [("voice", "face", 0.99), ("voice", "", 0.5), ("", "face", 0.5)]
        for row, (voice, face, sure) in enumerate(asked):
            y = 44 + 78 * row
            for x, said, name, kind in ((20, voice, "voice", "a"), (150, face, "face", "b")):
                yield box(x, y, 110, 44, "box" if said else "sunken")
                if said:
                    yield box(x + 10, y + 12, 20, 20, kind, 4)
                    yield text(x + 40, y + 27, name, "strong")
                else:
                    yield text(x + 55, y + 19, f"{name} withheld", "soft", "middle")
                    yield text(x + 55, y + 35, "stand-ins", "soft", "middle")
            yield arrow(268, y + 22, 306, y + 22)
            yield labelled(310, y, 90, 44, "model", "sunken")
            yield arrow(404, y + 22, 442, y + 22)
            yield box(450, y + 12, 150, 20, "sunken", 3)
            yield box(450, y + 12, 150 * sure, 20, "s" if sure > 0.6 else "r", 3)
            yield text(612, y + 27, f"ironic {sure:.2f}", "strong" if sure > 0.6 else "soft")

    heads = [text(20, 24, "what it may see", "soft"), text(450, 24, "how sure it is", "soft")]
    return svg(266, *heads, *rows())


def masks() -> str:
    """Which of a modality's coordinates are withheld, and what stands in for them."""
    rng = np.random.default_rng(2)
    own = rng.integers(0, 5, 12)
    other = rng.integers(0, 5, 12)
    cues = np.zeros(12, bool)
    cues[2:5] = True
    half = rng.random(12) < 0.5
    none = np.zeros(12, bool)
    rows = [
        ("as it is", none, None),
        ("full, mean", ~none, None),
        ("random half, mean", half, None),
        ("learned, keep", ~cues, None),
        ("full, shuffle", ~none, other),
    ]

    def drawn() -> Iterator[str]:
        for row, (name, withheld, donor) in enumerate(rows):
            y = 16 + 46 * row
            yield text(20, y + 23, name, "strong")
            for at in range(12):
                x = 180 + 30 * at
                yield box(x, y, 28, 34, "sunken" if withheld[at] else "box", 3)
                level = own[at] if not withheld[at] else donor[at] if donor is not None else 2
                kind = "a" if not withheld[at] else "b" if donor is not None else "r clear"
                high = 5 + 5.5 * level
                yield box(x + 6, y + 32 - high, 16, high, kind, 2)
        said = (
            *("nothing withheld", "the mean of training", "half of it, drawn anew"),
            *("what it relies on stays", "another clip's voice"),
        )
        for row, words in enumerate(said):
            yield text(556, 16 + 46 * row + 23, words, "soft")

    return svg(256, *drawn())


def references() -> str:
    """What a model with one modality withheld is to fall back to."""
    kinds = {
        "says now": ([0.9, 0.08, 0.02], "n"),
        "uniform": ([1 / 3] * 3, "r"),
        "class_prior": ([0.6, 0.3, 0.1], "r"),
        "unimodal": ([0.45, 0.5, 0.05], "r"),
    }

    def drawn() -> Iterator[str]:
        for column, (name, (shares, kind)) in enumerate(kinds.items()):
            x = 24 + 180 * column
            yield text(x, 22, name, "strong")
            for at, share in enumerate(shares):
                high = 110 * share
                yield box(x + 40 * at, 150 - high, 32, high, kind, 2)
                yield text(x + 40 * at + 16, 168, "ABC"[at], "soft", "middle")
            yield line(x - 4, 150, x + 120, 150, "faint")
        yield text(24, 200, "one modality withheld", "soft")
        yield text(204, 200, "all classes alike", "soft")
        yield text(384, 200, "as often as they are", "soft")
        yield text(564, 200, "what the rest knows", "soft")
        for x in (184, 364, 544):
            yield text(x - 20, 100, "→" if x == 184 else "or", "soft", "middle")

    return svg(214, *drawn())


WORLDS = {
    "one label, seen twice": {"000": 0.5, "111": 0.5},
    "only the voice knows": {"000": 0.25, "010": 0.25, "101": 0.25, "111": 0.25},
    "the two must agree (XOR)": {"000": 0.25, "011": 0.25, "101": 0.25, "110": 0.25},
    "both must be so (AND)": {"000": 0.25, "010": 0.25, "100": 0.25, "111": 0.25},
}
"""Voice, face and label as three digits, and how often they occur together."""


def atoms() -> str:
    """Where the information is, in four worlds whose truth is known: BROJA, bits."""
    parts = [("redundant", "r"), ("unique: voice", "a"), ("unique: face", "b"), ("synergy", "s")]

    def drawn() -> Iterator[str]:
        for at, (name, kind) in enumerate(parts):
            yield box(220 + 118 * at, 10, 14, 14, kind, 3)
            yield text(240 + 118 * at, 22, name, "soft")
        for bit in (0, 0.5, 1):
            x = 220 + 420 * bit
            yield line(x, 36, x, 232, "faint")
            yield text(x, 248, f"{bit:g}", "soft", "middle")
        for row, (name, world) in enumerate(WORLDS.items()):
            y, found = 44 + 46 * row, broja(table_of(world))
            yield text(20, y + 20, name, "strong")
            x = 220.0
            for (_, kind), bits in zip(parts, (found.redundant, *found.unique, found.synergy), strict=True):
                if bits > 0.005:
                    wide = 420 * bits
                    yield box(x, y, wide, 30, kind, 2)
                    x += wide
            total = found.redundant + sum(found.unique) + found.synergy
            yield text(x + 10, y + 20, f"{total:.2f} bit", "soft")

    return svg(256, *drawn())


def subsets() -> str:
    """What is asked of three modalities: every non-empty subset."""
    names = ("voice", "face", "words")
    levels: list[list[tuple[int, ...]]] = [
        [(0,), (1,), (2,)],
        [(0, 1), (0, 2), (1, 2)],
        [(0, 1, 2)],
    ]
    place = {
        subset: (130 + 230 * at + (230 if len(row) == 1 else 0), 196 - 84 * level)
        for level, row in enumerate(levels)
        for at, subset in enumerate(row)
    }

    def drawn() -> Iterator[str]:
        for small, (x, y) in place.items():
            for large, (to_x, to_y) in place.items():
                if len(large) == len(small) + 1 and set(small) < set(large):
                    yield line(x, y, to_x, to_y + 34, "faint" if len(small) == 1 else "line")
        for subset, (x, y) in place.items():
            said = "+".join(names[at] for at in subset)
            yield labelled(x - 85, y, 170, 34, said, "sunken" if len(subset) == 3 else "box")
        for y, said in ((18, "all together"), (102, "each left out"), (186, "each alone")):
            yield text(16, y, said, "soft")

    return svg(246, *drawn())


def null() -> str:
    """A synergy found in 300 examples, its interval, and what chance would find in the same ones."""
    rng = np.random.default_rng(0)
    gain = 0.08 + 0.45 * rng.standard_normal(300)  # bits, joint over best single
    found = float(gain.mean())
    draws = [float((gain * rng.choice([-1, 1], 300)).mean()) for _ in range(1000)]
    means = [float(rng.choice(gain, 300).mean()) for _ in range(1000)]
    low, high = (float(value) for value in np.quantile(means, (0.025, 0.975)))

    def across(bits: float) -> float:
        return 240 + 2200 * bits

    def drawn() -> Iterator[str]:
        counts, edges = np.histogram(draws, bins=np.linspace(-0.1, 0.2, 61))
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
            if count:
                tall = count * 1.1
                yield box(
                    across(left) + 0.5, 168 - tall, across(right) - across(left) - 1, tall, "r clear", 0
                )
        yield line(across(-0.1), 168, across(0.2), 168)
        for bits in (-0.05, 0, 0.05, 0.1, 0.15):
            yield text(across(bits), 188, f"{bits:g}", "soft", "middle")
        yield text(across(0.05), 210, "synergy, bits", "soft", "middle")
        yield line(across(found), 54, across(found), 168, "dashed")
        yield line(across(low), 70, across(high), 70)
        yield line(across(low), 64, across(low), 76) + line(across(high), 64, across(high), 76)
        yield f'<circle cx="{across(found):.1f}" cy="70" r="6" class="s"/>'
        yield text(across(found), 44, f"found: {found:.2f} bit [{low:.2f}, {high:.2f}]", "strong", "middle")
        yield text(across(-0.1) + 4, 84, "the null: what the same", "soft")
        yield text(across(-0.1) + 4, 102, "examples say by chance", "soft")

    return svg(220, *drawn())


def verdict() -> str:
    """How an experiment comes to its sentence."""

    def question(x: float, y: float, lines: Iterable[str]) -> Iterator[str]:
        yield box(x, y, 210, 58, "sunken")
        for row, said in enumerate(lines):
            yield text(x + 105, y + 25 + 18 * row, said, "strong", "middle")

    def answer(x: float, y: float, lines: Iterable[str], kind: str) -> Iterator[str]:
        yield box(x, y, 200, 58) + box(x, y, 6, 58, kind, 3)
        for row, said in enumerate(lines):
            yield text(x + 18, y + 25 + 18 * row, said)

    parts = [
        *question(20, 20, ("better than vanilla,", "same seeds, same tuning?")),
        *question(20, 130, ("better than every", "control as well?")),
        *answer(300, 20, ("it does not help here,", "or it is undecided"), "r"),
        *answer(300, 130, ("it helps; a simpler method", "does as well, or might"), "b"),
        *answer(20, 240, ("it helps, and withholding", "is what does it"), "s"),
        arrow(230, 49, 296, 49) + text(260, 42, "no", "soft", "middle"),
        arrow(125, 78, 125, 126) + text(136, 106, "yes", "soft"),
        arrow(230, 159, 296, 159) + text(260, 152, "no", "soft", "middle"),
        arrow(125, 188, 125, 236) + text(136, 216, "yes", "soft"),
        text(528, 44, "the margin says how small", "soft") + text(528, 62, "is no difference", "soft"),
        text(528, 154, "which one, and by how", "soft") + text(528, 172, "much, is said", "soft"),
        text(240, 274, "with its interval over seeds, p after Holm, and on which examples", "soft"),
    ]
    return svg(312, *parts)


PICTURES = {
    "withholding": withholding, "masks": masks, "references": references, "subsets": subsets, "atoms": atoms,
    "null": null, "verdict": verdict,
}  # fmt: skip


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")
    print(f"wrote {len(PICTURES)} pictures to {FOLDER}")


if __name__ == "__main__":
    main()
