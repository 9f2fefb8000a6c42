"""F1 by class and its mean over classes, with intervals."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib.information.proportions import Share, ratio

Labels = NDArray[np.int64]


class F1(NamedTuple):
    """Of one forecast."""

    macro: Share
    """Mean over the classes that there are, as labels or as predictions."""
    by_class: dict[int, Share]
    """Of these classes."""


def f1(label: Labels, predicted: Labels, group: NDArray[Any] | None = None) -> F1:
    """Harmonic mean of precision and recall of each class, from (N,) labels and most probable classes.

    TP / (TP + FP/2 + FN/2) is a ratio of sums over examples, of which a right one gives 1 of 1 to its class
    and a wrong one 0 of 1/2 to each of two: so its interval is that of any share, linearised
    (`synib.information.proportions`), and the mean's follows from the mean of the influences. ``group`` (N,)
    makes its rows one unit.
    """
    classes = sorted({*label.tolist(), *predicted.tolist()})
    by_class = {}
    for one in classes:
        there, said = label == one, predicted == one
        by_class[one] = ratio((there & said).astype(np.float64), (there + said.astype(np.float64)) / 2, group)
    shares = list(by_class.values())
    macro = Share(
        value=float(np.mean([share.value for share in shares])),
        influence=np.mean([share.influence for share in shares], axis=0),
        counted=min(share.counted for share in shares),
        degrees=shares[0].degrees,
    )
    return F1(macro, by_class)
