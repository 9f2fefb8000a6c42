"""F1 against scikit-learn, its interval against the bootstrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from synib.information.f1 import f1

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@settings(deadline=None)
@given(pairs)
def test_values_are_scikit_learns(rows):
    label, predicted = np.array(rows).T
    found = f1(label, predicted)
    oracle = f1_score(label, predicted, average=None, zero_division=0)
    assert list(found.by_class) == sorted({*label.tolist(), *predicted.tolist()})
    assert [share.value for share in found.by_class.values()] == pytest.approx(oracle.tolist())
    assert found.macro.value == pytest.approx(f1_score(label, predicted, average="macro", zero_division=0))


def test_by_hand_where_the_released_accuracy_went_wrong():
    # Three of four right; class 1: precision 2/3, recall 1; class 0: precision 1, recall 1/2.
    found = f1(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    assert [share.value for share in found.by_class.values()] == pytest.approx([2 / 3, 4 / 5])
    assert found.macro.value == pytest.approx(11 / 15)


def drawn(N, seed, rare=0.1):
    rng = np.random.default_rng(seed)
    label = rng.choice(3, N, p=[0.5 - rare / 2, 0.5 - rare / 2, rare])
    return label, np.where(rng.random(N) < 0.7, label, rng.integers(0, 3, N))


def test_intervals_are_as_wide_as_the_bootstraps():
    label, predicted = drawn(2000, 0)
    rng = np.random.default_rng(1)
    again = [rng.integers(0, 2000, 2000) for _ in range(600)]
    scores = np.array([f1_score(label[rows], predicted[rows], average=None) for rows in again])
    found = f1(label, predicted)
    for share, column in zip(
        [*found.by_class.values(), found.macro], [*scores.T, scores.mean(axis=1)], strict=True
    ):
        low, high = np.quantile(column, [0.025, 0.975])
        assert share.interval() == pytest.approx((low, high), abs=0.15 * (high - low))


def test_rows_of_one_speaker_count_as_one():
    label, predicted = drawn(300, 2)
    speaker = np.repeat(np.arange(300), 4)
    once, four = f1(label, predicted), f1(np.repeat(label, 4), np.repeat(predicted, 4), speaker)
    assert four.macro.value == pytest.approx(once.macro.value)
    assert four.macro.effective == pytest.approx(once.macro.effective, rel=0.01)


@pytest.mark.parametrize("right", [0, 25])
def test_a_perfect_score_of_a_few_still_has_an_interval(right):
    # 25 of 25 right is Wilson's interval of 25 answers for the one class that there is; none right is of 25.
    label = np.zeros(25, int)
    found = f1(label, label if right else label + 1)
    low, high = found.by_class[0].interval()
    assert (high - low) > 0.1
    assert found.by_class[0].value == right / 25
