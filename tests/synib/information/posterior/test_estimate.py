"""The pipeline for raw features where the truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from synib.information.posterior import estimate
from synib.information.posterior.estimate import KEPT, _detectable, fitted
from synib.information.posterior.parts import parts
from synib.information.posterior.redrawn import Redrawn
from tests.synib.information.posterior.forecasts import by


def xor(mu, n, seed, dims=1):
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1, 1], (2, n))
    x = mu / np.sqrt(dims) * sign[:, :, None] + rng.normal(size=(2, n, dims))
    return {"a": x[0], "b": x[1]}, (sign[0] == sign[1]).astype(int)


# S = 1 - E h(p) by quadrature; redundant and unique are 0. 2,000 examples: an oracle's own error is .012.
@pytest.mark.parametrize(("mu", "bits"), [(1.0, 0.250437), (2.0, 0.835183)])
def test_gaussian_xor(mu, bits):
    x, label = xor(mu, 2000, seed=1)
    found = estimate(x, label, seed=0, draws=19)
    synergy = by(found, "synergy", "broja")
    assert synergy.value == pytest.approx(bits, abs=0.04)
    assert synergy.low < bits < synergy.high
    assert synergy.null.p == pytest.approx(1 / 20)
    for name in ("redundant", "unique:a", "unique:b"):
        assert by(found, name, "broja").value == pytest.approx(0, abs=0.01)


def test_posteriors_of_gaussian_xor_are_near_the_exact_one():
    x, label = xor(1.0, 4000, seed=2)
    told, _ = fitted(x, label, seed=0)
    exact = 0.5 * (1 + np.tanh(x["a"][:, 0]) * np.tanh(x["b"][:, 0]))
    off = told.posteriors["a", "b"].fitted[:, 1] - exact
    assert np.sqrt((off**2).mean()) < 0.04


def test_the_interval_covers_in_about_as_many_data_sets_as_it_says():
    # 40 data sets of 500: fewer than 33 covered has probability .001 at 95 %
    covered = 0
    for r in range(40):
        x, label = xor(1.0, 500, seed=[r, 11])
        synergy = by(estimate(x, label, seed=r, draws=1), "synergy", "broja")
        covered += synergy.low <= 0.250437 <= synergy.high
    assert covered >= 33


def worlds(kind, n, rng):
    a, b = rng.normal(size=(2, n))
    if kind == "redundant":
        b = a + 0.7 * b
    return {"a": a, "b": b}, (rng.random(n) < (0.5 if kind == "none" else expit(1.5 * a))).astype(int)


@pytest.mark.parametrize("kind", ["none", "unique", "redundant"])
def test_without_synergy_none_is_estimated_and_p_is_no_smaller_than_chance(kind):
    values, p = [], []
    for r in range(20):
        x, label = worlds(kind, 300, np.random.default_rng([r, 12]))
        synergy = by(estimate(x, label, seed=r, draws=19, resamples=50), "synergy", "broja")
        values.append(synergy.value)
        p.append(synergy.null.p)
    assert abs(np.mean(values)) < 0.01
    assert 0.3 < np.mean(p) < 0.75
    assert np.mean(np.array(p) <= 0.05) <= 4 / 20  # probability .003 for more


def test_redundant_modalities_share_what_they_tell():
    rng = np.random.default_rng(3)
    a = rng.normal(size=2000)
    label = (rng.random(2000) < expit(2 * a)).astype(int)
    found = estimate({"a": a, "b": 5 * a + 1}, label, seed=0, draws=19)
    told = by(found, "information:a", "posterior").value
    assert told > 0.2
    assert by(found, "redundant", "broja").value == pytest.approx(told, abs=0.01)
    assert by(found, "synergy", "broja").value == pytest.approx(0, abs=0.01)
    assert by(found, "synergy", "broja").high < 0.03


def test_conditionally_independent_views_have_the_synergy_of_their_channels():
    # Y through symmetric channels that err with .1 and .2: 0.278072, 0.252933, 0, 0.104818 (closed form).
    rng = np.random.default_rng(4)
    label = rng.integers(2, size=8000)
    x = {"a": label ^ (rng.random(8000) < 0.1), "b": label ^ (rng.random(8000) < 0.2)}
    found = estimate(x, label, seed=0, draws=19)
    values = [by(found, n, "broja").value for n in ("redundant", "unique:a", "unique:b", "synergy")]
    assert values == pytest.approx([0.278072, 0.252933, 0, 0.104818], abs=0.025)


def rotated(values, rng):
    return values @ np.linalg.qr(rng.normal(size=(values.shape[1],) * 2))[0]


def bits_of(x, label):
    told, _ = fitted(x, label, seed=0)
    return parts(*(told.posteriors[s] for s in (("a",), ("b",), ("a", "b"))), told.folds)


def test_scaling_and_shifting_a_modality_changes_no_example():
    x, label = xor(1.0, 300, seed=5, dims=2)
    one = bits_of(x, label)
    other = bits_of({"a": 1000 * x["a"] - 7, "b": -0.01 * x["b"]}, label)
    assert other.synergy == pytest.approx(one.synergy, abs=1e-4)
    assert other.union == pytest.approx(one.union, abs=1e-4)


def test_turning_and_reordering_a_modalitys_columns_hardly_matters():
    x, label = xor(1.0, 300, seed=6, dims=3)
    one = bits_of(x, label)
    reordered = {"a": x["a"][:, ::-1], "b": x["b"]}
    assert bits_of(reordered, label).synergy == pytest.approx(one.synergy, abs=2e-3)
    turned = {"a": rotated(x["a"], np.random.default_rng(0)), "b": x["b"]}
    assert bits_of(turned, label).synergy.mean() == pytest.approx(one.synergy.mean(), abs=0.02)


def test_swapping_modalities_swaps_what_is_unique():
    x, label = worlds("unique", 400, np.random.default_rng(7))
    one, other = bits_of(x, label), bits_of({"a": x["b"], "b": x["a"]}, label)
    assert other.unique[0] == pytest.approx(one.unique[1], abs=1e-4)
    assert other.synergy == pytest.approx(one.synergy, abs=1e-4)


def test_parity_of_three_modalities_is_said_to_be_out_of_reach():
    rng = np.random.default_rng(8)
    bits = rng.integers(2, size=(3, 600))
    found = estimate(dict(zip("abc", bits, strict=True)), bits.sum(0) % 2, seed=0, draws=19)
    assert by(found, "synergy", "mmi").value == pytest.approx(0, abs=0.01)
    assert "interactions of two modalities" in by(found, "synergy", "mmi").note


def test_labels_may_be_words():
    x, label = xor(2.0, 300, seed=9)
    words = np.array(["differ", "agree"])[label]
    one, other = (by(estimate(x, y, seed=0, draws=19), "synergy", "broja") for y in (label, words))
    assert one.value == pytest.approx(other.value, abs=0.02)  # other folds: the classes' order


@pytest.mark.parametrize(
    ("x", "label", "words"),
    [
        ({"a": np.zeros(4)}, [0, 1, 0, 1], "two modalities"),
        ({"a": np.zeros(4), "b": np.zeros(4)}, [1, 1, 1, 1], "one class"),
        ({"a": np.zeros(4), "b": np.zeros(3)}, [0, 1, 0, 1], "b has 3 rows"),
        (
            {"a": np.array([0, 1, np.nan, 2]), "b": np.zeros(4)},
            [0, 1, 0, 1],
            "a has values that are not finite",
        ),
    ],
)
def test_what_cannot_be_estimated_is_refused_by_name(x, label, words):
    with pytest.raises(ValueError, match=words):
        estimate(x, label, seed=0)


@given(st.integers(0, 1000), st.integers(100, 10_000), st.sampled_from([0.5, 0.8, 0.975]))
def test_what_is_detectable_lies_so_far_above_the_null_as_its_power_asks(seed, N, power):
    drawn = np.random.default_rng(seed).normal(0.01, 0.004, 39)
    found = Redrawn(0.0, drawn)
    S = _detectable(found, N, power)
    above = KEPT * S - (np.quantile(drawn, 0.95) - drawn.mean())
    spread = np.sqrt(2 * S / (N * np.log(2)) + drawn.var())
    assert above == pytest.approx(stats.norm.ppf(power) * spread, abs=1e-9)
