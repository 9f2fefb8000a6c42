"""Small random changes of training examples that leave their class alone."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import Fraction, Spec

Many = Annotated[int, Field(ge=0, le=16)]


class SpecAugment(Spec):
    """Bands of frames and of frequencies are replaced by the training mean (Park et al. 2019), each as wide
    as a uniform draw from 0 to the widest. For spectrograms and series."""

    kind: Literal["spec_augment"] = "spec_augment"
    frames: Annotated[int, Field(ge=0, le=10_000)] = 20
    """Width of the widest band of frames (steps)."""
    frequencies: Annotated[int, Field(ge=0, le=10_000)] = 8
    """Width of the widest band of frequencies (values of a step)."""
    frame_bands: Many = 1
    """Bands of frames."""
    frequency_bands: Many = 1
    """Bands of frequencies."""


class Crop(Spec):
    """An image is moved by up to ``pixels`` up or down and left or right; its edge is repeated."""

    kind: Literal["crop"] = "crop"
    pixels: Annotated[int, Field(ge=1, le=512)] = 4
    """At most, in each direction."""


class Flip(Spec):
    """An image is mirrored, left to right."""

    kind: Literal["flip"] = "flip"
    rate: Fraction = 0.5
    """Probability."""


class Noise(Spec):
    """Normal noise is added."""

    kind: Literal["noise"] = "noise"
    std: Annotated[float, Field(gt=0, le=100)] = 0.1
    """Standard deviation, in spreads of the training examples."""


class Shift(Spec):
    """A spectrogram or series is moved in time by up to ``steps`` either way; what is then empty is not
    there."""

    kind: Literal["shift"] = "shift"
    steps: Annotated[int, Field(ge=1, le=100_000)] = 10
    """Frames or steps, at most."""


class TokenDropout(Spec):
    """Each token of a text but the first is left out with one probability."""

    kind: Literal["token_dropout"] = "token_dropout"
    rate: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Probability."""


Augmentation = Annotated[
    SpecAugment | Crop | Flip | Noise | Shift | TokenDropout, Field(discriminator="kind")
]
