"""Groups of examples by who is right."""

from itertools import product

import numpy as np
import pytest

from synib.evaluation.groups import group_codes, group_names


def test_names_of_two_modalities_have_a_stable_order():
    assert group_names(["left", "right"]) == [
        "all_right",
        "all_wrong",
        "only_left",
        "only_right",
        "only_joint",
        "only_left+right",
        "only_left+joint",
        "only_right+joint",
    ]


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_every_combination_has_the_group_that_is_named_after_it(k):
    who = [*(f"x{m}" for m in range(k)), "joint"]
    right = np.array(list(product([False, True], repeat=k + 1)))
    names = group_names(who[:-1])
    for row, code in zip(right, group_codes(right), strict=True):
        some = "+".join(name for name, is_right in zip(who, row, strict=True) if is_right)
        assert names[code] == ("all_right" if row.all() else f"only_{some}" if some else "all_wrong")


def test_a_modality_called_joint_is_refused():
    with pytest.raises(ValueError, match="rename it"):
        group_names(["joint", "left"])
