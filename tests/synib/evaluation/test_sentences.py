"""Findings in words."""

import pytest

from synib.evaluation.sentences import bits, count, listed, p_value, points, signed, synergy_sentence
from synib.report import Estimate, Null


def say(value, low, high, p, at_least=None, modalities=("left", "right")):
    null = Null(mean=0.001, q95=0.02, p=p, draws=1000, method="")
    estimate = Estimate(value=value, low=low, high=high)
    at_least = max(0, value) if at_least is None else at_least
    return synergy_sentence(estimate, at_least, null, low > 0 and p < 0.05, modalities, "left")


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        (
            say(0.81, 0.78, 0.84, 0.001),
            "0.81 bit [0.78, 0.84] of the label is only in the combination of left and right; "
            "0.00 expected by chance (p = .001).",
        ),
        (
            say(1.0, 0.9, 1.1, 0.0009, at_least=0.0),
            "1.00 bit [0.90, 1.10] of the label is only in the combination of left and right by the most "
            "generous measure, 0.00 by the strictest; 0.00 expected by chance (p < .001).",
        ),
        (
            say(0.5, 0.4, 0.6, 0.002, modalities=("x1", "x2", "x3")),
            "0.50 bit [0.40, 0.60] of the label is in no single one of x1, x2 and x3; "
            "0.00 expected by chance (p = .002).",
        ),
        (
            say(0.003, -0.01, 0.02, 0.31),
            "No synergy found: 0.003 bit [-0.010, 0.020] is what chance gives (p = .31).",
        ),
        (
            say(0.02, 0.001, 0.04, 0.2),
            "No synergy found: 0.020 bit [0.001, 0.040] does not hold against every forecast from one "
            "modality (p = .20).",
        ),
        (
            say(0.02, -0.001, 0.04, 0.04),
            "No synergy found: the interval of 0.020 bit [-0.001, 0.040] is not above 0 (p = .040).",
        ),
        (
            say(-0.25, -0.3, -0.2, 1.0),
            "No synergy found: left and right together tell 0.25 bit less of the label than left alone "
            "(p = 1.00).",
        ),
        (
            say(0.0, 0.0, 0.0, 1.0),
            "No synergy found: left and right together tell no more than left alone (p = 1.00).",
        ),
    ],
)
def test_a_finding_reads(finding, sentence):
    assert finding == sentence


def test_nothing_is_not_minus_nothing():
    assert bits(-0.0001) == "0.00"
    assert bits(-0.01) == "-0.01"


def test_p_values_have_the_places_that_matter():
    assert [p_value(p) for p in (0.0001, 0.012, 0.0625, 0.31, 1)] == [
        "p < .001",
        "p = .012",
        "p = .062",
        "p = .31",
        "p = 1.00",
    ]


def test_names_are_listed_as_people_do():
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_differences_have_a_sign_and_shares_become_points():
    difference = Estimate(value=0.0312, low=-0.0004, high=0.06)
    assert signed(difference, 2) == "+0.03 [0.00, 0.06]"
    assert points(difference) == "+3.1 points [0.0, 6.0]"
    assert points(Estimate(value=-0.0004, low=None, high=None)) == "0.0 points"
    assert (count(1, "seed"), count(1200, "seed")) == ("1 seed", "1,200 seeds")
