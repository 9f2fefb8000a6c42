"""Coordinates dissolve in normal noise."""

import math

import torch
from torch import Generator, Tensor

from synib import spec
from synib.objectives.fills import Drawn
from synib.objectives.masks.mask import Asked, Mask, masks

OFFSET = 0.008
"""So that the first bit of time is not without effect (Nichol & Dhariwal 2021, eq. 17)."""


@masks(spec.DiffusionMask)
class Diffusion(Mask):
    """x ← sqrt(a) x + sqrt(1 - a) e at time t: a = cos²(π/2 · (t + s)/(1 + s)) (Nichol & Dhariwal 2021)."""

    def __init__(self, settings: spec.DiffusionMask) -> None:
        self.rate = settings.rate
        self.left = math.cos(math.pi / 2 * (settings.level + OFFSET) / (1 + OFFSET)) ** 2

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        return {"coins": torch.rand(shape, generator=generator, device=device)}

    def apply(self, asked: Asked) -> tuple[Tensor, Tensor]:
        """The share counts a coordinate whole, however much of it is left."""
        mixed = math.sqrt(self.left) * asked.values + math.sqrt(1 - self.left) * asked.stand_in
        untouched = asked.drawn["coins"] >= self.rate
        share = 1 - untouched.to(asked.values.dtype).mean()
        return torch.where(untouched, asked.values, mixed), share
