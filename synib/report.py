"""What a run says and what an experiment says: the numbers, each with its interval, null and control.

Plain data, free of torch; the library fills it, the service stores and serves it. Information is in bits.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from synib.spec.search import Range


class Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Estimate(Data):
    """A mean over examples or seeds with its 95 % interval, or none where there are fewer than 3 seeds."""

    value: float
    low: float | None
    high: float | None


class Null(Data):
    """What the statistic does when there is nothing to find."""

    mean: float
    """Mean under the null."""
    q95: float
    """95 % quantile under the null."""
    p: float
    """Share of null draws at least as large as the value, the value itself counted: never 0."""
    draws: int
    method: str
    """How the null was made, in words."""


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


class AloneReport(Data):
    """What one modality knows alone, by the best of its head, withholding the rest, and the base rate."""

    modality: str
    by: Literal["head", "withholding", "base rate"]
    """Which of the three had the lowest validation NLL, and so stands for the modality."""
    accuracy: Estimate
    information: Estimate
    head_accuracy: Estimate
    """Of the dedicated unimodal head, chosen or not."""


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


class Trial(Data):
    """One setting of a method, trained like any other; all numbers are of validation, none of test."""

    settings: dict[str, float]
    """The numbers tried, by where they are in the method."""
    nll: float | None
    """Bits, of the weights that were kept; none if it failed."""
    accuracy: float | None
    """Of the same weights."""
    epochs: int
    """Epochs trained."""
    failed: str | None = None
    """Why it came to nothing: what diverged."""
    chosen: bool = False


class TuningReport(Data):
    """How this run's settings were found: every trial, in the order in which they were made."""

    metric: Literal["nll", "accuracy"]
    """Of validation, by which one was chosen."""
    sampler: Literal["random", "tpe"]
    space: dict[str, Range]
    """What was searched for this method."""
    trials: list[Trial]
    """The first is the method as written."""
    method: dict[str, JsonValue]
    """The chosen method in full. Without tuning and with the same seed it trains to the same weights."""


class Provenance(Data):
    """What the numbers can be made again from."""

    version: str
    data_sha256: str
    spec_sha256: str
    method: str
    seed: int
    torch: str
    python: str
    epochs: int
    """Epochs trained."""
    best_epoch: int
    """Whose weights were kept, by validation NLL."""


class Report(Data):
    """Aggregates over the test examples of one run."""

    examples: int
    classes: list[str]
    modalities: list[str]
    subsets: list[str]
    """Order of the per-example arrays: names joined by +, the full set last."""
    groups: list[str]
    """Names of the groups that the per-example codes point into."""
    base_rate: list[float]
    """Class frequencies of the training examples."""
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
    group_counts: dict[str, int]
    calibration: Calibration
    truth: "Truth | None" = None
    """Only for generated data with an exact posterior."""
    by_source: dict[str, SourceReport] | None = None
    """Only for generated data that know where each label is to be read: synergy, unique_1, redundant, …"""
    tuning: TuningReport | None = None
    """Only where there were trials."""
    provenance: Provenance


class Truth(Data):
    """For generated data whose posterior is known exactly."""

    synergy: float
    """Closed form, bits."""
    accuracy: float
    """Of the exact posterior on these test examples."""
    posterior_rmse: float
    """Root mean square of the model's probability less the exact one; of class 1 or, if more, of all."""


class MetricRow(Data):
    """One method in the comparison: its value per seed, their mean, the difference to the first method."""

    method: str
    seeds: list[int]
    values: list[float]
    mean: Estimate
    """t interval over seeds."""
    difference: Estimate | None
    """Mean paired difference to the first method with its t interval; none for the first method itself."""
    p: float | None
    """Exact sign-flip test of the paired differences, two-sided; not corrected for other methods."""


class MetricTable(Data):
    metric: Literal["accuracy", "nll", "brier", "ece", "synergy", "confidence_gap"]
    unit: str
    better: Literal["higher", "lower", "neither"]
    rows: list[MetricRow]


