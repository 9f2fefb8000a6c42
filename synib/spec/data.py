"""Data sets: recipes with a seed."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import DataInfo, Fraction, Seed, Spec
from synib.spec.benchmarks import (
    CremaD,
    CremaDVotes,
    HatefulMemes,
    Irony,
    MosiFeatures,
    MultiBench,
    MustardText,
)
from synib.spec.digits import DigitsSeenHeard
from synib.spec.stored import Stored


class Split(Spec):
    """Shares of the examples. They sum to 1."""

    train: Fraction = 0.6
    """Share to learn from."""
    validation: Fraction = 0.15
    """Share to stop early, select and calibrate on."""
    test: Fraction = 0.25
    """Share that only the report sees; information is estimated on it, with an error like 1 over its root."""

    def counts(self, examples: int) -> dict[str, int]:
        """Examples per split; they add up to ``examples``."""
        train, validation = round(self.train * examples), round(self.validation * examples)
        return {"train": train, "validation": validation, "test": examples - train - validation}


class Watermark(Spec):
    """A spurious short-cut: four pixels of one image tell the label, but not in test."""

    modality: Literal["left", "right"] = "left"
    """Which image carries it."""
    beta: Fraction
    """Probability that the mark is the label's, else a random class's: 0 is no short-cut, 1 a perfect one."""


RAREST_DIGIT = 174
"""Images of the digit that scikit-learn has the fewest of, 8."""


class PairedDigits(Spec):
    """Pairs of scikit-learn's 1,797 handwritten digits, 8 × 8 grey levels; no image is in two splits."""

    kind: Literal["paired_digits"] = "paired_digits"
    label: Literal["parity_differs", "sum", "same", "left_only", "and", "same_digit_both"] = "parity_differs"
    """parity_differs and same: 1 bit of pure synergy. left_only: parity of the left digit, unique.
    same_digit_both: parity of the digit that both show, redundant. and: both odd. sum: 19 classes."""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 6000
    """Pairs over all splits."""
    seed: Seed = 0
    """Seed of the images' split and of the pairing."""
    watermark: Watermark | None = None
    """A short-cut that fails at test time, or none."""
    split: Split = Split()
    """Shares of images and pairs."""

    def info(self) -> DataInfo:
        names = {
            "parity_differs": ("same parity", "parity differs"),
            "sum": tuple(str(total) for total in range(19)),
            "same": ("different", "same"),
            "left_only": ("even", "odd"),
            "and": ("not both odd", "both odd"),
            "same_digit_both": ("even", "odd"),
        }
        return DataInfo(
            shapes={"left": (1, 8, 8), "right": (1, 8, 8)},
            classes=names[self.label],
            counts=self.split.counts(self.examples),
        )


class GaussianXor(Spec):
    """Parity of k signs, one a modality: s_m = ±1 fair, x_m = mu s_m u_m + N(0, I), y = [product of s_m > 0].

    All information is synergy of all k: fewer modalities know nothing. u_m is a random unit vector in
    ``dims`` dimensions, so dims changes neither the posterior nor the synergy, only how hard the signs are to
    find.
    """

    kind: Literal["gaussian_xor"] = "gaussian_xor"
    mu: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Distance of a sign's centre from the origin, in standard deviations of the noise."""
    dims: Annotated[int, Field(ge=1, le=4096)] = 4
    """Dimensions of each modality."""
    modalities: Annotated[int, Field(ge=2, le=5)] = 2
    """How many signs are multiplied; the modalities are x1, x2, …"""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 10_000
    """Examples over all splits."""
    seed: Seed = 0
    """Seed of the draw."""
    split: Split = Split()
    """Shares of the examples."""

    def info(self) -> DataInfo:
        shapes = {f"x{m + 1}": (self.dims,) for m in range(self.modalities)}
        return DataInfo(shapes=shapes, classes=("0", "1"), counts=self.split.counts(self.examples))


class NoisyXor(Spec):
    """Parity of k fair bits, flipped with probability epsilon; 1 - h(epsilon) bits, all synergy of all k."""

    kind: Literal["noisy_xor"] = "noisy_xor"
    epsilon: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Probability that the label is flipped."""
    modalities: Annotated[int, Field(ge=2, le=5)] = 2
    """How many bits; the modalities are x1, x2, … with values -1 and 1."""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 10_000
    """Examples over all splits."""
    seed: Seed = 0
    """Seed of the draw."""
    split: Split = Split()
    """Shares of the examples."""

    def info(self) -> DataInfo:
        shapes = {f"x{m + 1}": (1,) for m in range(self.modalities)}
        return DataInfo(
            shapes=shapes, classes=("0", "1"), counts=self.split.counts(self.examples), oracle=True
        )


class PairwiseXor(Spec):
    """Three modalities, of which every pair knows a bit of its own and no single one anything.

    Modality m has two fair signs, one for each pair that it is in, on two orthogonal random axes:
    x_m = mu (s_m u_m + t_m v_m) + N(0, I). The label is the three parities, of (x1, x2), (x1, x3) and
    (x2, x3), in this order. The exact posterior is their product, so nothing needs all three modalities; but
    without any one of them a third of the information is left, and it is genuine.
    """

    kind: Literal["pairwise_xor"] = "pairwise_xor"
    mu: Annotated[float, Field(gt=0, le=10)] = 2.0
    """Distance of a sign's centre from the origin, in standard deviations of the noise."""
    dims: Annotated[int, Field(ge=2, le=4096)] = 4
    """Dimensions of each modality."""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 10_000
    """Examples over all splits."""
    seed: Seed = 0
    """Seed of the draw."""
    split: Split = Split()
    """Shares of the examples."""

    def info(self) -> DataInfo:
        return DataInfo(
            shapes={f"x{m}": (self.dims,) for m in (1, 2, 3)},
            classes=tuple(f"{parities:03b}" for parities in range(8)),
            counts=self.split.counts(self.examples),
        )


