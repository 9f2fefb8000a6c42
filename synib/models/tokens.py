"""Representations as tokens and as vectors: a fusion that wants the one can be given the other.

A representation is a vector (B, d) or tokens (B, T, d). A token that is not there, padding, is NaN in every
coordinate; a vector is always there. Where not one token of an example is there, one of zeros stands in.
"""

import math

import torch
from torch import Tensor, nn


def tokens(z: Tensor) -> tuple[Tensor, Tensor]:
    """(B, d) or (B, T, d) to tokens (B, T, d), zeros for padding, and (B, T), true for those to see."""
    if z.ndim == 2:
        return z[:, None], torch.ones(len(z), 1, dtype=torch.bool, device=z.device)
    absent = z.isnan().all(dim=2)
    first = torch.arange(z.shape[1], device=z.device) == 0
    seen = ~absent | (absent.all(dim=1, keepdim=True) & first)
    return z.masked_fill(absent[..., None], 0.0), seen


def mean_of(values: Tensor, seen: Tensor) -> Tensor:
    """Mean over the tokens that are seen: (B, T, d) and (B, T) to (B, d)."""
    kept = seen[..., None]
    return values.masked_fill(~kept, 0.0).sum(dim=1) / kept.sum(dim=1)


def pooled(z: Tensor) -> Tensor:
    """Mean over the tokens that are there: (B, d) as it is, or (B, T, d) to (B, d)."""
    return z if z.ndim == 2 else mean_of(*tokens(z))


class Pool(nn.Module):
    """`pooled` as a layer."""

    def forward(self, z: Tensor) -> Tensor:
        return pooled(z)


class Present(nn.Module):
    """Normalised values with the mean, 0, for those that are NaN, not there; infinity stays what it is."""

    def forward(self, values: Tensor) -> Tensor:
        return torch.nan_to_num(values, nan=0.0, posinf=math.inf, neginf=-math.inf)


class Flatten(nn.Flatten):
    """(B, *shape) to (B, d), and what is not there is the mean, as in `Present`."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(torch.nan_to_num(values, nan=0.0, posinf=math.inf, neginf=-math.inf))
