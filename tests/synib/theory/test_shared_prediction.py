"""What one prediction for intact and withheld inputs does best: statements 13 to 20."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import logsumexp, softmax, xlogy

from synib.evaluation.calibration import least_nll
from synib.objectives.references import divergence
from tests.synib.theory.joints import (
    BIT,
    SEEDS,
    Floats,
    conditional,
    exactly,
    forecasts,
    joints,
    kl,
    laws,
    mean_kl,
    shuffled,
    uniform,
    weights,
)
from tests.synib.theory.optimum import best, by_descent, loss, undone
from tests.synib.theory.page import table


def both_ways(p: Floats, r: Floats) -> tuple[float, float]:
    """KL(p ‖ r) and KL(r ‖ p) by the product's divergence."""
    log_p, log_r = torch.tensor(np.log(p)), torch.tensor(np.log(r))
    return divergence(log_p, log_r).item(), divergence(log_r, log_p).item()


@laws
@given(forecasts, weights)
def test_the_shared_optimum_solves_its_equation_and_lies_between_posterior_and_reference(
    pair: Floats, a: float
) -> None:
    """Statement 13."""
    p, r = pair
    q = best(p, r, a)
    slope = q - p + a * q * (np.log(q / r) - kl(q, r))  # of the loss, in the logits
    assert slope == exactly(np.zeros_like(p))
    assert loss(q, p, r, a) <= loss(by_descent(p, r, a), p, r, a) + 1e-12
    assert q == pytest.approx(by_descent(p, r, a), abs=1e-5)
    assert kl(best(p, r, 2 * a), r) <= kl(q, r) + 1e-12
    assert kl(q, r) <= kl(p, r) + 1e-12
    assert kl(p, best(p, r, a / 2)) <= kl(p, q) + 1e-12
    assert best(p, r, 1e-7) == pytest.approx(p, abs=1e-4)
    assert best(p, r, 1e7) == pytest.approx(r, abs=1e-4)
    # Two references are one: their geometric mean, weighted by how often the input is withheld either way.
    both = softmax(0.3 * np.log(r) + 0.7 * np.log(p))
    for forecast in (p, r, q):
        apart = 0.3 * kl(forecast, r) + 0.7 * kl(forecast, p)
        assert apart - kl(forecast, both) == exactly(-logsumexp(0.3 * np.log(r) + 0.7 * np.log(p)))


def test_a_class_that_never_occurs_gets_a_share_of_the_reference() -> None:
    """Statement 13."""
    u = np.full(3, 1 / 3)
    q = best(np.array([0.7, 0.3, 0.0]), u, 0.5)
    assert q == pytest.approx(by_descent(np.array([0.7, 0.3, 0.0]), u, 0.5), abs=1e-6)
    assert q[2] == exactly(math.exp(float(kl(q, u)) - 2) / 3)  # r exp(-k), k = 1/a - KL(q ‖ r)


@laws
@given(st.integers(2, 6), SEEDS, weights)
def test_towards_uniform_classes_keep_their_order_and_the_map_can_be_undone(
    K: int, seed: int, a: float
) -> None:
    """Statement 14."""
    p, u = conditional(1, K, seed)[0], np.full(K, 1 / K)
    q = best(p, u, a)
    order = np.argsort(p)
    assert (np.diff(q[order]) > -1e-12).all()
    assert undone(q, u, a) == exactly(p)
    other = np.array([0.1, 0.9])
    assert best(np.array([0.55, 0.45]), other, 10.0).argmax() == 1  # not so for another reference


