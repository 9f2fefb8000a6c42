"""What a model says of one new example."""

from typing import Literal

from synib.report.base import Data


class ScoredSubset(Data):
    """What the model says from one subset of modalities, the rest withheld."""

    predicted: str
    """Class."""
    confidence: float
    """Probability of the predicted class."""
    entropy: float
    """Bits."""
    probabilities: dict[str, float]
    """By class; calibrated as the run's report is."""
    information: float | None
    """log2 p(label) / base rate, bits; a single modality's by whatever stands for it alone. None without a
    label."""


class ScoredHead(Data):
    """What the dedicated classifier of one modality says."""

    predicted: str
    confidence: float


class OutOfProfile(Data):
    """An input that is farther from the training examples than any of the run's validation examples.

    What is said of such an example rests on nothing that was ever checked.
    """

    modality: str
    kind: Literal["outside", "distance"]
    """outside: one value is beyond its range in training. distance: all values together are far from their
    training means, as a root mean square."""
    by: float
    """How far, in spreads (standard deviations) of the training examples."""
    limit: float
    """The farthest among the validation examples, in the same unit."""
    detail: str
    """The same in words, with the value's place."""


class ScoredExample(Data):
    """One example. With a label, ``redundant + sum(unique) + synergy`` is the joint information."""

    example_id: str
    label: str | None
    predicted: str
    """By all modalities that are there."""
    confidence: float
    """Of that prediction."""
    withheld: list[str]
    """Modalities that the example lacks: they are withheld, as in the run's evaluation, and what needs them
    is not told."""
    subsets: dict[str, ScoredSubset]
    """Names of modalities joined by +; the full set last. Those with a modality that the example lacks are
    left out."""
    heads: dict[str, ScoredHead]
    interaction: float | None
    """Joint probability less the additive one for the predicted class; needs no label, but two modalities."""
    redundant: float | None
    """Bits that a second modality has too. This and the next two need a label and every modality."""
    unique: dict[str, float] | None
    """Bits that only this modality has."""
    synergy: float | None
    """Bits that only the combination has."""
    warnings: list[OutOfProfile]
