"""A penalty of SynIB's size that points anywhere."""

import torch
from torch import Generator, Tensor

from synib import spec
from synib.objectives.objective import Batch, methods
from synib.objectives.references import Seen, divergence, uniform
from synib.objectives.synib import SynIB, token_shapes


class NoisePenalty(SynIB):
    """SynIB whose gradient on each withheld prediction's logits is turned in a random direction.

    With g = d KL / d logits of one prediction, its place is taken by |g| u, u uniform among the directions
    in which logits change a prediction (their mean 0). The loss's value stays SynIB's. If this helps as much
    as SynIB, then what helps is noise of that size and not being unsure.
    """

    def penalty(self, logits: Tensor, x: Batch, y: Tensor, seen: Seen, generator: Generator | None) -> Tensor:
        with torch.no_grad():
            q, kl = logits.softmax(dim=-1), divergence(logits, uniform(logits))
            gradient = q * (logits.log_softmax(dim=-1) - uniform(logits) - kl[..., None])
            noise = torch.randn(logits.shape, generator=generator, device=logits.device)
            noise -= noise.mean(dim=-1, keepdim=True)
            turned = noise * (gradient.norm(dim=-1, keepdim=True) / noise.norm(dim=-1, keepdim=True))
            offset = kl - (turned * logits).sum(dim=-1)
        return self.weighted((turned * logits).sum(dim=-1) + offset, x)


@methods(spec.NoisePenalty)
def from_spec(method: spec.NoisePenalty, experiment: spec.Experiment, info: spec.DataInfo) -> NoisePenalty:
    return NoisePenalty(
        method.weight,
        method.mask,
        shapes=token_shapes(method.mask, experiment, info),
        heads=experiment.unimodal_heads,
    )
