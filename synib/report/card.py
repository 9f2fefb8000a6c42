"""What a model's folder says of the model: how to ask it about new examples, and what it is worth."""

from typing import Any, Literal

from synib.report.base import Data, Estimate
from synib.report.provenance import Provenance


class Standing(Data):
    """Who stands for one modality alone, as the run's validation examples chose."""

    modality: str
    by: Literal["head", "withholding", "base rate"]


class ProfileLimits(Data):
    """How far from the training examples the run's validation examples lie, at most.

    A new example from the same source lies farther by either measure with probability 1 / (examples + 1).
    """

    examples: int
    """Validation examples that have the modality."""
    outside: float
    """How far a value of theirs lies beyond the range that it has in training, in its spreads there."""
    distance: float
    """Root mean square distance of their values from the training mean, in spreads."""


class Worth(Data):
    """What the run's report says of the model, over the run's test examples."""

    examples: int
    accuracy: Estimate
    ece: float
    """Expected calibration error of the joint prediction, calibrated."""
    synergy: Estimate
    """Bits."""
    found: bool
    """Whether synergy was found: its interval is above 0 and p is below .05."""
    sentence: str


class Card(Data):
    """A model as a run has left it."""

    version: Literal["card/1"] = "card/1"
    experiment: dict[str, Any]
    """As `synib.spec.Experiment`, every default and every encoder written out."""
    method: str
    """What it was trained by, as the experiment names it."""
    seed: int
    predict: Literal["fusion", "heads", "product"]
    """What the logits are: the fusion's, the sum of the unimodal heads', or both as a product of experts."""
    shapes: dict[str, list[int]]
    """Of what the network takes of each modality, in the model's order."""
    classes: list[str]
    base_rate: list[float]
    """Class frequencies of the training examples."""
    donors: int
    """Training examples that stand for what is withheld: the same ones for every example."""
    temperature: float
    """Divides the joint logits, whatever is withheld."""
    head_temperatures: dict[str, float]
    alone: list[Standing]
    """One for each modality; the one that tells most alone comes first, by validation."""
    profile: dict[str, ProfileLimits]
    worth: Worth
    provenance: Provenance
