"""What every objective takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from synib import spec
from synib.models import Moments
from synib.registry import Registry

Batch = Mapping[str, Tensor]
"""{modality: (B, *shape)}, raw."""


@dataclass(frozen=True)
class Losses:
    """The terms of a loss in nats, each a scalar and already weighted; ``losses.total.backward()`` trains."""

    task: Tensor
    penalty: Tensor
    heads: Tensor
    corrupted: Tensor
    """Share of coordinates that masks chose, mean over modalities; 0 without masks. Not part of the total."""

    @property
    def total(self) -> Tensor:
        return self.task + self.penalty + self.heads


@dataclass(frozen=True)
class Network:
    """A model seen as parts. A model without ``encode`` and ``fuse`` is its own fusion of raw inputs."""

    encode: Callable[[Batch], dict[str, Tensor]]
    fuse: Callable[[Batch], Tensor]
    heads: Callable[[Batch], dict[str, Tensor]] = lambda z: {}
    moments: Mapping[str, Moments] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Any) -> "Network":
        if hasattr(model, "encode") and hasattr(model, "fuse"):
            optional = {name: getattr(model, name) for name in ("heads", "moments") if hasattr(model, name)}
            return cls(encode=model.encode, fuse=model.fuse, **optional)
        return cls(encode=dict, fuse=model)


class Objective(nn.Module):
    """Turns a model and a batch into losses.

    ``forward(model, x, y, *, generator=None)`` with ``model`` any callable from {modality: (B, *shape)} to
    logits (B, K), ``y`` (B,) class indices, and ``generator`` the source of all randomness in the objective.
    """

    def __init__(self, heads: spec.UnimodalHeads | None = None) -> None:
        super().__init__()
        self.unimodal = heads or spec.UnimodalHeads()

    def heads_loss(self, network: Network, z: Batch, y: Tensor) -> Tensor:
        """Weighted cross-entropy of the unimodal heads, mean over modalities; 0 if the network has none."""
        if not self.unimodal.weight:
            return torch.zeros((), device=y.device)
        seen = {name: latent.detach() for name, latent in z.items()} if self.unimodal.detached else z
        losses = [cross_entropy(logits, y) for logits in network.heads(seen).values()]
        if not losses:
            return torch.zeros((), device=y.device)
        return self.unimodal.weight * torch.stack(losses).mean()


methods: Registry[Callable[[Any, spec.Experiment, spec.DataInfo], Objective]] = Registry("synib.objectives")


def build(method: spec.Method, experiment: spec.Experiment, info: spec.DataInfo) -> Objective:
    """The objective that a resolved experiment's method asks for."""
    return methods[type(method)](method, experiment, info)
