"""A batch, intact and with modalities withheld, encoded with as few passes as can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Generator, Tensor, cat, nn

from synib import spec
from synib.objectives import fills
from synib.objectives.attack import Branch, Traced
from synib.objectives.fills import Drawn, batch_moments
from synib.objectives.masks import Asked, masks
from synib.objectives.objective import Batch, Network
from synib.objectives.references import Seen

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Views:
    """What the fusion is shown: V views of B examples, the intact one first."""

    z: dict[str, Tensor]
    """Intact representations {modality: (B, …)}."""
    stacked: dict[str, Tensor]
    """{modality: (V · B, …)}, one batched pass for all views."""
    seen: Seen
    """Which modalities each view but the first leaves intact; V - 1 entries, mask draws outermost."""
    corrupted: Tensor
    """Share of coordinates withheld, mean over modalities and draws."""

    def fuse(self, network: Network, examples: int) -> Tensor:
        """Logits (V, B, K)."""
        logits = network.fuse(self.stacked)
        logits = logits.reshape(-1, examples, logits.shape[-1])
        return logits if len(logits) > 1 else logits.expand(2, -1, -1)  # nothing withheld: the intact again


class Masking(nn.Module):
    """Withholds modalities as a mask says.

    Args:
        mask: which coordinates go, and what stands in their place.
        withhold: one modality at a time, or all but one.
        shapes: of one example's token per modality, input or representation; only ``fill="token"`` needs
            them. Tokens are parameters of this module: give them to the optimiser.

    ``alone`` is to be false where many replicas are computed as one by ``torch.func.vmap``.
    """

    alone = True

    def __init__(
        self,
        mask: spec.Mask,
        withhold: Literal["one", "all_but_one"] = "one",
        shapes: Shapes | None = None,
    ) -> None:
        super().__init__()
        self.asked, self.withhold = mask, withhold
        self.mask = None if isinstance(mask, spec.NoMask) else masks[type(mask)](mask)
        self.search = mask.like if isinstance(mask, spec.MatchedMask) else mask  # has a fill of its own
        learns = "token" in {one.fill for one in (mask, self.search) if not isinstance(one, spec.NoMask)}
        if learns and not shapes:
            raise ValueError(
                "a token is learned, so its shape must be known: pass shapes={modality: shape of its token}"
            )
        self.tokens = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(shape)) for name, shape in (shapes or {}).items() if learns}
        )

    def draw(self, values: Batch, generator: Generator | None) -> list[dict[str, tuple[Drawn, Drawn]]]:
        """All of chance in a step: for each draw and modality, that of the mask and that of the fill."""
        if isinstance(self.asked, spec.NoMask):
            return []
        return [
            {name: self._draw(column, generator) for name, column in values.items()}
            for _ in range(self.asked.draws)
        ]

    def _draw(self, values: Tensor, generator: Generator | None) -> tuple[Drawn, Drawn]:
        assert self.mask is not None
        assert not isinstance(self.asked, spec.NoMask)
        shape, device = values.shape, values.device
        drawn = self.mask.draw(shape, generator, device)
        return drawn, fills.draw(self.asked.fill, shape, generator, device)

    def forward(
        self,
        network: Network,
        x: Batch,
        y: Tensor,
        generator: Generator | None = None,
        oracle: Batch | None = None,
    ) -> Views:
        """Intact and withheld views; without a mask the only other view is the intact one again."""
        if isinstance(self.asked, spec.NoMask):
            z = network.encode(x)
            nothing = torch.zeros((), device=y.device)
            return Views(z, z, [tuple(z)], nothing)
        if self.asked.on == "latent":
            z = network.encode(x)
            absent, corrupted = self.fill(network, z, y, generator, oracle)
        else:
            filled, corrupted = self.fill(network, x, y, generator, oracle)
            # One pass per encoder, for the intact and all that is withheld.
            both = network.encode({name: cat([x[name], *(one[name] for one in filled)]) for name in x})
            parts = {name: latent.chunk(1 + len(filled)) for name, latent in both.items()}
            z = {name: part[0] for name, part in parts.items()}
            absent = [{name: part[1 + draw] for name, part in parts.items()} for draw in range(len(filled))]
        stacked, seen = self._views(z, absent)
        return Views(z, stacked, seen, corrupted)

    def _views(self, z: Batch, absent: list[dict[str, Tensor]]) -> tuple[dict[str, Tensor], Seen]:
        """Every draw with every modality in turn withheld, or in turn the only one seen."""
        seen = [
            (name,) if self.withhold == "all_but_one" else tuple(other for other in z if other != name)
            for name in z
        ]
        stacked = {
            name: cat([latent, *(latent if name in kept else one[name] for one in absent for kept in seen)])
            for name, latent in z.items()
        }
        return stacked, seen * len(absent)

    def fill(
        self,
        network: Network,
        values: Batch,
        y: Tensor,
        generator: Generator | None,
        oracle: Batch | None = None,
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """``values`` with the masked coordinates of every modality replaced, once a draw, and their share."""
        assert self.mask is not None
        filled, shares = [], []
        for drawn in self.draw(values, generator):
            asked = [self._question(network, name, values[name], y, drawn[name], oracle) for name in values]
            one = {}
            for (name, intact), (instead, share) in zip(
                values.items(), self.mask.apply_each(asked), strict=True
            ):
                # NaN is what is not there: padding stays padding.
                one[name] = torch.where(intact.isnan(), intact, instead) if intact.ndim > 2 else instead
                shares.append(share)
            filled.append(one)
        return filled, torch.stack(shares).mean()

    def _question(
        self,
        network: Network,
        name: str,
        intact: Tensor,
        y: Tensor,
        drawn: tuple[Drawn, Drawn],
        oracle: Batch | None,
    ) -> Asked:
        assert not isinstance(self.asked, spec.NoMask)
        assert not isinstance(self.search, spec.NoMask)
        of_mask, of_fill = drawn
        known = network.moments.get(name) if self.asked.on == "input" else None
        moments, token = known or batch_moments(intact), self.tokens.get(name)
        return Asked(
            values=intact,
            stand_in=fills.stand_in(self.asked.fill, intact, moments, token, of_fill),
            y=y,
            drawn=of_mask,
            branch=lambda: self._branch(network, name),
            refill=partial(fills.stand_in, self.search.fill, intact, moments, token),
            oracle=oracle[name] if oracle else None,
            alone=self.alone,
        )

    def _branch(self, network: Network, name: str) -> Branch:
        assert not isinstance(self.asked, spec.NoMask)
        latent = self.asked.on == "latent"
        if chain := network.chain(name, latent):
            return chain

        def logits(values: Tensor) -> Tensor:
            z = {name: values} if latent else network.encode({name: values})
            if name not in (heads := network.heads(z)):
                raise ValueError("a learned mask attacks unimodal heads; the model has no method heads(z)")
            return heads[name]

        return Traced(logits)
