"""Each coordinate goes or stays by a coin of its own."""

import torch
from torch import Generator, Tensor

from synib import spec
from synib.objectives.fills import Drawn
from synib.objectives.masks.mask import Asked, Mask, masks


@masks(spec.RandomMask)
class Random(Mask):
    def __init__(self, settings: spec.RandomMask) -> None:
        self.rate = settings.rate

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        return {"coins": torch.rand(shape, generator=generator, device=device)}

    def keep(self, asked: Asked) -> Tensor:
        return asked.drawn["coins"] >= self.rate
