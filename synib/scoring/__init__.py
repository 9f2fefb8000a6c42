"""Asking a trained model about new examples: what it sees alone, jointly and without.

from synib.scoring import Scorer

scored = Scorer.load(folder).score({"voice": voice, "face": face})
scored.interaction                                           # (N,) label-free
scored.subset_p[:, scored.subsets.index(("voice",))]         # (N, K)

`cross` swaps the modalities of two examples in all ways.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from synib.scoring.scored import Scored, Warn

if TYPE_CHECKING:
    from synib.scoring.crossing import Crossed, NotCrossable, cross
    from synib.scoring.folder import Kit, kit_of
    from synib.scoring.scorer import Scorer

__all__ = ["Crossed", "Kit", "NotCrossable", "Scored", "Scorer", "Warn", "cross", "kit_of"]

_HOME = {
    "Scorer": "synib.scoring.scorer",
    **dict.fromkeys(("Kit", "kit_of"), "synib.scoring.folder"),
    **dict.fromkeys(("Crossed", "NotCrossable", "cross"), "synib.scoring.crossing"),
}


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for: the service tells scores without it."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'synib.scoring' has no attribute {name!r}")
