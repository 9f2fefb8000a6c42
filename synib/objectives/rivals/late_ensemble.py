"""Unimodal models that never meet."""

from typing import Any, ClassVar

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.models import Predict
from synib.objectives.objective import Batch, Losses, Network, Objective, methods


class LateEnsemble(Objective):
    """loss = sum_m CE(q_m(y|x_m), y); prediction = softmax of the sum of the heads' logits.

    Du et al. 2023 (arXiv 2305.01233), the uni-modal ensemble, which averages predictions; Kontras et al. 2026
    (arXiv 2606.09853) sum logits, and so do we, without standardising them over a batch. No term touches two
    encoders, so this is k separate trainings; they share the epoch whose weights are kept.
    """

    predict: ClassVar[Predict] = "heads"

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
        own = [cross_entropy(logits, y) for logits in network.heads(network.encode(x)).values()]
        task = torch.stack(own).sum()
        nothing = torch.zeros_like(task)
        return Losses(task, penalty=nothing, heads=nothing, corrupted=nothing)


@methods(spec.LateEnsemble)
def from_spec(method: spec.LateEnsemble, experiment: spec.Experiment, info: spec.DataInfo) -> LateEnsemble:
    return LateEnsemble()
