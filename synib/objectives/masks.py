"""Which coordinates of a modality are withheld."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from synib import spec
from synib.registry import Registry

masks: Registry[Callable[[Any, Tensor, Generator | None], Tensor]] = Registry("synib.objectives")
"""(spec, values (B, *shape), generator) to a boolean tensor of the values' shape, true where withheld."""


@masks(spec.FullMask)
def full(mask: spec.FullMask, values: Tensor, generator: Generator | None) -> Tensor:
    return torch.ones_like(values, dtype=torch.bool)


@masks(spec.RandomMask)
def random(mask: spec.RandomMask, values: Tensor, generator: Generator | None) -> Tensor:
    return torch.rand(values.shape, generator=generator, device=values.device) < mask.rate
