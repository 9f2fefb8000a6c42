"""Images, recordings and texts as numbers that a network can read, computed once (decision 0019)."""

from synib.features.extract import Extractor
from synib.features.items import Item, Sound
from synib.features.prepare import FeatureError, prepare

__all__ = ["Extractor", "FeatureError", "Item", "Sound", "prepare"]
