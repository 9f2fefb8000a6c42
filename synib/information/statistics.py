"""Intervals and tests that need no assumption on the shape of what is averaged, but the t interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

LARGE: Final = 10_000
"""From so many examples on, a bootstrap interval of a mean is the central limit theorem's to three digits."""

_CELLS = 1 << 22
"""Random numbers held at once: 32 MiB."""


FEW: Final = 40
"""Below so many groups an interval that resamples groups is rough (Cameron & Miller 2015 name 20 to 50)."""


def mean_intervals(
    columns: Floats,
    rng: np.random.Generator,
    resamples: int,
    level: float = 0.95,
    *,
    group: NDArray[Any] | None = None,
) -> Floats:
    """Intervals of the means of M columns over the same N examples. (N, M) -> (M, 2)

    Percentile bootstrap: examples are drawn with replacement, all columns with the same draw. With ``group``
    (N,), whole groups are drawn instead: clips of one speaker or visits of one patient tell the same thing
    again, and an interval that counts them as independent is too narrow by sqrt(1 + (n - 1) ρ) for groups of
    n whose values correlate by ρ. The mean stays that of the examples, so large groups weigh more; see
    :func:`caution`.

    The level is expanded so that normal values get the half-width z -> t sqrt(G / (G - 1)) of G units
    (Hesterberg 2015, section 5.3): of 8 groups the plain percentile interval at 95 % covers 89 %.

    Above ``LARGE`` units the interval is mean ± z × standard error, which the bootstrap of a mean tends to;
    over groups it is the cluster-robust error. 200,000 examples × 1,000 resamples would otherwise take
    minutes and say the same.

    Raises:
        ValueError: all examples are of one group, so that nothing says how groups differ.
    """
    center = columns.mean(0)  # resampling what is left is exact where a column is constant
    rest, sizes = _units(columns - center, group)
    G, N = len(rest), len(columns)
    if G == 1 and N > 1:
        raise ValueError("all examples are of one group; an interval over groups needs at least 2")
    if G > LARGE:
        error = np.sqrt(G / (G - 1) * (rest**2).sum(0)) / N
        tails = special.ndtri([(1 - level) / 2, (1 + level) / 2])
        return np.asarray(center[:, None] + error[:, None] * tails)
    counts = (_counts(G, rng, rows) for rows in _chunks(resamples, G))
    means = np.concatenate([drawn @ rest / (drawn @ sizes)[:, None] for drawn in counts])
    return np.asarray(center[:, None] + np.quantile(means, _expanded(level, G), axis=0).T)


def _units(rest: Floats, group: NDArray[Any] | None) -> tuple[Floats, Floats]:
    """Sums and sizes of what is drawn, groups in the order in which they come. (N, M) -> (G, M), (G,)"""
    if group is None:
        return rest, np.ones(len(rest))
    codes = group_codes(group)
    sums = np.zeros((codes.max() + 1, rest.shape[1]))
    np.add.at(sums, codes, rest)
    return sums, np.bincount(codes).astype(np.float64)


def group_codes(group: NDArray[Any]) -> NDArray[np.int64]:
    """0, 1, … by first appearance. (N,) -> (N,)"""
    _, first, codes = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[codes.ravel()], np.int64)


def _expanded(level: float, units: int) -> list[float]:
    """The two quantiles of resampled means that give Student's width on normal values."""
    if units < 2:
        return [(1 - level) / 2, (1 + level) / 2]
    t = float(special.stdtrit(units - 1, (1 + level) / 2)) * np.sqrt(units / (units - 1))
    return [float(special.ndtr(-t)), float(special.ndtr(t))]


def caution(group: NDArray[Any]) -> str | None:
    """What to know of intervals over these groups, (N,); none where there are enough of about one size."""
    sizes = np.bincount(group_codes(group))
    if len(sizes) < FEW:
        return (
            f"The interval rests on {len(sizes)} groups; below {FEW} it tends to be too narrow, "
            "and no number of examples mends that."
        )
    if sizes.max() > len(group) / 10:
        share = f"{sizes.max() / len(group):.0%}"
        return f"One group has {share} of the examples; the interval leans on the few large groups."
    return None


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


def sign_flips(
    values: Floats, rng: np.random.Generator, draws: int, *, group: NDArray[Any] | None = None
) -> SignFlips:
    """Is the mean of paired differences above 0? (N,)

    Under the null that the two forecasts are exchangeable on every example, each difference is as likely as
    its negative: exact then. Under the weaker null that they are equally good on average, it is valid as N
    grows (the flipped mean has the same variance as the mean). With ``group`` (N,) the differences of a group
    are flipped together: exchangeable are then whole groups. p = (1 + draws at least as large) / (1 + draws),
    never 0.
    """
    N = len(values)
    values = _units(values[:, None], group)[0][:, 0]
    total = values.sum()
    flipped = np.concatenate(
        [2 * (_coins(len(values), rng, rows) @ values) - total for rows in _chunks(draws, len(values))]
    )
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
        patterns = _all_signs(n)
    else:
        coins = np.random.default_rng(seed).integers(2, size=(2**16 - 1, n))
        patterns = np.vstack([np.ones(n), 1 - 2.0 * coins])
    far = np.abs(d.sum()) - 1e-9 * np.abs(d).sum()
    return float(np.mean(np.abs(patterns @ d) >= far))


