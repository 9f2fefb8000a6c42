"""Binned errors, the Brier score taken apart, and what a calibrated forecast would show."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from synib.evaluation.calibration.brier_parts import BrierParts
from synib.evaluation.calibration.errors import adaptive_ece, brier, class_wise_ece, ece, equal_mass
from synib.evaluation.calibration.null import EXACT, Binning, calibrated_errors
from synib.evaluation.calibration.report import reliability

forecasts = st.integers(2, 4).flatmap(
    lambda K: st.integers(1, 40).flatmap(
        lambda N: st.tuples(
            arrays(np.float64, (N, K), elements=st.floats(0.01, 1)).map(
                lambda p: p / p.sum(1, keepdims=True)
            ),
            arrays(np.int64, N, elements=st.integers(0, K - 1)),
        )
    )
)


def binary(rng, n):
    q = rng.random(n)
    return np.stack([1 - q, q], axis=1), (rng.random(n) < q).astype(int)


def test_three_errors_of_a_case_worked_by_hand():
    # Confidences .95 and 1.0, one right: one bin of equal width, |1.95 - 1| / 2. Of equal mass each is its
    # own bin: (|.95 - 1| + |1 - 0|) / 2. By class: both classes' probabilities of (.95, 1.0) and (.05, 0)
    # share a bin, so |1.95 - 1| / 2 each.
    p, label = np.array([[0.95, 0.05], [1.0, 0.0]]), np.array([0, 1])
    right = p.argmax(1) == label
    assert ece(p.max(1), right) == pytest.approx(0.475)
    assert adaptive_ece(p.max(1), right) == pytest.approx(0.525)
    assert class_wise_ece(p, label) == pytest.approx(0.475)


def test_all_errors_of_a_perfect_oracle_are_zero():
    label = np.array([0, 1, 2, 1])
    p = np.eye(3)[label]
    assert Binning.of(p).errors(label) == pytest.approx([0, 0, 0])
    assert brier(p, label).sum() == 0


def test_class_wise_error_sees_what_the_top_label_hides():
    # Half are right at confidence 1/2: the top label is calibrated, the other two classes are not.
    p, label = np.tile([0.5, 0.4, 0.1], (10, 1)), np.repeat([0, 2], 5)
    assert ece(p.max(1), label == 0) == pytest.approx(0)
    assert class_wise_ece(p, label) == pytest.approx((0 + 0.4 + 0.4) / 3)


def test_one_binning_gives_the_three_errors():
    rng = np.random.default_rng(0)
    p, label = rng.dirichlet(np.ones(4), 300), rng.integers(4, size=300)
    right = p.argmax(1) == label
    expected = [ece(p.max(1), right), adaptive_ece(p.max(1), right), class_wise_ece(p, label)]
    assert Binning.of(p).errors(label) == pytest.approx(expected)


def test_bins_are_sklearns():
    rng = np.random.default_rng(1)
    p, label = binary(rng, 2_000)
    confidence, right = p.max(1), p.argmax(1) == label
    diagram = reliability(confidence, right)
    happened, said = calibration_curve(right, confidence, n_bins=15)
    assert [c for c in diagram.confidence if c is not None] == pytest.approx(said)
    assert [a.value for a in diagram.accuracy if a is not None] == pytest.approx(happened)
    assert sum(diagram.n) == 2_000
    filled = [
        (n, c, a.value) for n, c, a in zip(diagram.n, diagram.confidence, diagram.accuracy, strict=True) if n
    ]
    assert sum(n * abs(c - a) for n, c, a in filled) / 2_000 == pytest.approx(ece(confidence, right))


def test_bins_of_equal_mass_hold_as_many_and_do_not_split_equals():
    rng = np.random.default_rng(2)
    assert set(np.bincount(equal_mass(rng.random(300)))) == {20}
    assert len(np.unique(equal_mass(np.repeat([0.6, 0.7], 50)))) == 2


@given(forecasts, st.randoms(use_true_random=False))
def test_the_order_of_examples_changes_no_error(case, random):
    p, label = case
    order = np.array(random.sample(range(len(p)), len(p)))
    assert Binning.of(p).errors(label) == pytest.approx(Binning.of(p[order]).errors(label[order]), abs=1e-12)


@given(forecasts)
@example((np.array([[0.8, 0.2], [np.nextafter(0.8, 1), 0.2], [0.5, 0.5]]), np.array([0, 0, 0])))
def test_the_brier_score_is_the_sum_of_its_parts(case):
    p, label = case
    parts = BrierParts.of(p, label)
    assert parts.score == pytest.approx(brier(p, label).mean(), abs=1e-12)
    assert parts.miscalibration >= -1e-12
    assert parts.discrimination >= -1e-12
    shares = np.bincount(label) / len(label)
    assert parts.uncertainty == pytest.approx(1 - (shares**2).sum())


def test_the_brier_score_of_two_classes_is_twice_sklearns():
    p, label = binary(np.random.default_rng(3), 500)
    assert BrierParts.of(p, label).score == pytest.approx(2 * brier_score_loss(label, p[:, 1]))


def test_parts_of_a_brier_score_worked_by_hand():
    # All say .7, half are right: (.7 - .5)² per class is miscalibration, nothing is told apart.
    parts = BrierParts.of(np.tile([0.7, 0.3], (10, 1)), np.arange(10) % 2)
    assert parts.miscalibration == pytest.approx(2 * 0.2**2)
    assert parts.discrimination == pytest.approx(0)
    assert parts.uncertainty == pytest.approx(0.5)


def test_a_forecast_that_ranks_perfectly_loses_only_to_miscalibration():
    parts = BrierParts.of(np.array([[0.4, 0.6], [0.45, 0.55], [0.8, 0.2]]), np.array([1, 1, 0]))
    assert parts.discrimination == pytest.approx(parts.uncertainty)
    assert parts.score == pytest.approx(parts.miscalibration)


def test_the_null_of_a_coin_is_a_folded_binomial():
    # N fair coins at confidence 1/2: ECE is |right - N/2| / N, mean sqrt(2 / (pi N)) / 2.
    N = 400
    drawn = calibrated_errors(Binning.of(np.full((N, 2), 0.5)), np.random.default_rng(4), 4_000)
    assert drawn[:, 0].mean() == pytest.approx(np.sqrt(2 / (np.pi * N)) / 2, rel=0.05)
    assert drawn[:, 2] == pytest.approx(drawn[:, 0])  # both classes err by the same


def test_normal_cells_of_large_tables_agree_with_drawn_labels(monkeypatch):
    p = np.random.default_rng(5).dirichlet(np.ones(4), EXACT)
    drawn = calibrated_errors(Binning.of(p), np.random.default_rng(6), 300)
    monkeypatch.setattr("synib.evaluation.calibration.null.EXACT", EXACT - 1)
    normal = calibrated_errors(Binning.of(p), np.random.default_rng(7), 300)
    assert normal.mean(0) == pytest.approx(drawn.mean(0), rel=0.06)
    assert np.quantile(normal, 0.95, axis=0) == pytest.approx(np.quantile(drawn, 0.95, axis=0), rel=0.08)
