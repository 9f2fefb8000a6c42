"""Which training examples stand in for what is withheld: few, and yet like all of them.

D donors drawn at random leave noise: with eight, a model that is always sure looks .64 sure of a fair coin.
So the pool is cut into D cells of equal size, in halves along the direction in which the representations vary
most, and each example gets one donor from every cell. Each training example is as likely as before, means
over donors stay unbiased, and their variance is never larger and for what the cells tell apart is gone
(stratified sampling with proportional allocation, Cochran 1977, §5.6).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from synib.models.tokens import pooled

Features = NDArray[np.float32]
Rows = NDArray[np.int64]
Donors = NDArray[np.int64]  # (N, D) rows of the pool

POOL: Final = 16_384
"""Training examples that donors are drawn from, at most: more would cost memory and change nothing."""


def draw_donors(rng: np.random.Generator, examples: int, cells: list[Rows]) -> Donors:
    """One donor of every cell for every example. (N, D)"""
    return np.stack([cell[rng.integers(len(cell), size=examples)] for cell in cells], axis=1)


def cut(z: Mapping[str, Tensor], donors: int) -> list[Rows]:
    """The pool's rows in D cells of equal size, to one; the whole pool D times where it has fewer rows.

    z: representations {modality: (P, d)}, of tokens their mean; each modality weighs as much as another.
    """
    features = np.concatenate([_standard(pooled(values).cpu().numpy()) for values in z.values()], axis=1)
    pool = np.arange(len(features))
    return _halve(features, pool, donors) if donors <= len(pool) else [pool] * donors


def _standard(values: Features) -> Features:
    """Centred, with mean squared length 1 (or all 0)."""
    centred = values - values.mean(0)
    length = np.sqrt((centred**2).sum(1).mean())
    return np.asarray(centred / max(length, 1e-30))


def _halve(features: Features, rows: Rows, parts: int) -> list[Rows]:
    if parts == 1:
        return [rows]
    less = parts // 2
    centred = features[rows] - features[rows].mean(0)
    ordered = rows[np.argsort(centred @ _main_axis(centred), kind="stable")]
    middle = len(rows) * less // parts
    return [*_halve(features, ordered[:middle], less), *_halve(features, ordered[middle:], parts - less)]


def _main_axis(centred: Features) -> Features:
    """The first principal axis, about: a dozen power iterations from the row farthest out. (n, f) -> (f,)"""
    axis: Features = centred[(centred**2).sum(1).argmax()]
    for _ in range(12):
        axis = axis / max(float(np.linalg.norm(axis)), 1e-30)
        axis = np.asarray((centred @ axis) @ centred)
    return axis
