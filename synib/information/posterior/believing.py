"""A mean over examples as a measure: its interval, its null, and the smallest truth it could have shown."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from synib.information.statistics import caution, group_codes, mean_intervals, sign_flips
from synib.report import Measure, Null, Solver
from synib.seeds import derive

Floats = NDArray[np.float64]

ALPHA: Final = 0.05
POWER: Final = 0.8
SPREAD_OVER: Final = 16
"""Signs whose sum is close enough to normal."""


@dataclass(frozen=True)
class Quantity:
    """What is to be said, before its interval and its null are known."""

    name: str
    method: str
    version: str
    values: Floats  # (N,) bits, of which it is the mean
    if_none: str
    """What the null says, in words: the values are as often below 0 as above because …"""
    parameters: float | None = None
    """Effective number that the values were estimated with; none where nothing was fitted."""
    solver: Solver | None = None
    note: str | None = None
    least: float | None = None
    """What the truth cannot fall below: value and interval are cut there."""
    null: Null | None = None
    """Where there is a better one than sign flips."""
    detectable: float | None = None
    """Of that null's test."""
    at_most: float | None = None
    """The upper limit is not below: an estimate that was shrunk to nothing has no spread of its own."""
    refitted: float | None = None
    """Standard deviation, bits, when all that was fitted is fitted anew; none where that was not tried."""


def measures(
    quantities: list[Quantity], seed: int, resamples: int, group: NDArray[Any] | None = None
) -> list[Measure]:
    """All over the same resamples; with ``group`` (N,) over groups of examples."""
    columns = np.stack([quantity.values for quantity in quantities], axis=1)
    few = group is not None and group_codes(group).max() < 1
    intervals: list[tuple[float, float] | None] = [None] * len(quantities)
    if not few:
        rng = np.random.default_rng(derive(seed, "resamples"))
        found = mean_intervals(columns, rng, resamples, group=group)
        intervals = [(float(low), float(high)) for low, high in found]
    warning = "no interval: all examples are of one group" if few else None
    if group is not None and not few:
        warning = caution(group)
    return [
        _measure(quantity, interval, seed, resamples, None if few else group, warning)
        for quantity, interval in zip(quantities, intervals, strict=True)
    ]


def _measure(
    quantity: Quantity,
    interval: tuple[float, float] | None,
    seed: int,
    resamples: int,
    group: NDArray[Any] | None,
    warning: str | None,
) -> Measure:
    values, N = quantity.values, len(quantity.values)
    least = -np.inf if quantity.least is None else quantity.least
    own = own_spread(quantity.parameters, N)
    if interval is not None and quantity.refitted is not None:
        own = max(own, beyond(quantity.refitted, interval))
    value, low, high = float(values.mean()), None, None
    if interval is not None:
        low, high = (max(least, end) for end in widened(value, interval, own))
        high = high if quantity.at_most is None else max(high, quantity.at_most)
    return Measure(
        name=quantity.name,
        method=quantity.method,
        version=quantity.version,
        unit="bits",
        value=max(least, value),
        low=low,
        high=high,
        null=quantity.null or _sign_flips(quantity, own, seed, resamples, group),
        detectable=quantity.detectable or detectable(values, group),
        n=N,
        seed=seed,
        solver=quantity.solver,
        note="; ".join(filter(None, (quantity.note, warning))) or None,
    )


def _sign_flips(quantity: Quantity, own: float, seed: int, draws: int, group: NDArray[Any] | None) -> Null:
    """With the spread of what was fitted as so many more differences, which sum to 0."""
    N = len(quantity.values)
    values = np.where(np.abs(quantity.values) < 1e-12, 0.0, quantity.values)  # rounding is no evidence
    if own:
        values = np.append(values, np.tile([1.0, -1.0], SPREAD_OVER // 2) * own * N / np.sqrt(SPREAD_OVER))
        group = None if group is None else np.append(group_codes(group), -1 - np.arange(SPREAD_OVER))
    rng = np.random.default_rng(derive(seed, "sign flips", quantity.name, quantity.method))
    flips = sign_flips(values, rng, draws, group=group)
    return Null(
        mean=flips.mean * len(values) / N,
        q95=flips.q95 * len(values) / N,
        p=flips.p,
        draws=draws,
        method=f"paired sign flips of each example's bits: {quantity.if_none}",
    )


def own_spread(parameters: float | None, N: int) -> float:
    """Standard deviation, bits, that fitting P parameters adds to a mean log score of N examples.

    The likelihood at its optimum is a chi-square of P degrees of freedom over 2 N away from that at the
    truth; its mean cancels (:mod:`.folds`), its spread sqrt(P / 2) / N nats does not. P is at least 1 where
    anything was fitted: what the learned penalties shrank to nothing was not known to be nothing.
    """
    return 0.0 if parameters is None else float(np.sqrt(max(1.0, parameters) / 2) / (N * np.log(2)))


def beyond(refitted: float, interval: tuple[float, float]) -> float:
    """What a standard deviation has beyond that of a 95 % interval, as a standard deviation."""
    low, high = interval
    return float(np.sqrt(max(0.0, refitted**2 - ((high - low) / 3.92) ** 2)))


def widened(value: float, interval: tuple[float, float], own: float) -> tuple[float, float]:
    """An interval over examples with a standard deviation that examples do not show, added in squares."""
    low, high = interval
    return (
        value - float(np.hypot(value - low, 1.96 * own)),
        value + float(np.hypot(high - value, 1.96 * own)),
    )


def detectable(values: Floats, group: NDArray[Any] | None = None, power: float = POWER) -> float:
    """The smallest mean, bits, that sign flips find in a share ``power`` of data sets like this at alpha .05.

    An example's log ratio of two true forecasts has in nats twice its mean as variance when that is small;
    what these values vary beyond is noise of the forecasts and stays. So S = z sqrt((noise + 2 S / ln 2) /
    N) with z = z_.95 + z_power, a quadratic. Groups that go together count as so many fewer examples.
    """
    N, mean = len(values), float(values.mean())
    spread = float(values.var())
    noise = max(0.0, spread - 2 * max(0.0, mean) / np.log(2))
    alike = 1.0
    if group is not None and spread > 0:
        sums = np.bincount(group_codes(group), values - mean)
        alike = float((sums**2).sum() / (N * spread))
    z2 = float(ndtri(1 - ALPHA) + ndtri(power)) ** 2 * alike / N
    slope = 2 / np.log(2)
    return float((z2 * slope + np.sqrt((z2 * slope) ** 2 + 4 * z2 * noise)) / 2)
