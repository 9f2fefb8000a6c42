"""Training one method with one seed: interruptible at any step, and bit for bit the same afterwards."""

from synib.training.checkpoint import CheckpointMismatch, CorruptCheckpoint
from synib.training.loop import Diverged, EpochMetrics, Interrupted, Trained, train

__all__ = [
    "CheckpointMismatch",
    "CorruptCheckpoint",
    "Diverged",
    "EpochMetrics",
    "Interrupted",
    "Trained",
    "train",
]
