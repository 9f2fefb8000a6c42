"""Pairs of methods tested seed by seed, in families: better, worse, the same, or too little to tell.

A family is all tests of one question on one metric; its three kinds of p values are corrected together by
Holm's method, so that 95 of 100 families contain no false claim of their kind. The exact test of «no
difference» assumes that with equal methods a seed's difference is as likely as its negative: true where
methods are exchangeable, whatever the distribution. It is not where one method fails rarely but badly and the
other never does: ten seeds may not see a failure, and no test on ten seeds could. Equivalence and «no better»
are t tests, nearly exact for means over test examples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from synib.information.statistics import (
    Floats,
    detectable,
    equivalence_p,
    exact_sign_flip_p,
    holm,
    less_than_p,
    replicates_needed,
    smallest_p,
    t_interval,
)
from synib.report import Estimate, PairedTest

ALPHA: Final = 0.05
FEWEST: Final = 3
"""Seeds for an interval: Student's of two is 13 standard errors wide and says nothing."""

Values = Mapping[int, float]  # by seed
Question = Literal["helps", "explains", "ranks"]
MetricName = Literal["accuracy", "nll", "brier"]


@dataclass(frozen=True)
class Scale:
    """A metric, which of its directions is good, and which differences are too small to matter."""

    metric: MetricName
    better: Literal[1, -1]
    margin: float


@dataclass(frozen=True)
class Pair:
    """What one method reached with each seed, and what the other did."""

    method: str
    against: str
    values: Values
    others: Values
    crossed: Estimate | None = None

    def differences(self) -> Floats:
        """Over the seeds that both have."""
        shared = [seed for seed in self.values if seed in self.others]
        return np.array([self.values[seed] - self.others[seed] for seed in shared])


def family(question: Question, scale: Scale, pairs: Sequence[Pair]) -> list[PairedTest]:
    """The family: every pair with a shared seed, tested, with p values corrected for them all."""
    pairs = [pair for pair in pairs if len(pair.differences())]
    oriented = [scale.better * pair.differences() for pair in pairs]  # above 0 is better
    exact = [exact_sign_flip_p(d) for d in oriented]
    equivalent = _corrected([_if_enough(d) and equivalence_p(d, scale.margin) for d in oriented])
    no_better = _corrected([_if_enough(d) and less_than_p(d, scale.margin) for d in oriented])
    everything = zip(pairs, oriented, exact, holm(exact), equivalent, no_better, strict=True)
    return [
        _test(question, scale, pair, d, (p, p_holm, p_equivalent, p_no_better), len(pairs))
        for pair, d, p, p_holm, p_equivalent, p_no_better in everything
    ]


def mean_over_seeds(values: Sequence[float] | Floats) -> Estimate:
    """Mean with Student's 95 % interval; no interval from fewer than 3 seeds."""
    low, high = (t_interval(values) if len(values) >= FEWEST else None) or (None, None)
    return Estimate(value=float(np.mean(values)), low=low, high=high)


def seeds_that_can(comparisons: int) -> int:
    """The fewest seeds whose smallest possible p, corrected for so many comparisons, is below 5 %."""
    return next(n for n in range(1, 64) if comparisons * smallest_p(n) < ALPHA)


def _test(
    question: Question,
    scale: Scale,
    pair: Pair,
    oriented: Floats,
    ps: tuple[float, float, float | None, float | None],
    size: int,
) -> PairedTest:
    p, p_holm, p_equivalent, p_no_better = ps
    n, mean = len(oriented), float(oriented.mean())
    spread = float(oriented.std(ddof=1)) if n >= FEWEST else 0.0
    smallest = detectable(n, ALPHA / size) if n >= FEWEST else None
    finding = _finding(mean, p_holm, p_equivalent, p_no_better)
    wanted = max(abs(mean), scale.margin)
    return PairedTest(
        question=question,
        metric=scale.metric,
        method=pair.method,
        against=pair.against,
        seeds=n,
        difference=mean_over_seeds(pair.differences()),
        crossed=pair.crossed,
        p=p,
        p_holm=p_holm,
        margin=scale.margin,
        p_equivalent=p_equivalent,
        p_no_better=p_no_better,
        detectable=None if smallest is None else smallest * spread,
        seeds_needed=(
            replicates_needed(wanted / spread, ALPHA / size) if finding == "undecided" and spread else None
        ),
        finding=finding,
    )


def _finding(
    advantage: float, p: float, p_equivalent: float | None, p_no_better: float | None
) -> Literal["better", "worse", "equivalent", "no_better", "undecided"]:
    """What does not matter is called equivalent before it is called better or worse."""
    if p_equivalent is not None and p_equivalent < ALPHA:
        return "equivalent"
    if p < ALPHA:
        return "better" if advantage > 0 else "worse"
    if p_no_better is not None and p_no_better < ALPHA:
        return "no_better"
    return "undecided"


def _if_enough(differences: Floats) -> Literal[True] | None:
    return True if len(differences) >= FEWEST else None


def _corrected(ps: Sequence[float | None]) -> list[float | None]:
    """Holm's correction of those that there are."""
    there = iter(holm([p for p in ps if p is not None]))
    return [None if p is None else next(there) for p in ps]
