"""Calibration against hand-computed cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synib.evaluation import calibration
from synib.evaluation.calibration import RANGE, brier, ece, fit_temperature, least_nll, probabilities

logits_and_labels = st.integers(2, 4).flatmap(
    lambda K: st.integers(2, 30).flatmap(
        lambda N: st.tuples(
            arrays(np.float64, (N, K), elements=st.floats(-20, 20)),
            arrays(np.int64, N, elements=st.integers(0, K - 1)),
        )
    )
)


def nll(logits, label, temperature=calibration.UNCALIBRATED):
    return calibration.nll(probabilities(logits, temperature)[np.arange(len(label)), label]).mean()


def two_class_logits(gap, right, wrong):
    """Always ``gap`` for class 0, which is the label of ``right`` examples."""
    return np.tile([gap, 0.0], (right + wrong, 1)), np.repeat([0, 1], [right, wrong])


def test_temperature_of_a_constant_gap_is_the_gap_over_the_log_odds():
    logits, label = two_class_logits(2.0, 7, 3)
    assert least_nll(logits, np.eye(2)[label]).value == pytest.approx(2.360445, abs=1e-6)


def test_temperature_by_platts_targets_of_a_case_worked_by_hand():
    # 7 of 10 right, targets 11/12 and 1/12: the mean target is (7 * 11 + 3 * 1) / 120 = 2/3, so T = 2 / ln 2.
    logits, label = two_class_logits(2.0, 7, 3)
    assert fit_temperature(logits, label).value == pytest.approx(2 / np.log(2), abs=1e-6)


@pytest.mark.parametrize("scale", [0.2, 1.0, 7.0])
def test_scaling_logits_scales_the_temperature(scale):
    logits, label = two_class_logits(2.0, 7, 3)
    assert fit_temperature(scale * logits, label).value == pytest.approx(scale * 2 / np.log(2), abs=1e-5)


@given(logits_and_labels)
def test_temperature_never_changes_which_class_is_largest(case):
    logits, label = case
    p = probabilities(logits, fit_temperature(logits, label))
    assert np.all(p[np.arange(len(p)), logits.argmax(1)] == p.max(1))


@given(logits_and_labels)
def test_the_least_nll_is_never_worse_than_the_one_before(case):
    logits, label = case
    temperature = least_nll(logits, np.eye(logits.shape[1])[label])
    assert temperature.note or nll(logits, label, temperature) <= nll(logits, label) + 1e-9
    assert RANGE[0] <= temperature.value <= RANGE[1]


def test_validation_without_a_mistake_asks_for_no_more_than_laplaces_rule():
    logits, label = two_class_logits(9.0, 98, 0)
    temperature = fit_temperature(logits, label)
    assert probabilities(logits, temperature).max(1).mean() == pytest.approx(99 / 100)


def test_a_forecast_that_is_always_wrong_is_made_to_say_nothing_and_says_so():
    temperature = fit_temperature(*two_class_logits(2.0, 0, 10))
    assert temperature.value == RANGE[1]
    assert "no confidence" in temperature.note


def test_logits_that_are_all_equal_stay_finite():
    assert np.isfinite(fit_temperature(np.zeros((5, 3)), np.array([0, 1, 2, 0, 1])).value)


def test_ece_puts_confidence_one_into_the_last_bin():
    # [0.95, 1.0] with labels [right, wrong] is one bin: |0.975 - 0.5|. A sixteenth bin would give 0.525.
    assert ece(np.array([0.95, 1.0]), np.array([True, False])) == pytest.approx(0.475)


def test_ece_of_seventy_percent_confidence_and_half_right():
    assert ece(np.full(10, 0.7), np.arange(10) < 5) == pytest.approx(0.2)


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 1.0])
def test_ece_of_certainty_is_the_error_rate(accuracy):
    assert ece(np.ones(10), np.arange(10) < 10 * accuracy) == pytest.approx(1 - accuracy)


def test_brier_of_certainty_is_zero_or_two_and_of_a_coin_a_half():
    p = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    assert brier(p, np.array([0, 1, 0])) == pytest.approx([0, 2, 0.5])