Count = Annotated[int, Field(ge=1, le=1_000_000)]


class SpuriousXor(Spec):
    """Exclusive or of two loud bits beside a short-cut that is there in training and gone at test.

    Kontras et al. 2026. 64 coordinates a modality: coordinates 0 to 3 of both say a bit each, 2.2 (2b - 1) +
    .55 N(0, 1), and y = b1 xor b2. Coordinates 4 to 9 of x1 are 1.3 s with s = beta (2y - 1) +
    sqrt(max(0, 1 - beta²)) N(0, 1) in training and validation, and 1.3 N(0, 1) at test. The rest is N(0, 1).
    """

    kind: Literal["spurious_xor"] = "spurious_xor"
    beta: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Strength of the short-cut: 0 is none, from 1 on it tells the label without noise."""
    train: Count = 300
    """Training examples."""
    validation: Count = 120
    """Validation examples; the short-cut works there too."""
    test: Count = 30_000
    """Test examples, without the short-cut."""
    seed: Seed = 0
    """Seed of the draw; every split has its own stream."""

    def info(self) -> DataInfo:
        return DataInfo(
            shapes={"x1": (64,), "x2": (64,)},
            classes=("0", "1"),
            counts={"train": self.train, "validation": self.validation, "test": self.test},
            oracle=True,
        )


class Mixture(Spec):
    """Probability that an example's label is to be read in x1 only, x2 only, either, or both at once."""

    unique_1: Fraction = 0.45
    """In x1 only."""
    unique_2: Fraction = 0.0
    """In x2 only."""
    redundant: Fraction = 0.45
    """In either."""
    synergy: Fraction = 0.1
    """In the exclusive or of both only. The four sum to 1."""


class Rotated(Spec):
    """Mix each modality of pid_xor by a fixed random rotation: no coordinate belongs to one block."""

    kind: Literal["rotated"] = "rotated"
    seed: Seed = 0
    """Seed of the rotations, which all splits and all seeds of the data share."""


class RotatedPartial(Spec):
    """Mix each modality of pid_xor by rotations within two random pairs of its four blocks."""

    kind: Literal["rotated_partial"] = "rotated_partial"
    seed: Seed = 0
    """Seed of the pairs and rotations, which all splits and all seeds of the data share."""


class RotatedTanh(Spec):
    """Mix each modality of pid_xor by tanh(scale Q x), Q the fixed random rotation of ``rotated``."""

    kind: Literal["tanh"] = "tanh"
    scale: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Published: 1, 2 and 4."""
    seed: Seed = 0
    """Seed of the rotations, which all splits and all seeds of the data share."""


class MlpMixer(Spec):
    """Mix each modality of pid_xor by a fixed random network, x ← W2 tanh(W1 x), 64 units wide.

    W1 is scaled so that what goes into tanh spreads by 2.5 over the training examples of the data's seed 0.
    """

    kind: Literal["mlp"] = "mlp"
    seed: Seed = 0
    """Seed of the weights, which all splits and all seeds of the data share."""


Mixing = Annotated[Rotated | RotatedPartial | RotatedTanh | MlpMixer, Field(discriminator="kind")]


class PidXor(Spec):
    """Every example's label is in one of four sources, drawn by a mixture: the task whose atoms are known.

    Kontras et al. 2026. 32 coordinates a modality, in blocks: 0 to 5 unique, 6 to 11 redundant, 12 to 17
    synergy, 18 to 31 noise; all are N(0, 1) but for the active block, which is its rows of P z, with
    z = 3 |N(0, I)| times a sign, in 4 dimensions, and P a fixed 32 × 4 matrix. The sign is the label's; for
    synergy, that of a bit a modality whose exclusive or is the label.

    Values are raw. The published models saw them at mean 0 and spread 1; here a model does that itself, by
    the moments of the training examples.
    """

    kind: Literal["pid_xor"] = "pid_xor"
    mixture: Mixture = Mixture()
    """Where labels are to be read; the default is that of the published dynamics."""
    mixing: Mixing | None = None
    """What hides the blocks from a mask, or nothing."""
    train: Count = 1800
    """Training examples."""
    validation: Count = 200
    """Validation examples."""
    test: Count = 4000
    """Test examples."""
    seed: Seed = 0
    """Seed of the draw; every split has its own stream."""

    def info(self) -> DataInfo:
        return DataInfo(
            shapes={"x1": (32,), "x2": (32,)},
            classes=("0", "1"),
            counts={"train": self.train, "validation": self.validation, "test": self.test},
            oracle=self.mixing is None and self.mixture.synergy > 0,
        )


Dataset = Annotated[
    PairedDigits
    | DigitsSeenHeard
    | GaussianXor
    | NoisyXor
    | PairwiseXor
    | SpuriousXor
    | PidXor
    | MultiBench
    | HatefulMemes
    | MosiFeatures
    | MustardText
    | CremaD
    | CremaDVotes
    | Irony
    | Stored,
    Field(discriminator="kind"),
]
