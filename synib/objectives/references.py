"""The prediction that a model with a modality withheld should fall back to, and how far it is from it."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import log_softmax


def uniform(logits: Tensor) -> Tensor:
    """log 1/K for every class, whatever is seen."""
    K = logits.shape[-1]
    return torch.full((K,), -math.log(K), device=logits.device, dtype=logits.dtype)


REFERENCES: dict[str, Callable[[Tensor], Tensor]] = {"uniform": uniform}
"""Withheld logits (k, B, K), of which only the shape may matter, to log-probabilities of that shape."""


def divergence(logits: Tensor, log_reference: Tensor) -> Tensor:
    """KL(q ‖ r) in nats over the last axis, q = softmax(logits); at most log K if r is uniform."""
    log_q = log_softmax(logits, dim=-1)
    return (log_q.exp() * (log_q - log_reference)).sum(dim=-1)
