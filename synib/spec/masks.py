"""What is withheld in training, and what stands in its place."""

import math
from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import Fraction, Spec

Fill = Literal["mean", "token", "noise", "shuffle", "zero"]


class Withheld(Spec):
    """What stands in the place of what is withheld, and where."""

    fill: Fill = "mean"
    """mean: the training mean. token: a learned value. noise: a normal draw of the mean and spread.
    shuffle: another example's values; turns the penalty into a confidence penalty where modalities are
    independent, and so ruins the confidences. zero: raw zeros."""
    on: Literal["input", "latent"] = "input"
    """Whether raw inputs or representations are filled."""
    draws: Annotated[int, Field(ge=1, le=64)] = 1
    """Independent draws of mask and fill a step; the penalty is their mean."""


class NoMask(Spec):
    """Withhold nothing: the penalty becomes a confidence penalty on intact inputs. A control."""

    kind: Literal["none"] = "none"


class FullMask(Withheld):
    """Withhold every coordinate of the modality."""

    kind: Literal["full"] = "full"


class RandomMask(Withheld):
    """Withhold each coordinate independently with one probability."""

    kind: Literal["random"] = "random"
    rate: Fraction = 0.5
    """Probability that a coordinate is withheld: 0 withholds nothing, 1 everything."""


class LearnedMask(Withheld):
    """Find, per example and batch, the coordinates that the modality's own head relies on.

    Gates, one a coordinate, are learned against the frozen encoder and head: the head's error is maximised
    and the share of closed gates paid for. The error is that on the label, so the mask tells of the label
    (docs/theory.md); it is never used in evaluation.
    """

    kind: Literal["learned"] = "learned"
    polarity: Literal["keep", "destroy"] = "keep"
    """keep: the found coordinates stay and everything else is withheld (the paper's text). destroy: the
    found coordinates are withheld (the paper's benchmark code)."""
    hard: bool = True
    """Whether a gate is open or closed, by 1/2, or stays soft and mixes intact and fill."""
    solver: Literal["adam", "path"] = "adam"
    """adam: as published. path: integrated gradients, 1 to 4 steps will do; the cheap one. It closes what is
    worth its price, and ``lr``, ``schedule`` and ``init`` mean nothing to it."""
    steps: Annotated[int, Field(ge=1, le=1000)] = 20
    """Gradients a batch and modality."""
    lr: Annotated[float, Field(gt=0, le=100)] = 0.1
    """Step size on the gates' logits; no gate can move further than the sum of the step sizes."""
    schedule: Literal["constant", "cosine"] = "constant"
    """cosine: the step size falls to a tenth."""
    init: Annotated[float, Field(ge=-20, le=20)] = 1.0
    """The gates' first logit: 1 is 73 % open."""
    sparsity: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Price of closing all gates, in nats of the head's error."""

    def rates(self) -> list[float]:
        """The size of each of the solver's steps."""
        if self.schedule == "constant":
            return [self.lr] * self.steps
        return [self.lr * (0.55 + 0.45 * math.cos(math.pi * step / self.steps)) for step in range(self.steps)]

    def reach(self) -> tuple[float, float]:
        """About the lowest and highest value that a gate can take: Adam moves a logit by its step size where
        gradients keep sign and size, by less where they do not. 20 steps of 0.1 from 1 stay in [.27, .95]."""
        way = sum(self.rates())
        return 1 / (1 + math.exp(way - self.init)), 1 / (1 + math.exp(-way - self.init))


class MatchedMask(Withheld):
    """As many coordinates of each example as the learned mask would withhold, but any. Its control."""

    kind: Literal["matched"] = "matched"
    like: LearnedMask = LearnedMask()
    """Whose number of coordinates; its fill serves its own search only."""


class DiffusionMask(Withheld):
    """Mix with normal noise, x ← sqrt(a) x + sqrt(1 - a) e, as a diffusion does after time ``level``."""

    kind: Literal["diffusion"] = "diffusion"
    fill: Literal["noise"] = "noise"
    """A diffusion's noise is normal."""
    rate: Fraction = 1.0
    """Probability that a coordinate is mixed."""
    level: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Time of the cosine schedule; at 1 nothing of the input is left."""


class OracleMask(Withheld):
    """Withhold exactly the coordinates that carry the synergy. Generated data that know them only."""

    kind: Literal["oracle"] = "oracle"


Mask = Annotated[
    NoMask | FullMask | RandomMask | LearnedMask | MatchedMask | DiffusionMask | OracleMask,
    Field(discriminator="kind"),
]
