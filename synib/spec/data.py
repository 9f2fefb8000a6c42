"""Data sets: recipes with a seed."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import DataInfo, Fraction, Seed, Spec


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
    """s_m = ±1 fair, x_m = mu s_m u_m + N(0, I), y = [product of s_m > 0]; all information is synergy.

    u_m is a unit vector in ``dims`` dimensions, so dims changes neither the posterior nor the synergy.
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
    """Fair bits, y = their parity flipped with probability epsilon; synergy is 1 - h(epsilon) bits."""

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
        return DataInfo(shapes=shapes, classes=("0", "1"), counts=self.split.counts(self.examples))


Dataset = Annotated[PairedDigits | GaussianXor | NoisyXor, Field(discriminator="kind")]