class PairedTest(Data):
    """One method against another on one metric, seed by seed; its family is what p is corrected for."""

    question: Literal["helps", "explains", "ranks"]
    """helps: every method against the baseline. explains: every SynIB against every control. ranks: every
    SynIB against every rival. The tests of one question on one metric are a family."""
    metric: Literal["accuracy", "nll", "brier"]
    method: str
    against: str
    seeds: int
    """That both methods have."""
    difference: Estimate
    """``method`` less ``against``, with its t interval over seeds."""
    crossed: Estimate | None
    """The same with an interval over seeds and test examples: what another seed on another draw of test
    examples would do. Accuracy only; none where nobody told who is right on which example."""
    p: float
    """Exact sign-flip test, two-sided."""
    p_holm: float
    """p, corrected for the family."""
    margin: float
    """Differences smaller than this do not matter (``evaluation.margins``)."""
    p_equivalent: float | None
    """Two one-sided t tests (TOST) of a difference within ± margin, corrected for the family by Holm."""
    p_no_better: float | None
    """One-sided t test of an advantage below the margin, corrected for the family by Holm."""
    detectable: float | None
    """The smallest difference that so many seeds find in 8 of 10 experiments, at this spread and this family;
    none where no difference could be found."""
    seeds_needed: int | None
    """Where it is undecided: how many seeds would find a difference as large as this one or the margin."""
    finding: Literal["better", "worse", "equivalent", "no_better", "undecided"]
    """equivalent: within the margin, even where it is surely not 0. no_better: below the margin, how far is
    open."""


class Where(Data):
    """A difference in accuracy on some of the test examples, the same examples for both."""

    method: str
    against: str
    group: str
    """together: no single modality is right, by their own heads, in most of all runs. alone: the others.
    Or the source of the label, for generated data that know it."""
    examples: int
    """Where every seed has data of its own: on average."""
    accuracy: float
    """Of ``method``, mean over seeds."""
    difference: Estimate
    """``method`` less ``against``, with its t interval over seeds."""


Code = Literal[
    "penalty", "explained", "open", "unattributed", "undecided", "no_gain", "harm", "nothing_to_attribute"
]


class MethodVerdict(Data):
    """What the tests say of one SynIB; the rule is `synib.evaluation.attribution.decide`."""

    method: str
    code: Code
    """penalty: better than the baseline and than every control, all tuned alike. explained: better than the
    baseline, but some control does as well. open: better than the baseline, whether than the controls is
    undecided. unattributed: better, but a control is missing. no_gain: no better than the baseline, or by
    less than matters. harm: worse than the baseline."""
    explained_by: list[str]
    """What does as well: «confidence penalty», «masking as augmentation», …"""
    missing: list[str]
    """What to add to the experiment before the gain can be attributed, as lines of YAML."""


class Attribution(Data):
    """Does SynIB help, on which examples, at what cost, and what explains it."""

    code: Code
    """Of the SynIB that does best by the order above."""
    paragraph: str
    """The answer in plain words; begins with the comparison's sentence."""
    preliminary: bool
    """Fewer than 10 seeds: a first look."""
    winners: list[str]
    """Methods that beat the baseline in accuracy by what may matter. With no difference at all between
    methods, this list is empty in at least 95 % of experiments."""
    verdicts: list[MethodVerdict]
    """One for every SynIB."""
    tests: list[PairedTest]
    where: list[Where]
    slowdown: dict[str, float]
    """Median over seeds of a run's time relative to the baseline's; only runs that were never interrupted."""


class Comparison(Data):
    """What an experiment says."""

    baseline: str
    """The first method; the others are compared with it, seed by seed."""
    tables: list[MetricTable]
    attribution: Attribution
    excluded: Annotated[list[str], Field(default_factory=list)]
    """Runs that did not succeed, each with why; their seeds are left out of the paired differences."""
    sentence: str
    """The answer in one sentence; refuses «significant» where the seeds cannot support it."""
