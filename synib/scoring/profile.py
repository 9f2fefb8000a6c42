"""Where the training examples lie, and how far from there another one does.

Two distances, because there are two mistakes. One value far beyond its range (a broken sensor, a column in
the wrong unit) is seen by ``outside``; all of them a little off (another microphone, another normalisation)
by ``distance``. An example is called out of the profile where it lies farther out than every validation
example. If it comes from where they do, that happens with probability 1 / (validation examples + 1) at most,
for each of the two: the rank of one among exchangeable ones is uniform (conformal prediction, Vovk et al.
2005, §2).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from synib.models import Moments
from synib.report.card import ProfileLimits

Values = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """Of one modality of the training examples; what broadcasts against an example (*shape).

    A series has a range per value over all its steps, an image per pixel. NaN, not there, is nowhere outside.
    """

    low: Values
    high: Values
    mean: Values
    std: Values

    @classmethod
    def of(cls, x: Values, moments: Moments) -> Self:
        """Of training examples (N, *shape) and their moments."""
        over = (0, 1) if x.ndim == 3 else (0,)
        there = ~np.isnan(x)
        low = np.min(x, axis=over, where=there, initial=np.inf)
        high = np.max(x, axis=over, where=there, initial=-np.inf)
        seen = low <= high
        mean, std = moments.mean.numpy(), moments.std.numpy()
        return cls(np.where(seen, low, mean), np.where(seen, high, mean), mean, std)

    def outside(self, x: Values) -> Floats:
        """(N, *shape): how far each value is beyond its range in training, in its spreads there."""
        values = x.astype(np.float64)
        beyond = np.maximum(np.maximum(values - self.high, self.low - values), 0.0)
        return np.nan_to_num(beyond / self.std, nan=0.0, posinf=np.inf)

    def farthest(self, x: Values) -> tuple[Floats, NDArray[np.int64]]:
        """(N,) the largest of `outside`, and (N,) the place of the value in the flat example."""
        flat = self.outside(x).reshape(len(x), -1)
        at = flat.argmax(axis=1)
        return flat[np.arange(len(x)), at], at

    def distance(self, x: Values) -> Floats:
        """(N,) root mean square distance of the values that are there from their means, in spreads."""
        squared = (((x.astype(np.float64) - self.mean) / self.std) ** 2).reshape(len(x), -1)
        there = ~np.isnan(squared)
        return np.asarray(np.sqrt(squared.sum(1, where=there) / np.maximum(there.sum(1), 1)))

    def limits(self, x: Values) -> ProfileLimits:
        """What the validation examples (N, *shape) reach; one that is NaN throughout lacks the modality."""
        present = x[[row for row, values in enumerate(x) if not np.isnan(values).all()]]
        if not len(present):
            return ProfileLimits(examples=0, outside=float(np.finfo(np.float32).max), distance=0.0)
        farthest, _ = self.farthest(present)
        return ProfileLimits(
            examples=len(present),
            outside=float(farthest.max()),
            distance=float(self.distance(present).max()),
        )
