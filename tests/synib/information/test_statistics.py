"""Intervals and tests against tables, enumeration and their own promises."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synib.information.statistics import (
    LARGE,
    detectable,
    equivalence_p,
    exact_sign_flip_p,
    holm,
    interquartile_mean,
    less_than_p,
    mcnemar_p,
    mean_intervals,
    replicates_needed,
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


@pytest.mark.parametrize(("b", "c", "p"), [(5, 15, 0.041389), (0, 6, 0.03125), (0, 0, 1.0), (7, 7, 1.0)])
def test_mcnemar_is_exact(b, c, p):
    assert mcnemar_p(b, c) == mcnemar_p(c, b) == pytest.approx(p, abs=1e-6)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_binomial_test_of_a_fair_coin(b, c):
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar_p(b, c) == pytest.approx(expected, abs=1e-9)


def test_the_middle_half_does_not_see_the_seed_that_failed():
    seeds = (0.70, 0.72, 0.71, 0.90, 0.69, 0.73, 0.30, 0.71)
    assert interquartile_mean(seeds) == pytest.approx(0.71)
    assert np.mean(seeds) == pytest.approx(0.6825)


@given(st.lists(numbers, min_size=1, max_size=40))
def test_the_middle_half_is_that_of_every_value_four_times(x):
    # Four copies have a whole number of values in each quarter, and scipy's trimmed mean no shares to weigh.
    assert interquartile_mean(x) == pytest.approx(stats.trim_mean(np.repeat(x, 4), 0.25), abs=1e-9)


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


TEN = (0.002, -0.001, 0.003, 0, 0.001, -0.002, 0.001, 0.002, -0.001, 0)


@pytest.mark.parametrize(
    ("differences", "margin", "p"),
    [  # statsmodels 0.15, ttost_paired
        (TEN, 0.005, 4.269025611583123e-06),
        (FIVE, 0.5, 0.9711350867482134),
        (FIVE, 1.5, 0.008364827843339598),
    ],
)
def test_equivalence_has_the_p_of_two_one_sided_tests(differences, margin, p):
    assert equivalence_p(differences, margin) == pytest.approx(p, rel=1e-9)


@given(st.lists(numbers, min_size=3, max_size=12, unique=True), st.floats(-50, 50))
def test_one_sided_p_is_the_t_tests(d, bound):
    assert less_than_p(d, bound) == pytest.approx(
        stats.ttest_1samp(d, bound, alternative="less").pvalue, abs=1e-9
    )


def test_differences_without_spread_are_what_they_are():
    assert less_than_p([0.5, 0.5, 0.5], 0.75) == 0
    assert less_than_p([0.5, 0.5, 0.5], 0.25) == 1
    with pytest.raises(ValueError, match="at least 2"):
        less_than_p([0.1], 0.2)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.lists(st.floats(0, 1), min_size=8, max_size=8))
@settings(max_examples=25, deadline=None)
def test_exact_p_is_that_of_exchanging_the_two_of_each_pair(a, b):
    b = b[: len(a)]
    exchanged = stats.permutation_test(
        (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True
    )
    assert exact_sign_flip_p(np.subtract(a, b)) == pytest.approx(exchanged.pvalue, abs=1e-12)


@pytest.mark.parametrize(
    ("n", "alpha", "effect"),
    [  # statsmodels 0.15, TTestPower().solve_power(power=0.8)
        (10, 0.05, 0.9960019107624178),
        (10, 0.05 / 11, 1.5054852486535246),
        (20, 0.05, 0.6604416544380312),
        (34, 0.05, 0.4950291315285059),
        (100, 0.01, 0.3475879364913354),
    ],
)
def test_detectable_effect_is_that_of_the_power_tables(n, alpha, effect):
    assert detectable(n, alpha) == pytest.approx(effect, rel=1e-5)


@pytest.mark.parametrize(("effect", "alpha", "n"), [(0.5, 0.05, 34), (0.2, 0.05, 199), (1.0, 0.05 / 11, 18)])
def test_replicates_needed_are_those_of_the_power_tables(effect, alpha, n):
    # The same source: 33.4, 198.2 and 17.6.
    assert replicates_needed(effect, alpha) == n


def test_what_no_number_of_signs_can_show_is_not_detectable():
    assert detectable(5, 0.05) is None  # 2 ** -4 is not below .05
    assert replicates_needed(1000.0, 0.05) == 6
    assert replicates_needed(0.0) is None


def test_the_exact_test_finds_the_detectable_effect_about_eight_times_in_ten():
    draws = rng().normal(detectable(10), 1, (1000, 10))
    found = np.mean([exact_sign_flip_p(d) < 0.05 for d in draws])
    assert 0.74 < found < 0.84
