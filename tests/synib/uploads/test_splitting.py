"""Drawn splits keep their shares, their classes and their groups."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synib import spec
from synib.uploads import splitting
from synib.uploads.faults import RowFaults

SHARES = np.array([0.6, 0.15, 0.25])


def drawn(y: Any, group: Any = None, **asked: Any) -> Any:
    faults = RowFaults()
    split = splitting.draw(
        np.asarray(y), None if group is None else np.asarray(group), spec.Upload(**asked), faults
    )
    faults.check()
    return split


@given(st.lists(st.integers(5, 60), min_size=1, max_size=6), st.integers(0, 2**31 - 1))
def test_every_class_is_cut_by_the_shares_and_so_is_the_whole(sizes: list[int], seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = drawn(y, seed=seed)
    for code, size in enumerate(sizes):
        counts = np.bincount(split[y == code], minlength=3)
        assert (np.abs(counts - SHARES * size) < 2).all()
    assert (np.abs(np.bincount(split, minlength=3) - SHARES * len(y)) < 2).all()


@given(st.lists(st.integers(1, 12), min_size=8, max_size=60), st.integers(0, 2**31 - 1))
def test_groups_stay_whole(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = drawn(rng.integers(0, 3, len(group)), group, seed=seed)
    assert not len(splitting.leaking(split, group))
    # The last group that a split was given fits within what it lacked: no split is off by more than a group.
    assert (np.abs(np.bincount(split, minlength=3) - SHARES * len(group)) <= max(sizes) + 1).all()


def test_classes_are_spread_evenly_over_groups_of_one_class() -> None:
    # 40 groups of 5 examples, of one class each: 20 groups a class, so shares of 12, 3 and 5 groups.
    group = np.repeat(np.arange(40), 5)
    y = group % 2
    split = drawn(y, group)
    for code in (0, 1):
        assert np.bincount(split[y == code], minlength=3).tolist() == [60, 15, 25]


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    y = np.arange(200) % 2
    first, again, other = (drawn(y, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_shares_are_those_asked_for() -> None:
    split = drawn(np.zeros(100, int), split=spec.Split(train=0.2, validation=0.3, test=0.5))
    assert np.bincount(split).tolist() == [20, 30, 50]


def test_groups_in_several_splits_are_found() -> None:
    split = np.array([0, 0, 1, 2, 2, 0], np.int8)
    assert splitting.leaking(split, np.array([0, 0, 1, 1, 2, 3])).tolist() == [1]


@pytest.mark.parametrize(("y", "group"), [([0, 1], None), ([0, 1, 0, 1], [0, 1, 0, 1])])
def test_too_little_for_three_splits_is_refused(y: list[int], group: list[int] | None) -> None:
    with pytest.raises(ValueError, match=r"too few|there are 2 groups"):
        drawn(y, group)
