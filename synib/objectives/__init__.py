"""What a method minimises; each objective works in anybody's training loop."""

from synib.objectives.objective import Examples, Losses, Objective, build
from synib.objectives.synib import SynIB
from synib.objectives.vanilla import Vanilla
from synib.spec import FullMask, RandomMask

__all__ = ["Examples", "FullMask", "Losses", "Objective", "RandomMask", "SynIB", "Vanilla", "build"]
