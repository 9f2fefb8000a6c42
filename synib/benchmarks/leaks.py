"""Test examples that a model has met before, or whose labels its features have: refused, with the count."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from synib.benchmarks.places import fault


def refuse_shared(group: NDArray[np.str_], split: NDArray[np.str_], what: str, field: str) -> None:
    """Nobody, and no video, is in two splits. (N,) each

    Args:
        what: a group is, in one word.
        field: of the recipe, to be told where it is not so.

    Raises:
        SpecError: somebody is.
    """
    seen: dict[str, str] = {}
    for name, part in sorted(set(zip(group.tolist(), split.tolist(), strict=True))):
        if name in seen:
            detail = (
                f"{what} {name} is in {seen[name]} and in {part}; use a split in which each is in one only"
            )
            raise fault(field, detail)
        seen[name] = part


def refuse_learned(
    learned: Collection[str], tested: NDArray[np.str_], what: str, features: str, field: str
) -> None:
    """No feature was learned with the label of an example that is tested. ``tested`` (N,) groups

    Args:
        learned: the groups whose labels the features were learned with.
        what: a group is, in one word.
        features: which they are, in words.

    Raises:
        SpecError: some were.
    """
    known = np.isin(tested, list(learned))
    if known.any():
        detail = (
            f"{features} were learned with the labels of {len(learned)} {what}s, to which {known.sum()} of "
            f"the {len(tested)} test examples belong; what they say of these is no test. Use the split they "
            "were learned on, or features that have seen no label"
        )
        raise fault(field, detail)