@lru_cache(maxsize=4)  # 8 MiB at most, each
def _all_signs(n: int) -> Floats:
    """(2^n, n) of 1 and -1."""
    return np.asarray(1 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1))


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Two-sided exact p of two classifiers that are right equally often (McNemar 1947, binomial form).

    Of the examples on which just one of them is right, each is a fair coin; the others say nothing.
    """
    told = only_first + only_second
    return min(1.0, 2 * float(special.bdtr(min(only_first, only_second), told, 0.5)))


def interquartile_mean(values: ArrayLike) -> float:
    """Mean of the middle half, the values at its ends by their share (Agarwal et al. 2021): one seed that
    failed does not move it."""
    x = np.sort(np.asarray(values, np.float64))
    n = len(x)
    inside = np.clip(np.arange(1, n + 1) - n / 4, 0, 1) - np.clip(np.arange(1, n + 1) - 3 * n / 4, 0, 1)
    return float(x @ inside / (n / 2))


def smallest_p(n: int) -> float:
    """What :func:`exact_sign_flip_p` cannot fall below with n pairs."""
    return float(min(1.0, 2.0 ** (1 - n)))


def t_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Student's interval of the mean of independent values; none from fewer than two."""
    x = np.asarray(values, np.float64)
    if len(x) < 2:
        return None
    half = float(special.stdtrit(len(x) - 1, (1 + level) / 2) * x.std(ddof=1) / np.sqrt(len(x)))
    return float(x.mean()) - half, float(x.mean()) + half


def holm(p: Sequence[float]) -> list[float]:
    """p values corrected for as many tests as there are (Holm 1979): below alpha, the claim stands among them
    all."""
    order = np.argsort(p, kind="stable")
    factors = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(np.asarray(p, np.float64)[order] * factors))
    return [float(value) for value in corrected]


def less_than_p(differences: ArrayLike, bound: float) -> float:
    """One-sided t test: p of the null that the mean of independent differences is ``bound`` or more.

    Differences that are all the same have p 0 below the bound and 1 otherwise.

    Raises:
        ValueError: fewer than two differences have no spread.
    """
    d = np.asarray(differences, np.float64)
    if len(d) < 2:
        raise ValueError(f"{len(d)} paired differences have no spread; at least 2 are needed")
    error = d.std(ddof=1) / np.sqrt(len(d))
    below = float(d.mean()) - bound
    if not error:
        return float(below >= 0)
    return float(special.stdtr(len(d) - 1, below / error))


def equivalence_p(differences: ArrayLike, margin: float) -> float:
    """Two one-sided t tests (TOST; Schuirmann 1987): p of the null that the mean is not within ± margin."""
    d = np.asarray(differences, np.float64)
    return max(less_than_p(d, margin), less_than_p(-d, margin))


def detectable(n: int, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The smallest true mean of n paired differences, in their standard deviations, that a two-sided test at
    ``alpha`` finds with probability ``power``; none where the exact test cannot find any.

    Power of the t test (noncentral t), which the sign-flip test comes close to on normal differences.
    """
    if n < 2 or smallest_p(n) >= alpha:
        return None
    return _detectable(n, alpha, power)


@lru_cache(maxsize=1024)
def _detectable(n: int, alpha: float, power: float) -> float:
    critical = float(special.stdtrit(n - 1, 1 - alpha / 2))

    def missing(effect: float) -> float:
        """Of the wished power; the wrong tail's share is below 1e-6 there."""
        return power - (1 - float(special.nctdtr(n - 1, effect * np.sqrt(n), critical)))

    return float(optimize.brentq(missing, 0.0, 2 * (critical + 2) / np.sqrt(n)))


MOST: Final = 1000
"""No more replicates are counted."""


def replicates_needed(effect: float, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """The fewest pairs with which a mean of ``effect`` standard deviations is detectable; none above 1000.

    An estimate of the effect from few pairs is rough, and so is this.
    """
    low, high = 1, MOST  # the lower is always too few
    if not _suffices(high, effect, alpha, power):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _suffices(middle, effect, alpha, power) else (middle, high)
    return high


def _suffices(n: int, effect: float, alpha: float, power: float) -> bool:
    smallest = detectable(n, alpha, power)
    return smallest is not None and smallest <= effect
