"""How far estimates move when all is fitted anew without a part of the examples: delete-a-group jackknife.

    spread² = (G - 1) / G · sum_g (estimate without part g - their mean)²

with G parts of equal size (Quenouille 1956, Tukey 1958; Shao & Tu 1995, section 2.3). It has in it what the
spread of the examples' values has not: that penalties are learned, functions chosen and folds drawn.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from synib.information.statistics import group_codes

PARTS: Final = 20

K = TypeVar("K", bound=Hashable)


def spreads(
    estimates: Callable[[NDArray[np.bool_]], Mapping[K, float]],
    label: NDArray[np.int64],
    rng: np.random.Generator,
    group: NDArray[Any] | None = None,
) -> dict[K, float]:
    """A standard deviation for each of the estimates that ``estimates`` makes of some examples, (N,) True.

    With ``group`` (N,) the parts are of whole groups. Nothing where there are too few examples or groups to
    leave a part of them out, or where a class would go with one.
    """
    unit = np.arange(len(label)) if group is None else group_codes(group)
    units = int(unit.max()) + 1
    if units < 2 * PARTS:
        return {}
    part = (rng.permutation(units) % PARTS)[unit]
    kept = [part != g for g in range(PARTS)]
    classes = len(np.unique(label))
    if any(len(np.unique(label[keep])) < classes for keep in kept):
        return {}
    found = [estimates(keep) for keep in kept]
    columns = {key: np.array([one[key] for one in found]) for key in found[0]}
    return {key: float(np.sqrt((PARTS - 1) * column.var())) for key, column in columns.items()}
