"""Intervals and tests that need no assumption on the shape of what is averaged, but the t interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

LARGE: Final = 10_000
"""From so many examples on, a bootstrap interval of a mean is the central limit theorem's to three digits."""

_CELLS = 1 << 22
"""Random numbers held at once: 32 MiB."""


def mean_intervals(columns: Floats, rng: np.random.Generator, resamples: int, level: float = 0.95) -> Floats:
    """Intervals of the means of M columns over the same N examples. (N, M) -> (M, 2)

    Percentile bootstrap: examples are drawn with replacement, all columns with the same draw. Above ``LARGE``
    examples the interval is mean ± z s / sqrt(N), which the bootstrap of a mean tends to; 200,000 examples
    × 1,000 resamples would otherwise take minutes and say the same.
    """
    N, tails = len(columns), np.array([(1 - level) / 2, (1 + level) / 2])
    if N > LARGE:
        spread = columns.std(0, ddof=1) / np.sqrt(N)
        return np.asarray(columns.mean(0)[:, None] + spread[:, None] * special.ndtri(tails))
    center = columns.mean(0)  # resampling what is left is exact where a column is constant
    rest = columns - center
    means = [_counts(N, rng, rows) @ rest / N for rows in _chunks(resamples, N)]
    return np.asarray(center[:, None] + np.quantile(np.concatenate(means), tails, axis=0).T)


def _counts(N: int, rng: np.random.Generator, rows: int) -> Floats:
    """(rows, N) how often each example is in each resample; a row sums to N."""
    drawn = rng.integers(N, size=(rows, N)) + N * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * N).reshape(rows, N).astype(np.float64)


def _chunks(rows: int, width: int) -> list[int]:
    """``rows`` in parts of at most ``_CELLS`` cells."""
    part = max(1, _CELLS // width)
    return [min(part, rows - start) for start in range(0, rows, part)]


@dataclass(frozen=True)
class SignFlips:
    """The mean's distribution when every sign is a coin's: its mean, its 95 % quantile, and the one-sided
    p."""

    mean: float
    q95: float
    p: float


def sign_flips(values: Floats, rng: np.random.Generator, draws: int) -> SignFlips:
    """Is the mean of paired differences above 0? (N,)

    Under the null that the two forecasts are exchangeable on every example, each difference is as likely as
    its negative: exact then. Under the weaker null that they are equally good on average, it is valid as N
    grows (the flipped mean has the same variance as the mean). p = (1 + draws at least as large) / (1 +
    draws), never 0.
    """
    N, total = len(values), values.sum()
    flipped = np.concatenate([2 * (_coins(N, rng, rows) @ values) - total for rows in _chunks(draws, N)])
    as_large = np.count_nonzero(
        flipped >= total - 1e-9 * np.abs(values).sum()
    )  # equal but for rounding is equal
    return SignFlips(
        mean=float(flipped.mean()) / N,
        q95=float(np.quantile(flipped, 0.95)) / N,
        p=(1 + as_large) / (1 + draws),
    )


def _coins(N: int, rng: np.random.Generator, rows: int) -> Floats:
    """(rows, N) fair 0s and 1s, a bit of randomness each."""
    octets = rng.integers(256, size=(rows, -(-N // 8)), dtype=np.uint8)
    return np.unpackbits(octets, axis=1, count=N).astype(np.float64)


def exact_sign_flip_p(differences: ArrayLike, seed: int = 0) -> float:
    """Two-sided p of few paired differences: the share of all sign patterns whose mean is at least as far
    from 0.

    All 2^n patterns up to n = 16, else 2^16 - 1 drawn ones and the observed. At least 2^(1 - n).
    """
    d = np.asarray(differences, np.float64)
    n = len(d)
    if n <= 16:
        patterns = 1 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    else:
        coins = np.random.default_rng(seed).integers(2, size=(2**16 - 1, n))
        patterns = np.vstack([np.ones(n), 1 - 2.0 * coins])
    far = np.abs(d.sum()) - 1e-9 * np.abs(d).sum()
    return float(np.mean(np.abs(patterns @ d) >= far))


def smallest_p(n: int) -> float:
    """What :func:`exact_sign_flip_p` cannot fall below with n pairs."""
    return float(min(1.0, 2.0 ** (1 - n)))


def t_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Student's interval of the mean of independent values; none from fewer than two."""
    x = np.asarray(values, np.float64)
    if len(x) < 2:
        return None
    half = float(stats.t.ppf((1 + level) / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return float(x.mean()) - half, float(x.mean()) + half


def holm(p: Sequence[float]) -> list[float]:
    """p values corrected for as many tests as there are (Holm 1979): below alpha, the claim stands among them
    all."""
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(np.asarray(p, np.float64)[order] * factors))
    return [float(value) for value in corrected]
