"""What a run says of its model, and an analysis of the predictions it was given."""

from typing import Literal

from pydantic import Field

from synib.report.agreement import Agreement
from synib.report.base import Data, Estimate, Null
from synib.report.calibration import CalibrationReport
from synib.report.games import GamesReport
from synib.report.measure import Measure
from synib.report.provenance import Provenance
from synib.report.robustness import MissingReport, NoiseReport, RemovalReport
from synib.report.subset import SynergySubsets
from synib.report.tuning import TuningReport


class SubsetReport(Data):
    """How the model does when it sees only some modalities; the rest is donors', averaged over."""

    modalities: list[str]
    accuracy: Estimate
    confidence: float
    """Mean probability of the predicted class."""
    nll: float
    """Mean negative log-likelihood of the label, bits."""
    brier: float
    """Mean over examples of the sum over classes of (p - [class is the label])², 0 to 2."""
    ece: float
    """Expected calibration error of the top label, 15 bins of equal width."""
    information: Estimate
    """Mean of log2 q(y|x_S) / p(y), bits: a lower bound on I(x_S; y), below 0 where it misleads."""


class SourceReport(Data):
    """How the model does, seeing everything, on the test examples whose label is in one source."""

    examples: int
    accuracy: Estimate
    confidence: float
    """Mean probability of the predicted class."""
    nll: float
    """Mean negative log-likelihood of the label, bits."""


class Discordant(Data):
    """The reported examples on which just one of two predictions is right."""

    only_joint: int
    """Right seeing everything, wrong from the modality alone."""
    only_alone: int
    """The other way round."""
    p: float | None
    """McNemar's exact test, two-sided, that both are right equally often; none where examples come in groups
    and are not independent."""


class AloneReport(Data):
    """What one modality knows alone, by the best of its head, withholding the rest, and the base rate."""

    modality: str
    by: Literal["head", "withholding", "given", "base rate"]
    """Of a run: which had the lowest validation NLL, and so stands for the modality. Of an analysis: given.
    The base rate stands in for whoever says less than it."""
    accuracy: Estimate
    information: Estimate
    head_accuracy: Estimate
    """Of the dedicated unimodal head, chosen or not; of an analysis, of the given prediction."""
    discordant: Discordant | None = None
    """The modality alone against everything, example by example."""


class SynergyReport(Data):
    """What is only in the combination: joint information less that of the best single modality, bits."""

    estimate: Estimate
    """The most that any measure with non-negative atoms finds (MMI). The interval is over test examples,
    given the trained model; what another seed would train is the comparison's business."""
    at_least: float
    """max(0, I_joint - sum of I_m): every measure with non-negative atoms finds at least that much in the
    combination (with more than two modalities: in all combinations of two and more together)."""
    null: Null
    """Of the joint forecast against the forecast from at most one modality that is hardest to beat."""
    found: bool
    """Whether the interval is above 0 and p is below .05."""
    sentence: str
    """The finding in words; says «no synergy found» when that is so."""


class Calibration(Data):
    method: Literal["temperature", "none"]
    temperature: float
    """Divides the joint logits; 1 leaves them. Fitted on validation."""
    ece_before: float
    ece_after: float
    """Both on the test examples."""
    note: str | None = None
    """Why the temperature is not the validation optimum, where it is not."""


class Truth(Data):
    """For generated data whose posterior is known exactly."""

    synergy: float
    """Closed form, bits."""
    accuracy: float
    """Of the exact posterior on these test examples."""
    posterior_rmse: float
    """Root mean square of the model's probability less the exact one; of class 1 or, if more, of all."""


class Report(Data):
    """Aggregates over the test examples of one run, or over the reported rows of one table.

    Sections that are none were not asked for, cannot be had (``notes`` says why), or are younger than the
    report.
    """

    examples: int
    classes: list[str]
    modalities: list[str]
    subsets: list[str]
    """Order of the per-example arrays: names joined by +, the full set last."""
    groups: list[str]
    """Names of the groups that the per-example codes point into."""
    base_rate: list[float]
    """Class frequencies of the training examples; of a table without them, of the reported rows."""
    joint: SubsetReport
    by_subset: dict[str, SubsetReport]
    alone: list[AloneReport]
    redundant: float
    """Information that a second modality has too, bits: the second best I_m (MMI)."""
    unique: dict[str, float]
    """Information that only this modality has, bits; above 0 only for the best one (MMI)."""
    synergy: SynergyReport
    interaction: Estimate
    """Mean size of the label-free interaction, probability: 0 for an additive model, whatever the donors."""
    confidence_gap: Estimate
    """Joint confidence less the highest confidence of what stands for a single modality, probability."""
    macro_f1: Estimate | None = None
    """Seeing everything: the mean over classes of F1, the harmonic mean of precision and recall."""
    f1: dict[str, Estimate] | None = None
    """By class, of those that are there or are predicted."""
    group_counts: dict[str, int]
    calibration: Calibration
    truth: Truth | None = None
    """Only for generated data with an exact posterior."""
    by_source: dict[str, SourceReport] | None = None
    """Only for generated data that know where each label is to be read: synergy, unique_1, redundant, …"""
    tuning: TuningReport | None = None
    """Only where there were trials."""
    too_little: str | None = None
    """Why nothing can be said, where the data cannot support any finding. Synergy, interaction and confidence
    gap then are 0 with all that is possible as their interval, and no other number has an interval."""
    notes: list[str] = Field(default_factory=list)
    """What to know before believing the numbers, a sentence each."""
    measures: list[Measure] | None = None
    """The ladder of estimators, each with its method, interval, null and what it could have seen."""
    agreement: Agreement | None = None
    """Whether the estimators agree, and why not where they do not."""
    subset: SynergySubsets | None = None
    """The examples that need the combination, by every definition, each beside its controls."""
    calibration_by_subset: CalibrationReport | None = None
    """Of a run: of the calibrated forecasts. Of an analysis: of the forecasts as given, and what a
    temperature makes of them."""
    removal: RemovalReport | None = None
    """Whether confidence rises when a modality is taken away."""
    missing: MissingReport | None = None
    """Accuracy when modalities are missing at given rates."""
    noise: NoiseReport | None = None
    """Of a run: accuracy under noise and gaps within a modality."""
    games: GamesReport | None = None
    """Modalities as players: contributions, and the lattice of subsets with its falls. Its measures are in
    ``measures``."""
    provenance: Provenance
