"""The synergistic information bottleneck."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor, cat, nn
from torch.nn.functional import cross_entropy

from synib import spec
from synib.models import Moments
from synib.objectives.fills import FILLS, batch_moments
from synib.objectives.masks import masks
from synib.objectives.objective import Batch, Losses, Network, methods
from synib.objectives.references import REFERENCES, divergence
from synib.objectives.vanilla import Vanilla


class SynIB(Vanilla):
    """Be right with all modalities, unsure with one withheld.

        loss = CE(q(y|x), y) + weight · mean_i KL(q(y|x with i withheld) ‖ reference_i)

    The reference must not depend on the withheld modality. With ``weight=0`` no withheld pass is made.
    Kontras et al. 2026 (arXiv 2606.09853), section 3. It is a regulariser motivated by synergy, not a bound
    on it. With a fill that looks like real data (shuffle) it is a confidence penalty, and confidences suffer.

    Args:
        weight: lambda.
        mask: which coordinates of the withheld modality go, and what stands in their place.
        reference: the prediction to fall back to.
        shapes: of one example's token per modality, input or representation; only ``fill="token"`` needs
            them. Tokens are parameters of this module: give them to the optimiser.
        heads: how unimodal heads are trained, if the model has any.
    """

    def __init__(
        self,
        weight: float = 1.0,
        mask: spec.Mask | None = None,
        reference: str = "uniform",
        *,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        heads: spec.UnimodalHeads | None = None,
    ) -> None:
        super().__init__(heads)
        if weight < 0:
            raise ValueError(f"weight {weight:g} would reward certainty without a modality; use 0 or more")
        self.weight = weight
        self.mask = mask or spec.SynIB().mask
        self.reference = REFERENCES[reference]
        learns = self.mask.fill == "token"
        if learns and not shapes:
            raise ValueError(
                "a token is learned, so its shape must be known: SynIB(…, shapes={modality: shape})"
            )
        self.tokens = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(shape)) for name, shape in (shapes or {}).items() if learns}
        )

    def forward(
        self,
        model: Any,
        x: Batch,
        y: Tensor,
        *,
        generator: Generator | None = None,
        oracle: Batch | None = None,
    ) -> Losses:
        if not self.weight:
            return super().forward(model, x, y)
        network = Network.of(model)
        z, withheld, corrupted = self.withhold(network, x, generator)
        views = {
            name: cat([z[name], *(withheld[name] if name == gone else z[name] for gone in z)]) for name in z
        }
        # One batched pass for all V = k + 1 views: intact, then one withheld each.
        logits = network.fuse(views)
        logits_VBK = logits.reshape(1 + len(z), len(y), -1)
        penalty = divergence(logits_VBK[1:], self.reference(logits_VBK[1:])).mean()
        return Losses(
            task=cross_entropy(logits_VBK[0], y),
            penalty=self.weight * penalty,
            heads=self.heads_loss(network, z, y),
            corrupted=corrupted,
        )

    def withhold(
        self, network: Network, x: Batch, generator: Generator | None = None
    ) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
        """Representations {modality: (B, d)} intact and withheld, and the share of coordinates chosen."""
        if self.mask.on == "latent":
            z = network.encode(x)
            return z, *self.fill(z, {}, generator)
        absent, corrupted = self.fill(x, network.moments, generator)
        both = network.encode({name: cat([x[name], absent[name]]) for name in x})  # one pass per encoder
        z = {name: latent.chunk(2)[0] for name, latent in both.items()}
        withheld = {name: latent.chunk(2)[1] for name, latent in both.items()}
        return z, withheld, corrupted

    def fill(
        self, values: Batch, moments: Mapping[str, Moments], generator: Generator | None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """``values`` with the masked coordinates of every modality replaced, and these coordinates' share."""
        filled, shares = {}, []
        for name, intact in values.items():
            chosen = masks[type(self.mask)](self.mask, intact, generator)
            known = moments.get(name) or batch_moments(intact)
            stand_in = FILLS[self.mask.fill](intact, known, self.tokens.get(name), generator)
            filled[name] = torch.where(chosen, stand_in, intact)
            shares.append(chosen.float().mean())
        return filled, torch.stack(shares).mean()


@methods(spec.SynIB)
def from_spec(method: spec.SynIB, experiment: spec.Experiment, info: spec.DataInfo) -> SynIB:
    shapes = {
        name: info.shapes[name] if method.mask.on == "input" else (modality.encoder.features,)
        for name, modality in experiment.modalities.items()
    }
    return SynIB(method.weight, method.mask, method.reference, shapes=shapes, heads=experiment.unimodal_heads)
