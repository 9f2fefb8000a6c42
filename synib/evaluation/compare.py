"""What an experiment says: every method's metrics over seeds, paired differences, and what explains them.

Free of torch, so that the service can ask too. Seeds are the replicates: intervals say what another seed
would do, and a difference pairs runs of the same seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib.evaluation.attribution import ENOUGH, run_tests, scales_of, verdicts, winners
from synib.evaluation.cast import Cast
from synib.evaluation.pairs import Values, mean_over_seeds
from synib.evaluation.verdict import Findings, headline, paragraph
from synib.evaluation.where import Examples, by_source, right
from synib.information.statistics import exact_sign_flip_p, interquartile_mean
from synib.report import Attribution, Comparison, Estimate, MetricRow, MetricTable, Report, Where
from synib.spec import Experiment

QUARTERS: Final = 4
"""Seeds below which there is no middle half."""


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: with a report, or with the reason why there is none."""

    method: str
    seed: int
    report: Report | None
    reason: str | None = None
    groups: NDArray[np.int16] | None = None
    """(N,) of the test examples, in their order: index into the report's groups (`ExampleTable.group`).
    Without them nothing is said of which examples a difference is on."""
    seconds: float | None = None
    """From its start to its end, where nothing interrupted it."""


class Metric(NamedTuple):
    name: Literal["accuracy", "macro_f1", "nll", "brier", "ece", "synergy", "confidence_gap"]
    unit: str
    better: Literal["higher", "lower", "neither"]
    of: Callable[[Report], float | None]
    """None where the report is older than the metric."""
    least: float = -np.inf
    most: float = np.inf
    """No mean can be beyond these, so no interval is."""


def _macro_f1(report: Report) -> float | None:
    return None if report.macro_f1 is None else report.macro_f1.value


METRICS: Final = (
    Metric("accuracy", "share of test examples", "higher", lambda report: report.joint.accuracy.value, 0, 1),
    Metric("macro_f1", "mean over classes", "higher", _macro_f1, 0, 1),
    Metric("nll", "bits", "lower", lambda report: report.joint.nll, 0),
    Metric("brier", "squared probability", "lower", lambda report: report.joint.brier, 0, 2),
    Metric("ece", "probability", "lower", lambda report: report.joint.ece, 0, 1),
    Metric("synergy", "bits", "neither", lambda report: report.synergy.estimate.value),
    Metric("confidence_gap", "probability", "neither", lambda report: report.confidence_gap.value, -1, 1),
)
"""More synergy is a finding, not a merit: a model that forgets its single modalities has more of it."""


def compare(runs: Sequence[RunOutcome], experiment: Experiment) -> Comparison:
    """Tables over seeds, where the others are compared with the first method, and the attribution.

    Raises:
        ValueError: when two runs claim the same method and seed, or a run's method is none of the
            experiment's, or runs tell of different numbers of examples.
    """
    methods = experiment.method_names()
    succeeded = _succeeded(runs, methods)
    excluded = [
        f"{run.method}, seed {run.seed}: {run.reason or 'no report'}" for run in runs if run.report is None
    ]
    tables = [_table(metric, _values(metric, succeeded)) for metric in METRICS]
    attribution, sentence = _attribution(experiment, succeeded, tables, len(excluded))
    return Comparison(
        baseline=methods[0], tables=tables, attribution=attribution, excluded=excluded, sentence=sentence
    )


Succeeded = Mapping[str, Mapping[int, tuple[RunOutcome, Report]]]  # by method and seed


def _succeeded(runs: Sequence[RunOutcome], methods: Sequence[str]) -> Succeeded:
    """The runs that succeeded with their reports, in the order of methods and seeds."""
    found: dict[str, dict[int, tuple[RunOutcome, Report]]] = {method: {} for method in methods}
    claimed = set[tuple[str, int]]()
    for run in sorted(runs, key=lambda run: run.seed):
        if run.method not in found:
            raise ValueError(f"a run has method {run.method!r}, which is none of {', '.join(methods)}")
        if (run.method, run.seed) in claimed:
            raise ValueError(
                f"method {run.method!r} has two runs with seed {run.seed}; pass the one that counts"
            )
        claimed.add((run.method, run.seed))
        if run.report is not None:
            found[run.method][run.seed] = (run, run.report)
    return found


