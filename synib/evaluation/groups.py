"""Who is right on an example: which modalities alone, and whether all together."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

JOINT: Final = "joint"


def group_names(modalities: Sequence[str]) -> list[str]:
    """all_right, all_wrong, then only_<who>, fewest first; who is modalities and ``joint``, joined by +.

    ``only_joint``: the combination is right where every modality alone is wrong. Not evidence of synergy by
    itself: on noisy labels a coin is right there half of the time.
    """
    if JOINT in modalities:
        raise ValueError(
            f"a modality cannot be called {JOINT!r}, the name of all modalities together; rename it"
        )
    who = (*modalities, JOINT)
    some = [subset for size in range(1, len(who)) for subset in combinations(who, size)]
    return ["all_right", "all_wrong", *("only_" + "+".join(subset) for subset in some)]


def group_codes(right: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Index into :func:`group_names` from who is right, modalities in order and joint last. (N, k + 1) ->
    (N,)"""
    voices = right.shape[1]
    some = [subset for size in range(1, voices) for subset in combinations(range(voices), size)]
    code_of = np.empty(2**voices, np.int16)  # by the number whose bit m says that voice m is right
    code_of[2**voices - 1], code_of[0] = 0, 1
    for code, subset in enumerate(some, start=2):
        code_of[sum(1 << voice for voice in subset)] = code
    return code_of[right @ (1 << np.arange(voices))]
