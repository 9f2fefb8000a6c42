"""What stands in the place of what is withheld.

A fill gets the intact values (B, *shape), their moments, the modality's learned token if there is one, and
the generator; it returns values that broadcast to (B, *shape).
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from synib.models import Moments
from synib.spec import Fill


def mean(values: Tensor, moments: Moments, token: Tensor | None, generator: Generator | None) -> Tensor:
    return moments.mean


def token(values: Tensor, moments: Moments, token: Tensor | None, generator: Generator | None) -> Tensor:
    """Learned in spreads from the mean, so that one step size suits every unit; it starts at the mean."""
    assert token is not None
    return moments.mean + moments.std * token


def noise(values: Tensor, moments: Moments, token: Tensor | None, generator: Generator | None) -> Tensor:
    normal = torch.randn(values.shape, generator=generator, device=values.device, dtype=values.dtype)
    return moments.mean + moments.std * normal


def shuffle(values: Tensor, moments: Moments, token: Tensor | None, generator: Generator | None) -> Tensor:
    """Everybody is somebody else's donor: one random cycle through the batch."""
    cycle = torch.randperm(len(values), generator=generator, device=values.device)
    donors = torch.empty_like(cycle)
    donors[cycle] = cycle.roll(1)
    return values[donors]


def zero(values: Tensor, moments: Moments, token: Tensor | None, generator: Generator | None) -> Tensor:
    return torch.zeros((), device=values.device, dtype=values.dtype)


FILLS: dict[Fill, Callable[[Tensor, Moments, Tensor | None, Generator | None], Tensor]] = {
    "mean": mean,
    "token": token,
    "noise": noise,
    "shuffle": shuffle,
    "zero": zero,
}


def batch_moments(values: Tensor) -> Moments:
    """Of the batch: for representations, and for models that keep no moments. No gradient flows through."""
    values = values.detach()
    return Moments(values.mean(dim=0), values.std(dim=0, correction=0))
