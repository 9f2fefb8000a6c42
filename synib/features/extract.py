"""Items in, arrays out: the same for a data set before training and for an example that is to be scored."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.features import audio
from synib.features.image import pixels
from synib.features.items import Item, Sound
from synib.features.pretrained import Frozen, TokenNumbers

Values = NDArray[np.float32]


class Extractor:
    """What a modality's features make of items, whatever these are with.

    Args:
        modality: spelled out, as `spec.Experiment.resolved` leaves it.
        device: where a pretrained model computes.

    Raises:
        ValueError: the modality is numbers already.
        spec.weights.ModelError: a pretrained model cannot be used.
    """

    def __init__(self, modality: spec.Modality, device: str = "cpu") -> None:
        if modality.features is None:
            raise ValueError("this modality is numbers already: it has no features")
        self.features = modality.features
        self._make = _maker(self.features, device)

    def __call__(self, items: Sequence[Item]) -> Values:
        """(n, *shape), NaN throughout for None.

        Raises:
            ValueError: an item is not what the features read, or cannot be read.
        """
        values = np.full((len(items), *self.features.shape()), np.nan, np.float32)
        there = [number for number, item in enumerate(items) if item is not None]
        for number in there:
            _check(items[number], self.features)
        if there:
            values[there] = self._make([items[number] for number in there])
        return values


def _maker(features: spec.Features, device: str) -> Callable[[Sequence[Item]], Values]:
    match features:
        case spec.Pretrained():
            return Frozen(features, device)
        case spec.Tokens():
            return TokenNumbers(features)
        case spec.Pixels():
            return _each(lambda image: pixels(image, features))
        case spec.LogMel():
            return _each(lambda sound: audio.log_mel(sound.samples, sound.rate, features))
        case spec.Mfcc():
            return _each(lambda sound: audio.mfcc(sound.samples, sound.rate, features))
        case spec.Waveform():
            return _each(lambda sound: audio.waveform(sound.samples, sound.rate, features))


def _each(one: Callable[[Any], Values]) -> Callable[[Sequence[Item]], Values]:
    return lambda items: np.stack([one(item) for item in items])


def _check(item: Item, features: spec.Features) -> None:
    match features.reads:
        case "text":
            good, want = isinstance(item, str), "a text"
        case "audio":
            good, want = isinstance(item, Sound), "a recording (samples and their rate)"
        case _:
            good, want = _is_image(item), "an image, uint8 (height, width, 1 or 3)"
    if not good:
        found = f"{item.dtype} {item.shape}" if isinstance(item, np.ndarray) else type(item).__name__
        raise ValueError(f"{features.kind} reads {want}, not {found}")


def _is_image(item: Item) -> bool:
    if not isinstance(item, np.ndarray) or item.dtype != np.uint8 or item.ndim != 3:
        return False
    return item.shape[2] in (1, 3) and item.size > 0
