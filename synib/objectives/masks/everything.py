"""The whole modality goes."""

import torch
from torch import Tensor

from synib import spec
from synib.objectives.masks.mask import Asked, Mask, masks


@masks(spec.FullMask)
class Full(Mask):
    def __init__(self, settings: spec.FullMask) -> None:
        pass

    def keep(self, asked: Asked) -> Tensor:
        return torch.zeros_like(asked.values, dtype=torch.bool)
