"""Asking a trained model about new examples: what it sees alone, jointly and without.

from synib.scoring import Scorer

scored = Scorer.load(folder).score({"voice": voice, "face": face})
scored.interaction                                           # (N,) label-free
scored.subset_p[:, scored.subsets.index(("voice",))]         # (N, K)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from synib.scoring.scored import Scored, Warn

if TYPE_CHECKING:
    from synib.scoring.folder import Kit, kit_of
    from synib.scoring.scorer import Scorer

__all__ = ["Kit", "Scored", "Scorer", "Warn", "kit_of"]

_HOME = {"Scorer": "synib.scoring.scorer", "Kit": "synib.scoring.folder", "kit_of": "synib.scoring.folder"}


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for: the service tells scores without it."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'synib.scoring' has no attribute {name!r}")
