"""Do the posterior estimates of synergy keep their promises? Gaussian XOR, nulls, power, forecasts.

    python -m benchmarks.estimators --repetitions 200

Each table prints what docs/studies/estimators.md shows. Repetition r of a table has the seed (table, n, r).
Set OMP_NUM_THREADS=1: the matrices are small, and a second thread costs more than it gives.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import kstest

from synib.evaluation.predictions import Predictions
from synib.information.posterior import estimate
from synib.information.posterior.believing import measures
from synib.information.posterior.estimate import believed, fitted
from synib.information.posterior.from_forecasts import synergy_measures
from synib.report import Measure

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

XOR = {0.25: 0.002517, 0.5: 0.031014, 1.0: 0.250437, 2.0: 0.835183, 3.0: 0.988941}
"""Bits of synergy by quadrature of 1 - E h(p); redundant and unique are 0."""


class Sample(NamedTuple):
    """Examples of a world whose synergy is known."""

    x: dict[str, Floats]
    label: Labels


def xor(mu: float, n: int, rng: np.random.Generator, dims: int = 1) -> Sample:
    """Label: whether two signs agree; each modality is its sign times mu / sqrt(dims), and noise."""
    sign = rng.choice([-1, 1], (2, n))
    x = mu / np.sqrt(dims) * sign[:, :, None] + rng.normal(size=(2, n, dims))
    return Sample({"a": x[0], "b": x[1]}, (sign[0] == sign[1]).astype(np.int64))


def xor_posterior(mu: float, x: dict[str, Floats]) -> Floats:
    """p(y=1|x), (N,)"""
    a, b = (mu * values.sum(1) / np.sqrt(values.shape[1]) for values in x.values())
    return np.asarray(0.5 * (1 + np.tanh(a) * np.tanh(b)))


def nothing(n: int, rng: np.random.Generator) -> Sample:
    return Sample({"a": rng.normal(size=n), "b": rng.normal(size=n)}, rng.integers(2, size=n))


def unique(n: int, rng: np.random.Generator) -> Sample:
    """Only a tells."""
    a, b = rng.normal(size=(2, n))
    return Sample({"a": a, "b": b}, (rng.random(n) < expit(1.5 * a)).astype(np.int64))


def redundant(n: int, rng: np.random.Generator) -> Sample:
    """b is a with noise: what it tells, a tells."""
    a, noise = rng.normal(size=(2, n))
    return Sample({"a": a, "b": a + 0.7 * noise}, (rng.random(n) < expit(1.5 * a)).astype(np.int64))


def both(n: int, rng: np.random.Generator) -> Sample:
    """The label is a pair of bits, of which each modality tells one: unique information of both, COPY."""
    a, b = rng.normal(size=(2, n))
    return Sample({"a": a, "b": b}, 2 * (rng.random(n) < expit(1.5 * a)) + (rng.random(n) < expit(1.5 * b)))


NULLS: dict[str, Callable[[int, np.random.Generator], Sample]] = {
    "none": nothing,
    "unique": unique,
    "redundant": redundant,
    "both": both,
}


def of(found: list[Measure], name: str, method: str) -> Measure:
    return next(m for m in found if (m.name, m.method) == (name, method))


def coverage(mu: float, n: int, repetitions: int, dims: int = 1) -> None:
    """The 95 % interval of synergy, and the joint posterior's error."""
    values, lows, highs, rmse = [], [], [], []
    for r in range(repetitions):
        sample = xor(mu, n, np.random.default_rng([1, n, r]), dims)
        told, _ = fitted(sample.x, sample.label, seed=r)
        found = of(measures(believed(told, sample.x, r), r, 1000), "synergy", "broja")
        values.append(found.value), lows.append(found.low), highs.append(found.high)
        off = told.posteriors[told.names].fitted[:, 1] - xor_posterior(mu, sample.x)
        rmse.append(np.sqrt((off**2).mean()))
    low, high = np.array(lows), np.array(highs)
    truth = XOR[mu]
    under, over = 100 * np.mean(truth < low), 100 * np.mean(truth > high)
    print(
        f"| {mu:g} | {dims} | {n} | {truth:.4f} | {np.mean(values):.4f} | {np.std(values):.4f} "
        f"| {100 - under - over:.1f} | {under:.1f} / {over:.1f} "
        f"| {np.mean(high - low):.3f} | {np.mean(rmse):.3f} |",
        flush=True,
    )


def null(world: str, n: int, repetitions: int, draws: int) -> None:
    """The estimate and its p where there is no synergy."""
    found = []
    for r in range(repetitions):
        sample = NULLS[world](n, np.random.default_rng([2, n, r]))
        found.append(of(estimate(sample.x, sample.label, seed=r, draws=draws), "synergy", "broja"))
    values = np.array([m.value for m in found])
    p = spread_out(found)
    print(
        f"| {world} | {n} | {values.mean():.4f} | {values.std():.4f} | {np.quantile(values, 0.95):.4f} "
        f"| {100 * np.mean([m.null.p <= 0.05 for m in found if m.null]):.1f} "
        f"| {kstest(p, 'uniform').pvalue:.3f} "
        f"| {100 * np.mean([m.low > 0 for m in found]):.1f} "
        f"| {100 * np.mean([m.low <= 0 <= m.high for m in found]):.1f} |",
        flush=True,
    )


