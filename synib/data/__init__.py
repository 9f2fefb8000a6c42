"""Data sets: named modalities, labels, splits and, where it is known, the truth."""

from synib.data.dataset import Dataset, load

__all__ = ["Dataset", "load"]