def test_no_temperature_undoes_it() -> None:
    """Statement 15."""
    u = np.array([0.5, 0.5])
    truth = np.array([[p, 1 - p] for p in (0.6, 0.9, 0.99)])
    q = np.array([best(p, u, 1.0) for p in truth])
    divisor = least_nll(np.log(q), truth).value
    mended = softmax(np.log(q) / divisor, axis=1)
    before, after = kl(truth, q).mean() / BIT, kl(truth, mended).mean() / BIT
    assert (divisor, before, after) == pytest.approx(table("what the best temperature leaves")[0], abs=5e-4)
    assert after > 1e-3
    assert undone(q, np.array(u), 1.0) == exactly(truth)
    # logit p over logit q: 1 + a in the middle, without bound towards the gap of a certain p.
    for a in (0.1, 1.0, 10.0):
        end = float(optimize.brentq(lambda gap, a=a: a * gap / (1 + np.exp(-gap)) - 1, 1e-6, 50))
        gaps = end * np.append(np.linspace(1e-3, 0.999, 200), 1 - 1e-9)
        sharp = undone(np.stack([1 / (1 + np.exp(-gaps)), 1 / (1 + np.exp(gaps))], 1), u, a)
        ratio = np.log(sharp[:, 0] / sharp[:, 1]) / gaps
        assert ratio[0] == pytest.approx(1 + a, rel=1e-3)
        assert (np.diff(ratio) > 0).all()
        assert np.log(sharp[-1, 0] / sharp[-1, 1]) > 15


@laws
@given(joints(), SEEDS, weights)
def test_a_shuffled_donor_weighs_each_pair_by_how_independent_it_looks(
    p: Floats, seed: int, weight: float
) -> None:
    """Statement 16."""
    pairs = p.sum(-1)
    donor_pairs = (shuffled(p, 0).sum(-1) + shuffled(p, 1).sum(-1)) / 2
    product = np.outer(p.sum((1, 2)), p.sum((0, 2)))
    assert donor_pairs == exactly(product)
    occurs = pairs > 1e-12
    pointwise = np.log(pairs[occurs] / product[occurs])
    assert weight * donor_pairs[occurs] / pairs[occurs] == pytest.approx(weight * np.exp(-pointwise))
    # Independent modalities: not the same optimum only but the same loss, whatever q.
    alone = product[..., None] * conditional(product.size, p.shape[-1], seed).reshape(p.shape)
    q = conditional(product.size, p.shape[-1], seed + 1).reshape(p.shape)
    withheld = (mean_kl(shuffled(alone, 0), q, uniform(p)) + mean_kl(shuffled(alone, 1), q, uniform(p))) / 2
    assert withheld == exactly(mean_kl(alone, q, uniform(p)))


def test_a_shuffled_donor_spares_redundancy_and_flattens_the_rest() -> None:
    """Statement 17."""
    u = np.array([0.5, 0.5])
    for values in (2, 10):  # y from x1 = x2, of so many values; the donor agrees by chance only
        pairs = np.eye(values) / values
        met = np.full((values, values), 1 / values**2)[pairs > 0] / pairs[pairs > 0]
        assert met == exactly(np.full(values, 1 / values))
    rows = table("a shuffled donor")
    assert [row[0] for row in rows] == [0.1, 0.3, 1.0, 3.0, 10.0]
    for weight, synergistic, bits, redundant, redundant_bits in rows:
        for told, a, share in ((synergistic, weight, bits), (redundant, weight / 10, redundant_bits)):
            q = best(np.array([0.9, 0.1]), u, a)
            assert q[0] == pytest.approx(told, abs=5e-4)
            assert 1 + (0.9 * np.log2(q[0]) + 0.1 * np.log2(q[1])) == pytest.approx(share, abs=5e-4)


@laws
@given(forecasts, weights)
def test_the_reversed_divergence_is_label_smoothing(pair: Floats, a: float) -> None:
    """Statement 20."""
    p, r = pair
    mixed = (p + a * r) / (1 + a)

    def reversed_loss(q: Floats) -> float:
        return float(-xlogy(p, q).sum() + a * both_ways(q, r)[1])

    smoothed = -float(xlogy(mixed, mixed).sum())
    assert reversed_loss(mixed) == exactly((1 + a) * smoothed + a * float(xlogy(r, r).sum()))
    for step in (1e-3, 0.3):
        assert reversed_loss((1 - step) * mixed + step * p) >= reversed_loss(mixed) - 1e-12
        assert reversed_loss((1 - step) * mixed + step * r) >= reversed_loss(mixed) - 1e-12
