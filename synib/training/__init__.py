"""Training one method with one seed: interruptible at any step, and bit for bit the same afterwards."""

from synib.training.checkpoint import CheckpointMismatch, CorruptCheckpoint
from synib.training.loop import Diverged, EpochMetrics, Interrupted, Trained, train
from synib.training.replicas import Replica, stackable, train_replicas
from synib.training.tuning import Tuned, tune

__all__ = [
    "CheckpointMismatch",
    "CorruptCheckpoint",
    "Diverged",
    "EpochMetrics",
    "Interrupted",
    "Replica",
    "Trained",
    "Tuned",
    "stackable",
    "train",
    "train_replicas",
    "tune",
]
