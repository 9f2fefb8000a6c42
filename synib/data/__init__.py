"""Data sets: named modalities, labels, splits and, where it is known, the truth."""

from synib.data.dataset import Dataset, load
from synib.data.media import ArrayMedia, FolderMedia, Media

__all__ = ["ArrayMedia", "Dataset", "FolderMedia", "Media", "load"]
