"""Intervals and tests against tables, enumeration and their own promises."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synib.information.statistics import (
    LARGE,
    exact_sign_flip_p,
    holm,
    mean_intervals,
    sign_flips,
    smallest_p,
    t_interval,
)

FIVE = (0.8, 1.1, 0.4, 0.9, 1.3)
numbers = st.floats(-100, 100, allow_nan=False)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_t_interval_of_five_differences():
    assert t_interval(FIVE) == pytest.approx((0.478931, 1.321069), abs=1e-6)


def test_one_value_has_no_interval():
    assert t_interval([0.7]) is None


@pytest.mark.parametrize(
    ("n", "p"), [(5, 0.0625), (6, 0.03125), (7, 0.015625), (8, 0.0078125), (10, 0.001953125)]
)
def test_differences_of_one_sign_reach_the_smallest_possible_p(n, p):
    assert exact_sign_flip_p(np.arange(1, n + 1)) == smallest_p(n) == p


@given(st.lists(numbers, min_size=1, max_size=7))
def test_exact_p_is_the_share_of_sign_patterns_at_least_as_far_from_zero(d):
    means = [
        sum(sign * value for sign, value in zip(signs, d, strict=True))
        for signs in product((1, -1), repeat=len(d))
    ]
    slack = 1e-9 * sum(map(abs, d))
    assert exact_sign_flip_p(d) == np.mean([abs(mean) >= abs(sum(d)) - slack for mean in means])


def test_no_difference_has_p_one():
    assert exact_sign_flip_p([0.0, 0.0, 0.0]) == 1


def test_drawn_p_of_many_pairs_is_near_the_t_test_and_the_same_every_time():
    d = rng().normal(0.3, 1, 40)
    assert exact_sign_flip_p(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue, abs=0.01)
    assert exact_sign_flip_p(d) == exact_sign_flip_p(d)


def test_holm_corrects_four_p_values():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_bootstrap_interval_of_a_mean_is_near_the_normal_one():
    x = rng(1).normal(2, 3, (2_000, 1))
    low, high = mean_intervals(x, rng(), 4_000)[0]
    half = 1.96 * x.std() / np.sqrt(2_000)
    assert (low, high) == pytest.approx((x.mean() - half, x.mean() + half), abs=0.02)


def test_large_samples_get_the_interval_that_the_bootstrap_tends_to():
    x = rng(2).exponential(1, (LARGE + 1, 1))
    assert mean_intervals(x, rng(), 100)[0] == pytest.approx(
        mean_intervals(x[:-1], rng(), 4_000)[0], abs=2e-3
    )


def test_a_constant_has_an_interval_of_no_width():
    assert mean_intervals(np.full((50, 1), 0.1), rng(), 100).tolist() == [[0.1, 0.1]]


def test_bootstrap_intervals_cover_the_truth_about_as_often_as_they_say():
    # 95 %; percentile intervals of 60 exponentials are a little short: 91 to 97 of 100.
    draws = rng(3).exponential(1, (60, 1_000))
    intervals = mean_intervals(draws, rng(4), 400)  # one resampling serves all columns
    assert 0.90 <= np.mean((intervals[:, 0] < 1) & (intervals[:, 1] > 1)) <= 0.97


def test_sign_flips_of_pure_noise_have_uniform_p():
    p = [sign_flips(rng(seed).normal(0, 1, 50), rng(1_000 + seed), 400).p for seed in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_sign_flips_know_a_shift_from_noise_and_never_say_zero():
    shifted = sign_flips(rng().normal(1, 1, 200), rng(), 999)
    assert shifted.p == 0.001
    assert shifted.mean == pytest.approx(0, abs=0.02)
    assert shifted.q95 == pytest.approx(1.645 * np.sqrt(2 / 200), abs=0.02)  # E d² = 2


def test_sign_flips_of_nothing_have_p_one():
    assert sign_flips(np.zeros(30), rng(), 100).p == 1


@settings(max_examples=30)
@given(st.lists(numbers, min_size=1, max_size=9), st.floats(0.1, 10))
def test_sign_flip_p_ignores_the_unit(values, unit):
    d = np.array(values)
    assert sign_flips(d * unit, rng(), 200).p == sign_flips(d, rng(), 200).p