def _attribution(
    experiment: Experiment, succeeded: Succeeded, tables: Sequence[MetricTable], excluded: int
) -> tuple[Attribution, str]:
    cast, examples = Cast.of(experiment), _examples(succeeded, experiment.replication.redraw)
    scales = scales_of(experiment.evaluation.margins)
    values = {metric.name: _values(metric, succeeded) for metric in METRICS}
    tests = run_tests(cast, {scale: values[scale.metric] for scale in scales}, examples)
    found = Findings(
        cast=cast,
        tables=tables,
        tests=tests,
        verdicts=verdicts(cast, tests),
        where=_where(cast, examples, succeeded),
        slowdown=_slowdown(succeeded, cast.baseline),
        excluded=excluded,
        redrawn=experiment.replication.redraw,
    )
    sentence = headline(found)
    return Attribution(
        code=found.verdicts[0].code if found.verdicts else "nothing_to_attribute",
        paragraph=paragraph(found),
        preliminary=min((test.seeds for test in tests), default=0) < ENOUGH,
        winners=winners(tests),
        verdicts=list(found.verdicts),
        tests=tests,
        where=list(found.where),
        slowdown=dict(found.slowdown),
    ), sentence


def _examples(succeeded: Succeeded, redrawn: bool) -> Examples:
    told = {
        method: {
            seed: right(report.groups, run.groups)
            for seed, (run, report) in by_seed.items()
            if run.groups is not None
        }
        for method, by_seed in succeeded.items()
    }
    sizes = {len(run.joint) for by_seed in told.values() for run in by_seed.values()}
    if len(sizes) > 1:
        raise ValueError(f"runs tell of {' and '.join(map(str, sorted(sizes)))} test examples; pass the same")
    return Examples(told, redrawn)


def _where(cast: Cast, examples: Examples, succeeded: Succeeded) -> list[Where]:
    """Every SynIB against the baseline."""
    sources = {
        method: {seed: report.by_source for seed, (_, report) in by_seed.items() if report.by_source}
        for method, by_seed in succeeded.items()
    }
    pairs = [(name, cast.baseline) for name in cast.synibs if cast.baseline]
    return [row for pair in pairs for row in (*examples.where(*pair), *by_source(sources, *pair))]


def _slowdown(succeeded: Succeeded, baseline: str | None) -> dict[str, float]:
    """Median over shared seeds of the ratio to the baseline's time."""
    seconds = {
        method: {seed: run.seconds for seed, (run, _) in by_seed.items() if run.seconds}
        for method, by_seed in succeeded.items()
    }
    base = seconds.get(baseline or "", {})
    ratios = {
        method: [taken / base[seed] for seed, taken in by_seed.items() if seed in base]
        for method, by_seed in seconds.items()
        if method != baseline
    }
    return {method: float(np.median(some)) for method, some in ratios.items() if some}


def _values(metric: Metric, succeeded: Succeeded) -> dict[str, Values]:
    return {
        method: {
            seed: value for seed, (_, report) in by_seed.items() if (value := metric.of(report)) is not None
        }
        for method, by_seed in succeeded.items()
    }


def _table(metric: Metric, values: Mapping[str, Values]) -> MetricTable:
    """A row for every method with at least one report."""
    first, *_ = values
    return MetricTable(
        metric=metric.name,
        unit=metric.unit,
        better=metric.better,
        rows=[
            _row(metric, method, by_seed, None if method == first else values[first])
            for method, by_seed in values.items()
            if by_seed
        ],
    )


def _row(metric: Metric, method: str, values: Values, baseline: Values | None) -> MetricRow:
    """The difference is over the seeds that both have; none where they share no seed."""
    shared = [values[seed] - baseline[seed] for seed in values if seed in baseline] if baseline else []
    return MetricRow(
        method=method,
        seeds=list(values),
        values=list(values.values()),
        mean=_within(metric, mean_over_seeds(list(values.values()))),
        middle=interquartile_mean(list(values.values())) if len(values) >= QUARTERS else None,
        difference=mean_over_seeds(shared) if shared else None,
        p=exact_sign_flip_p(shared) if shared else None,
    )


def _within(metric: Metric, mean: Estimate) -> Estimate:
    """What the metric cannot reach is not in the interval either."""
    if mean.low is None or mean.high is None:
        return mean
    return Estimate(value=mean.value, low=max(mean.low, metric.least), high=min(mean.high, metric.most))
