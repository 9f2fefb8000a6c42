"""All subsets by inclusion: a node for each, larger sets higher, an edge for every modality that is added."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.dashboard.report.drawing import Drawing
from app.dashboard.report.plots.legend import Entry, legend

LAYER: Final = 84  # pixels from one size of subsets to the next


@dataclass(frozen=True)
class Node:
    """A subset: its modalities, what to call it, and how it reads."""

    members: frozenset[str]
    name: str
    reading: str


@dataclass(frozen=True)
class Step:
    """From a node to one with a modality more."""

    start: frozenset[str]
    end: frozenset[str]
    weight: float
    """0 to 1: how thick."""
    marked: bool
    title: str


@dataclass(frozen=True)
class Lattice:
    """Nodes and the steps between them."""

    nodes: Sequence[Node]
    steps: Sequence[Step]
    meaning: tuple[str, str]
    """Of an edge that is marked, and of one that is not."""

    def draw(self, width: float) -> Drawing:
        """The full set on top, nothing at the bottom."""
        keys = [Entry("line", 4, self.meaning[0]), Entry("line", 6, self.meaning[1])]
        top = legend(None, keys, width) + 24
        sizes = Counter(len(node.members) for node in self.nodes)
        highest, lowest = max(sizes), min(sizes)
        drawing = Drawing(width, top + LAYER * (highest - lowest) + 44)
        legend(drawing, keys, width)
        placed: Counter[int] = Counter()
        at = {}
        for node in self.nodes:
            size = len(node.members)
            placed[size] += 1
            at[node.members] = (width * (placed[size] - 0.5) / sizes[size], top + LAYER * (highest - size))
        for step in self.steps:
            (x1, y1), (x2, y2) = at[step.start], at[step.end]
            tone = f"s{4 if step.marked else 6} step w{1 + round(4 * step.weight)}"
            drawing.line((x1, y1 - 14), (x2, y2 + 26), tone, step.title)
        for node in self.nodes:
            x, y = at[node.members]
            room = width / sizes[len(node.members)] - 6
            drawing.text((x, y), node.name, "ink middle", room=room)
            drawing.text((x, y + 15), node.reading, "soft middle", room=room)
        return drawing
