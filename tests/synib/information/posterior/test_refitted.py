"""The jackknife of parts: exact for a mean, silent where it cannot be had."""

import numpy as np
import pytest

from synib.information.posterior.believing import beyond
from synib.information.posterior.estimate import believed, fitted
from synib.information.posterior.refitted import PARTS, spreads


def of_means(values, label, seed=0, group=None):
    def estimates(keep):
        return {"mean": float(values[keep].mean()), "nothing": 1.0}

    return spreads(estimates, label, np.random.default_rng(seed), group)


def test_of_a_mean_it_is_the_standard_error_of_the_parts_means():
    # Equal parts: (G - 1) / G · sum (m_-g - m)² = sum (m_g - m)² / (G (G - 1)), whatever the values.
    values = np.random.default_rng(0).exponential(size=30 * PARTS)
    part = np.random.default_rng(7).permutation(len(values)) % PARTS
    means = np.array([values[part == g].mean() for g in range(PARTS)])
    found = of_means(values, np.arange(len(values)) % 2, seed=7)
    assert found["mean"] == pytest.approx(means.std(ddof=1) / np.sqrt(PARTS))
    assert found["nothing"] == 0


def test_groups_are_left_out_whole():
    # Examples of a group are equal, so it is the standard error of as many groups, not examples.
    group = np.repeat(np.arange(400), 5)
    values = np.random.default_rng(1).normal(size=400)[group]
    label = np.arange(len(values)) % 2
    found = [of_means(values, label, seed, group)["mean"] for seed in range(300)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(values.std() / np.sqrt(400), rel=0.05)


def test_too_few_examples_or_a_class_that_would_go_give_none():
    values = np.arange(100.0)
    assert of_means(values[: 2 * PARTS - 1], np.arange(2 * PARTS - 1) % 2) == {}
    assert of_means(values, (np.arange(100) == 3).astype(int)) == {}
    assert of_means(values, np.arange(100) % 2, group=np.arange(100) // 10) == {}


def test_what_is_beyond_an_interval_adds_up_in_squares():
    assert beyond(0.5, (-0.4 * 1.96, 0.4 * 1.96)) == pytest.approx(0.3)
    assert beyond(0.3, (-1, 1)) == 0


def test_every_quantity_of_raw_features_knows_its_spread():
    rng = np.random.default_rng(2)
    x = {"a": rng.normal(size=300), "b": rng.normal(size=300)}
    label = (x["a"] * x["b"] + 0.3 * rng.normal(size=300) > 0).astype(int)
    told, _ = fitted(x, label, seed=0)
    for one in believed(told, x, 0):
        assert one.refitted is not None
        assert 0 < one.refitted < 10 * max(0.02, one.values.std() / np.sqrt(300)), one.name
