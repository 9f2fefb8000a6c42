"""Noise and gaps for models whose answers are known in closed form."""

import numpy as np
import pytest
from scipy.stats import norm

from synib.evaluation.robustness import Training, noise_report
from synib.evaluation.robustness.noise import with_gap, with_noise


def sides(rng, n, scale=1.0):
    """Left is ± scale, right is nothing; the model reads the sign of left's first coordinate."""
    y = rng.integers(2, size=n)
    x = {"left": scale * np.where(y, 1.0, -1.0)[:, None].repeat(4, 1), "right": rng.normal(0, 3, (n, 10))}
    return x, y


def sign(x):
    p = np.where(x["left"][:, 0] > 0, 1.0, 0.0) + 0.5 * (x["left"][:, 0] == 0)
    return np.stack([1 - p, p], axis=1)


def curve(report, kind, modalities):
    return next(c for c in report.curves if c.kind == kind and c.modalities == modalities)


@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_noise_in_standard_deviations_costs_what_the_normal_tail_says(scale):
    x, y = sides(np.random.default_rng(0), 20_000, scale)
    said = noise_report(sign, x, y, Training.of(x), seed=0)
    left = curve(said, "noise", ["left"])
    expected = [1.0, *norm.cdf(1 / np.array(left.levels[1:]))]  # the sign of ± 1 + level · N(0, 1)
    assert [e.value for e in left.accuracy] == pytest.approx(expected, abs=0.012)
    assert left.worst_level == 4
    assert left.confidence == pytest.approx([1.0] * 6)  # it does not notice


def test_noise_in_what_is_not_read_costs_nothing():
    x, y = sides(np.random.default_rng(1), 500)
    said = noise_report(sign, x, y, Training.of(x), seed=0)
    assert curve(said, "noise", ["right"]).area.value == 1
    assert curve(said, "gap", ["right"]).worst.value == 1
    assert curve(said, "noise", ["left", "right"]).area.value == pytest.approx(
        curve(said, "noise", ["left"]).area.value
    )
    assert said.sentence.startswith("Disturbing left costs most")


def test_a_gap_is_one_block_of_the_training_mean():
    values = np.arange(60.0).reshape(6, 10)
    gone = with_gap(values, 0.3, np.full(10, -1.0), np.random.default_rng(2)) == -1
    assert (gone.sum(1) == 3).all()
    assert (np.abs(np.diff(gone.astype(int), axis=1)).sum(1) <= 2).all()
    assert len({tuple(row) for row in gone}) > 1  # each example's is somewhere else


def test_a_gap_in_time_takes_all_coordinates_of_a_step():
    values = np.ones((5, 8, 3))
    gone = with_gap(values, 0.5, np.array([4.0, 5.0, 6.0]), np.random.default_rng(3))
    lost = gone[:, :, 0] == 4
    assert (lost.sum(1) == 4).all()
    assert (gone[lost] == [4, 5, 6]).all()
    assert (gone[~lost] == 1).all()


def test_gaps_hide_the_first_coordinate_as_often_as_counting_says():
    # A block of l among 4 coordinates covers the first one only if it begins there: 1 of 4 - l + 1 places.
    x, y = sides(np.random.default_rng(4), 20_000)
    training = Training(
        mean={name: np.zeros(v.shape[1]) for name, v in x.items()}, deviation=Training.of(x).deviation
    )
    said = noise_report(sign, x, y, training, seed=0, gaps=(0, 0.25, 0.5, 0.75))
    hidden = [0, 1 / 4, 1 / 3, 1 / 2]
    accuracy = [e.value for e in curve(said, "gap", ["left"]).accuracy]
    assert accuracy == pytest.approx([1 - h / 2 for h in hidden], abs=0.01)


def test_the_dtype_stays_and_the_same_seed_says_the_same():
    x, y = sides(np.random.default_rng(5), 200)
    x = {name: values.astype(np.float32) for name, values in x.items()}
    noisy = with_noise(x["left"], 1.0, np.ones(4), np.random.default_rng(0))
    assert noisy.dtype == np.float32
    assert noise_report(sign, x, y, Training.of(x), seed=3) == noise_report(
        sign, x, y, Training.of(x), seed=3
    )


def test_training_deviation_is_by_coordinate_over_examples_and_time():
    rng = np.random.default_rng(6)
    series = rng.normal(0, [1.0, 10.0], (500, 7, 2))
    series[0, 0, 0] = np.nan  # missing is left out
    assert Training.of({"s": series}).deviation["s"] == pytest.approx([1, 10], rel=0.05)


def test_what_is_missing_stays_missing_and_is_no_trap():
    series = np.random.default_rng(6).normal(3, 1, (50, 8, 2))
    series[:, 5:] = np.nan  # padding of every example
    series[..., 1] = np.nan  # a coordinate that nobody has
    known = Training.of({"s": series})
    assert known.mean["s"] == pytest.approx([3, 0], abs=0.2)
    assert known.deviation["s"][1] == 0
    rng = np.random.default_rng(0)
    for changed in (
        with_gap(series, 0.9, known.mean["s"], rng),
        with_noise(series, 1, known.deviation["s"], rng),
    ):
        assert np.array_equal(np.isnan(changed), np.isnan(series))


@pytest.mark.parametrize("levels", [(0.5, 1.0), (0.0,), (0.0, 2.0, 1.0)])
def test_levels_begin_with_nothing_and_rise(levels):
    x, y = sides(np.random.default_rng(7), 20)
    with pytest.raises(ValueError, match="must begin with 0 and rise"):
        noise_report(sign, x, y, Training.of(x), seed=0, noise=levels)
