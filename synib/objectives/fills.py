"""What stands in the place of what is withheld.

Randomness is drawn apart from its use, so that many replicas can be computed at once from the same draws as
one by one.
"""

from typing import assert_never

import torch
from torch import Generator, Tensor

from synib.models import Moments
from synib.spec import Fill

Drawn = dict[str, Tensor]
"""Random numbers by purpose."""


def draw(fill: Fill, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
    """What a fill of values (B, *shape) needs of chance."""
    match fill:
        case "noise":
            return {"normal": torch.randn(shape, generator=generator, device=device)}
        case "shuffle":
            return {"donors": cycle(shape[0], generator, device)}
        case "mean" | "token" | "zero":
            return {}
        case _:
            assert_never(fill)


def stand_in(fill: Fill, values: Tensor, moments: Moments, token: Tensor | None, drawn: Drawn) -> Tensor:
    """Values that broadcast to (B, *shape).

    A token is learned in spreads from the mean, so that one step size suits all units; it starts at the mean.
    """
    match fill:
        case "mean":
            return moments.mean
        case "token":
            assert token is not None
            return moments.mean + moments.std * token
        case "noise":
            return moments.mean + moments.std * drawn["normal"].to(values.dtype)
        case "shuffle":
            return values[drawn["donors"]]
        case "zero":
            return torch.zeros((), device=values.device, dtype=values.dtype)
        case _:
            assert_never(fill)


def cycle(size: int, generator: Generator | None, device: torch.device) -> Tensor:
    """Everybody is somebody else's donor, (B,): one random cycle through the batch."""
    order = torch.randperm(size, generator=generator, device=device)
    donors = torch.empty_like(order)
    donors[order] = order.roll(1)
    return donors


def batch_moments(values: Tensor) -> Moments:
    """Of the batch: for representations, and for models that keep no moments. No gradient flows through."""
    values = values.detach()
    return Moments(values.mean(dim=0), values.std(dim=0, correction=0))
