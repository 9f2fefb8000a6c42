"""The baseline: be right with all modalities."""

from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.objectives.objective import Batch, Losses, Network, Objective, methods


class Vanilla(Objective):
    """loss = CE(q(y|x), y) + CE of the unimodal heads, which by default leave the encoders alone."""

    def forward(
        self,
        model: Any,
        x: Batch,
        y: Tensor,
        *,
        generator: Generator | None = None,
        oracle: Batch | None = None,
    ) -> Losses:
        network = Network.of(model)
        z = network.encode(x)
        task = cross_entropy(network.fuse(z), y)
        nothing = torch.zeros_like(task)
        return Losses(task, penalty=nothing, heads=self.heads_loss(network, z, y), corrupted=nothing)


@methods(spec.Vanilla)
def from_spec(method: spec.Vanilla, experiment: spec.Experiment, info: spec.DataInfo) -> Vanilla:
    return Vanilla(experiment.unimodal_heads)
