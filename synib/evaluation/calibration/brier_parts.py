"""The Brier score as what miscalibration costs, what discrimination gains, and what nobody can help.

    score = miscalibration - discrimination + uncertainty

Exact, without bins: every class's probability is recalibrated by isotonic regression on the same examples
(CORP; Dimitriadis, Gneiting & Jordan 2021), and the scores are of the forecast, of the recalibrated one and
of the class frequencies; classes are added. Binned decompositions leave a rest (Stephenson et al. 2008).
Recalibration on the same examples fits some noise: with few of them, both parts are too large by the same.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class BrierParts:
    """Sums over classes, 0 to 2."""

    miscalibration: float
    discrimination: float
    uncertainty: float

    @property
    def score(self) -> float:
        return self.miscalibration - self.discrimination + self.uncertainty

    @classmethod
    def of(cls, p: Floats, label: Labels) -> Self:
        """(N, K), (N,)"""
        miscalibration = discrimination = uncertainty = 0.0
        for c in range(p.shape[1]):
            happened = (label == c).astype(np.float64)
            best = float(np.mean((_recalibrated(p[:, c], happened) - happened) ** 2))
            constant = float(happened.var())
            miscalibration += float(np.mean((p[:, c] - happened) ** 2)) - best
            discrimination += constant - best
            uncertainty += constant
        return cls(miscalibration, discrimination, uncertainty)


def _recalibrated(p: Floats, happened: Floats) -> Floats:
    """(N,) The isotonic fit of what happened on p, equal p together. scikit-learn's interpolates between
    levels, which is NaN where two of them differ in the last bit only."""
    _, level, count = np.unique(p, return_inverse=True, return_counts=True)
    share = np.bincount(level, weights=happened) / count
    fitted: Floats = isotonic_regression(share, weights=count).x[level]
    return fitted
