"""What an experiment says."""

from typing import Annotated, Literal

from pydantic import Field

from synib.report.base import Data, Estimate


class MetricRow(Data):
    """One method in the comparison: its value per seed, their mean, the difference to the first method."""

    method: str
    seeds: list[int]
    values: list[float]
    mean: Estimate
    """t interval over seeds."""
    middle: float | None = None
    """Interquartile mean over seeds, which one seed that failed does not move; none of fewer than four."""
    difference: Estimate | None
    """Mean paired difference to the first method with its t interval; none for the first method itself."""
    p: float | None
    """Exact sign-flip test of the paired differences, two-sided; not corrected for other methods."""


class MetricTable(Data):
    metric: Literal["accuracy", "macro_f1", "nll", "brier", "ece", "synergy", "confidence_gap"]
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
