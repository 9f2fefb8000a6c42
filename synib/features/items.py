"""What features are made of: images, recordings and texts, one by one."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib.data import Media


class Sound(NamedTuple):
    """A recording."""

    samples: NDArray[np.float32]
    """(T,), mono, from -1 to 1."""
    rate: int
    """Samples per second."""


Item = NDArray[Any] | Sound | str | None
"""uint8 (H, W, 1 or 3), or a recording, or a text; None where an example lacks it."""


def item_of(media: Media, number: int) -> Item:
    """An item of a data set, decoded."""
    value = media.read(number)
    if isinstance(value, str) or media.kind != "audio":
        return value
    return Sound(value, media.rate(number))
