"""Families of paired tests: known p values, findings by hand, and their promise under no difference."""

import numpy as np
import pytest

from synib.evaluation.attribution import winners
from synib.evaluation.pairs import Pair, Scale, family, mean_over_seeds, seeds_that_can
from synib.information.statistics import equivalence_p, exact_sign_flip_p, holm

ACCURACY = Scale("accuracy", 1, 0.005)
NLL = Scale("nll", -1, 0.01)


def pair(differences, method="synib", base=0.8):
    values = dict(enumerate(base + np.asarray(differences)))
    return Pair(method, "vanilla", values, dict.fromkeys(values, base))


def test_p_values_are_corrected_for_the_family():
    rng = np.random.default_rng(0)
    differences = [rng.normal(shift, 0.01, 10) for shift in (0.0, 0.004, 0.02)]
    found = family("helps", ACCURACY, [pair(d) for d in differences])
    assert [test.p for test in found] == pytest.approx([exact_sign_flip_p(d) for d in differences])
    assert [test.p_holm for test in found] == pytest.approx(holm([test.p for test in found]))
    assert [test.p_equivalent for test in found] == pytest.approx(
        holm([equivalence_p(d, 0.005) for d in differences])
    )


ALTERNATING = np.tile([1, -1], 5)


@pytest.mark.parametrize(
    ("differences", "finding"),
    [
        (0.02 + 0.002 * ALTERNATING, "better"),
        (-0.02 + 0.002 * ALTERNATING, "worse"),
        (0.001 * ALTERNATING, "equivalent"),
        (0.003 + 0.0001 * ALTERNATING, "equivalent"),  # surely above 0, and surely too little to matter
        (-0.01 + 0.02 * ALTERNATING, "no_better"),  # p of the sign flips is .34; upper end of 90 % is .0022
        (0.002 + 0.03 * ALTERNATING, "undecided"),
        ([0.1, 0.1, 0.11, 0.1, 0.1], "undecided"),  # 5 signs cannot go below .0625
        ([0.1, 0.1], "undecided"),
    ],
)
def test_findings_of_one_pair(differences, finding):
    (test,) = family("helps", ACCURACY, [pair(differences)])
    assert test.finding == finding


def test_less_is_better_where_less_is_better():
    (test,) = family("helps", NLL, [pair(-0.05 + 0.002 * ALTERNATING)])
    assert test.finding == "better"
    assert test.difference.value == pytest.approx(-0.05)


def test_two_seeds_have_neither_interval_nor_equivalence():
    (test,) = family("helps", ACCURACY, [pair([0.0, 0.0])])
    assert (test.difference.low, test.p_equivalent, test.p_no_better, test.detectable) == (None,) * 4
    assert mean_over_seeds([0.1, 0.2, 0.3]).low is not None


def test_a_pair_without_a_shared_seed_is_not_tested():
    assert family("helps", ACCURACY, [Pair("a", "b", {0: 0.5}, {1: 0.5})]) == []


def test_an_undecided_pair_says_how_many_seeds_would_do():
    # Standard deviation 1.054 of the mean 1, both in points: statsmodels asks for 10.8 pairs.
    (test,) = family("helps", ACCURACY, [pair(0.01 + 0.01 * ALTERNATING[:9])])
    assert test.finding == "undecided"
    assert test.seeds_needed == pytest.approx(11, abs=1)
    assert test.detectable == pytest.approx(0.01, abs=0.002)


def test_more_comparisons_need_more_seeds():
    assert [seeds_that_can(comparisons) for comparisons in (1, 2, 3, 10)] == [6, 7, 7, 9]


NOISE = {
    "normal": lambda rng, shape: rng.normal(0, 1, shape),
    "skewed": lambda rng, shape: rng.exponential(1, shape) ** 2,
}


def winners_of(values: np.ndarray) -> tuple[list[str], bool]:
    """Of (methods, seeds), the baseline first: who is declared, and whether an uncorrected p would do it."""
    rows = [dict(enumerate(row)) for row in values]
    pairs = [Pair(f"method {m}", "baseline", row, rows[0]) for m, row in enumerate(rows[1:], 1)]
    found = family("helps", ACCURACY, pairs)
    return winners(found), any(test.p < 0.05 and test.difference.value > 0 for test in found)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(("methods", "draws"), [(2, 1500), (4, 1000), (12, 600)])
def test_where_methods_do_not_differ_a_winner_is_declared_in_at_most_5_of_100_experiments(
    methods, draws, noise
):
    rng = np.random.default_rng(methods)
    values = 0.8 + 0.02 * NOISE[noise](rng, (draws, methods, 10))
    values += 0.05 * rng.normal(size=(draws, 1, 10))  # a seed that is easy is so for all
    declared, uncorrected = zip(*map(winners_of, values), strict=True)
    assert np.mean([bool(names) for names in declared]) <= 0.05
    if methods == 12:  # what the correction is for
        assert np.mean(uncorrected) > 0.08


def test_a_real_winner_is_declared_among_twelve():
    values = 0.8 + 0.01 * np.random.default_rng(0).normal(size=(200, 12, 10))
    values[:, 5] += 0.03
    assert np.mean([winners_of(one)[0] == ["method 5"] for one in values]) > 0.9