def spread_out(found: list[Measure]) -> Floats:
    """p as (u + draws at least as large) / (1 + draws), u uniform: continuous, as the KS test wants it."""
    rng = np.random.default_rng(0)
    return np.array([m.null.p - rng.random() / (1 + m.null.draws) for m in found if m.null])


def power(mu: float, n: int, repetitions: int, draws: int) -> None:
    """How often a small synergy is found, beside what was said to be detectable."""
    found = []
    for r in range(repetitions):
        sample = xor(mu, n, np.random.default_rng([3, n, r]))
        found.append(of(estimate(sample.x, sample.label, seed=r, draws=draws), "synergy", "broja"))
    share = np.mean([m.null.p <= 0.05 for m in found if m.null])
    covered = np.mean([m.low <= XOR[mu] <= m.high for m in found])
    said = np.mean([m.detectable for m in found])
    value = np.mean([m.value for m in found])
    print(
        f"| {XOR[mu]:.4f} | {n} | {value:.4f} | {100 * share:.0f} | {said:.4f} | {100 * covered:.1f} |",
        flush=True,
    )


def forecast_table(kind: str, n: int, rng: np.random.Generator, small: float = 0.0) -> Predictions:
    """Forecasts of test examples by models of different worth.

    none: three guesses; unique: a, nothing, and a joint model as good as a but with errors of its own;
    redundant: both single models err on their own, and so does the joint; xor: the exact posterior.
    """

    def noisy(logit: Floats) -> Floats:
        p = expit(logit + 0.5 * rng.normal(size=n))
        return np.stack([1 - p, p], axis=1)

    if kind == "xor":
        sample = xor(small, n, rng)
        label, q = sample.label, xor_posterior(small, sample.x)
        half, joint = np.full((n, 2), 0.5), np.stack([1 - q, q], axis=1)
        forecasts = [half, half, joint]
    else:
        a = np.zeros(n) if kind == "none" else 1.5 * rng.normal(size=n)
        label = (rng.random(n) < expit(a)).astype(np.int64)
        b = a if kind == "redundant" else np.zeros(n)
        forecasts = [noisy(a), noisy(b), noisy(a)]
    return Predictions(
        ("a", "b"),
        ("0", "1"),
        label,
        {("a",): forecasts[0], ("b",): forecasts[1], ("a", "b"): forecasts[2]},
        np.bincount(label, minlength=2) / n,
        np.arange(n).astype(str),
    )


def forecasts(kind: str, n: int, repetitions: int, small: float = 0.0) -> None:
    """The sign flips' p where the joint forecast is no better, and the power where it is."""
    found = []
    for r in range(repetitions):
        table = forecast_table(kind, n, np.random.default_rng([4, n, r]), small)
        found.append(of(synergy_measures(table, seed=r, resamples=400), "synergy", "broja"))
    p = np.array([m.null.p for m in found if m.null])
    truth = XOR.get(small, 0.0)
    print(
        f"| {kind} {small or ''} | {n} | {truth:.4f} | {np.mean([m.value for m in found]):.4f} "
        f"| {100 * np.mean(p <= 0.05):.1f} | {kstest(p, 'uniform').pvalue:.3f} "
        f"| {np.mean([m.detectable for m in found]):.4f} "
        f"| {100 * np.mean([m.low <= truth <= m.high for m in found]):.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--draws", type=int, default=39, help="of a null")
    parser.add_argument("--only", choices=["coverage", "large", "null", "power", "forecasts"])
    asked = parser.parse_args()
    R, D, start = asked.repetitions, asked.draws, time.process_time()

    def wanted(table: str) -> bool:
        return asked.only in (None, table)

    if wanted("coverage"):
        print("\n| mu | dims | n | truth | mean | sd | covered, % | below / above, % | width | RMSE of p |")
        for mu in (1.0, 2.0):
            for n in (500, 1000, 2000):
                coverage(mu, n, R)
    if wanted("large"):
        print("\n| mu | dims | n | truth | mean | sd | covered, % | below / above, % | width | RMSE of p |")
        for mu in (1.0, 2.0):
            coverage(mu, 10_000, 5)
        coverage(1.0, 10_000, 3, dims=10)
        coverage(2.0, 10_000, 3, dims=10)
    if wanted("null"):
        print("\n| world | n | mean | sd | 95 % | p <= .05, % | KS of p | low > 0, % | 0 covered, % |")
        for n in (138, 500, 2000):
            null("none", n, R, D)
        for world in ("unique", "redundant"):
            null(world, 500, R // 2, D)
        null("both", 500, R // 10, D)
    if wanted("power"):
        print("\n| truth | n | mean | found, % | said to be detectable | covered, % |")
        power(0.25, 2000, R // 4, D)
        power(0.5, 500, R // 4, D)
    if wanted("forecasts"):
        print("\n| forecasts | n | truth | mean | p <= .05, % | KS of p | detectable | covered, % |")
        for kind in ("none", "unique", "redundant"):
            forecasts(kind, 1000, R)
        for mu in (0.5, 1.0, 2.0):
            forecasts("xor", 1000, R, mu)
    print(f"\n{time.process_time() - start:.0f} s of one core")


if __name__ == "__main__":
    main()
