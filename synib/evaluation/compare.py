"""What an experiment says: every method's metrics over seeds, and paired differences to the first method.

Free of torch, so that the service can ask too. Seeds are the replicates: intervals say what another seed
would do, and a difference pairs runs of the same seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from synib.evaluation.verdict import verdict
from synib.information.statistics import exact_sign_flip_p, t_interval
from synib.report import Comparison, Estimate, MetricRow, MetricTable, Report

Values = Mapping[int, float]  # by seed


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: with a report, or with the reason why there is none."""

    method: str
    seed: int
    report: Report | None
    reason: str | None = None


class Metric(NamedTuple):
    name: Literal["accuracy", "nll", "brier", "ece", "synergy", "confidence_gap"]
    unit: str
    better: Literal["higher", "lower", "neither"]
    of: Callable[[Report], float]


METRICS: Final = (
    Metric("accuracy", "share of test examples", "higher", lambda report: report.joint.accuracy.value),
    Metric("nll", "bits", "lower", lambda report: report.joint.nll),
    Metric("brier", "squared probability", "lower", lambda report: report.joint.brier),
    Metric("ece", "probability", "lower", lambda report: report.joint.ece),
    Metric("synergy", "bits", "neither", lambda report: report.synergy.estimate.value),
    Metric("confidence_gap", "probability", "neither", lambda report: report.confidence_gap.value),
)
"""More synergy is a finding, not a merit: a model that forgets its single modalities has more of it."""


def compare(reports: Sequence[RunOutcome], methods: Sequence[str]) -> Comparison:
    """Tables over seeds and the answer in words; the others are compared with the first method.

    Raises:
        ValueError: when two runs claim the same method and seed, or a run's method is none of ``methods``.
    """
    succeeded = _reports(reports, methods)
    excluded = [
        f"{run.method}, seed {run.seed}: {run.reason or 'no report'}" for run in reports if run.report is None
    ]
    tables = [_table(metric, succeeded) for metric in METRICS]
    sentence = verdict(tables, methods, len(excluded))
    return Comparison(baseline=methods[0], tables=tables, excluded=excluded, sentence=sentence)


def _reports(runs: Sequence[RunOutcome], methods: Sequence[str]) -> dict[str, dict[int, Report]]:
    """{method: {seed: report}} of the runs that succeeded, in the order of methods and seeds."""
    found: dict[str, dict[int, Report]] = {method: {} for method in methods}
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
            found[run.method][run.seed] = run.report
    return found


def _table(metric: Metric, succeeded: Mapping[str, Mapping[int, Report]]) -> MetricTable:
    """A row for every method with at least one report."""
    values = {
        method: {seed: metric.of(report) for seed, report in reports.items()}
        for method, reports in succeeded.items()
    }
    first, *_ = values
    return MetricTable(
        metric=metric.name,
        unit=metric.unit,
        better=metric.better,
        rows=[
            _row(method, by_seed, None if method == first else values[first])
            for method, by_seed in values.items()
            if by_seed
        ],
    )


def _row(method: str, values: Values, baseline: Values | None) -> MetricRow:
    """The difference is over the seeds that both have; none where they share no seed."""
    shared = [values[seed] - baseline[seed] for seed in values if seed in baseline] if baseline else []
    return MetricRow(
        method=method,
        seeds=list(values),
        values=list(values.values()),
        mean=mean_over_seeds(list(values.values())),
        difference=mean_over_seeds(shared) if shared else None,
        p=exact_sign_flip_p(shared) if shared else None,
    )


def mean_over_seeds(values: Sequence[float]) -> Estimate:
    """Mean with Student's 95 % interval; no interval from one seed."""
    low, high = t_interval(values) or (None, None)
    return Estimate(value=float(np.mean(values)), low=low, high=high)
