"""Features of images: their pixels at one size."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from synib import spec

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601


def pixels(image: NDArray[np.uint8], asked: spec.Pixels) -> NDArray[np.float32]:
    """uint8 (H, W, 1 or 3) to (channels, size, size), 0 to 1: the shorter side to size, then the middle."""
    values = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
    if asked.channels == 1 and len(values) == 3:
        values = torch.einsum("chw,c->hw", values, torch.tensor(LUMINANCE))[None]
    elif asked.channels == 3:
        values = values.expand(3, -1, -1)
    height, width = values.shape[1:]
    scale = asked.size / min(height, width)
    sides = [max(asked.size, round(side * scale)) for side in (height, width)]
    if sides != [height, width]:
        values = interpolate(values[None], sides, mode="bilinear", antialias=True)[0].clamp(0, 1)
    top, left = ((side - asked.size) // 2 for side in sides)
    return values[:, top : top + asked.size, left : left + asked.size].contiguous().numpy()
