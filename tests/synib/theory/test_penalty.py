"""The penalty itself, with exact posteriors in the place of the prediction: statements 1 to 6."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax, xlogy

from synib.objectives.references import Gaussian, divergence
from tests.synib.theory.joints import (
    BIT,
    SEEDS,
    X1,
    X2,
    Floats,
    Y,
    conditional,
    corrupt,
    entropy,
    exactly,
    gate,
    information,
    joints,
    laws,
    mean_kl,
    noisy_xor,
    posterior,
    uniform,
)


def both_ways(p: Floats, r: Floats) -> tuple[float, float]:
    """KL(p ‖ r) and KL(r ‖ p) by the product's divergence."""
    log_p, log_r = torch.tensor(np.log(p)), torch.tensor(np.log(r))
    return divergence(log_p, log_r).item(), divergence(log_r, log_p).item()


@laws
@given(joints(), SEEDS)
def test_the_penalty_is_what_is_left_of_the_withheld_plus_the_distance_to_the_reference(
    p: Floats, seed: int
) -> None:
    """Statement 1."""
    channel = conditional(p.shape[0], 3, seed)
    r = conditional(p.shape[1], p.shape[2], seed)[None]  # a function of x2
    left = corrupt(p, channel)
    by_hand = information(left, X1, Y, X2) + mean_kl(p, posterior(p, X2), r)
    assert mean_kl(left, posterior(left, (0, 1)), r) == exactly(by_hand)


@laws
@given(joints(classes=3), SEEDS)
def test_the_identity_needs_a_reference_that_does_not_see_the_withheld(p: Floats, seed: int) -> None:
    """Statement 2."""
    n1, n2, K = p.shape
    r = conditional(n1 * n2, K, seed).reshape(n1, n2, K)
    q = posterior(p, (0, 1))
    rest = float(xlogy(p, posterior(p, X2)).sum() - (p * np.log(r)).sum())
    assert mean_kl(p, q, r) == exactly(information(p, X1, Y, X2) + rest)
    # The rest is no divergence any more: with r the exact posterior itself, it is minus the information.
    assert mean_kl(p, q, q) == exactly(0)
    xor = noisy_xor(0)
    assert information(xor, X1, Y, X2) == exactly(BIT)
    assert mean_kl(xor, posterior(xor, (0, 1)), posterior(xor, (0, 1))) == 0


@laws
@given(joints(), SEEDS)
def test_each_reference_leaves_its_own_second_term(p: Floats, seed: int) -> None:
    """Statement 3."""
    left = corrupt(p, conditional(p.shape[0], 3, seed))
    q, K, prior = posterior(left, (0, 1)), p.shape[-1], p.sum((0, 1))
    by_uniform = mean_kl(left, q, uniform(p))
    assert by_uniform == exactly(math.log(K) - entropy(left, (0, 1, 2)) + entropy(left, (0, 1)))
    assert -1e-12 <= by_uniform <= math.log(K) + 1e-12
    assert mean_kl(left, q, prior) == exactly(information(left, (0, 1), Y))
    assert by_uniform - mean_kl(left, q, prior) == exactly(math.log(K) - entropy(p, Y))
    assert mean_kl(left, q, posterior(p, X2)) == exactly(information(left, X1, Y, X2))
    assert mean_kl(p, posterior(p, X2), uniform(p)) == exactly(
        math.log(K) - entropy(p, (1, 2)) + entropy(p, X2)
    )
    assert mean_kl(p, posterior(p, X2), prior) == exactly(information(p, X2, Y))


@laws
@given(joints(inputs=3, classes=3), SEEDS)
def test_the_wrong_side_anchor_asks_for_the_mean_of_what_the_withheld_would_say(p: Floats, seed: int) -> None:
    """Statement 4."""
    p = (p + 1e-3) / (p + 1e-3).sum()
    r, pair = posterior(p, X1), p.sum(-1, keepdims=True)  # (n1, 1, K), (n1, n2, 1)
    logs = (pair * np.log(r)).sum(0) / pair.sum(0)  # E[log p(y|x1) | x2], (n2, K)
    wanted = softmax(logs, axis=-1)
    # KL is convex in q, so a local minimum over q(y|x2) is the minimum: nothing near is better.
    least = mean_kl(p, wanted[None], r)
    assert least == exactly(-float((pair[..., 0].sum(0) * logsumexp(logs, axis=-1)).sum()))
    other = conditional(wanted.shape[0], wanted.shape[1], seed)
    for step in (1e-3, 0.1, 1.0):
        assert mean_kl(p, ((1 - step) * wanted + step * other)[None], r) > least
    # Independent modalities: the same answer for every x2. A copy: what x2 knows is not penalised at all.
    alone = p.sum(1, keepdims=True) * p.sum((0, 2), keepdims=True)
    logs = (alone.sum(-1, keepdims=True) * np.log(posterior(alone, X1))).sum(0) / alone.sum((0, 2))[:, None]
    assert np.ptp(softmax(logs, axis=-1), axis=0) == exactly(np.zeros(p.shape[-1]))
    copy = np.zeros((3, 3, 2))
    copy[range(3), range(3)] = conditional(3, 2, seed) / 3
    assert mean_kl(copy, posterior(copy, X2), posterior(copy, X1)) == exactly(0)
    assert mean_kl(copy, posterior(copy, X2), uniform(copy)) > 0


def test_the_wrong_side_anchor_can_be_infinite_where_the_withheld_is_sure() -> None:
    """Statement 4."""
    unique = gate([[0, 0], [1, 1]])  # y = x1; withholding x1 leaves a coin
    assert mean_kl(unique, posterior(unique, X2), posterior(unique, X1)) == math.inf
    assert mean_kl(unique, posterior(unique, X2), uniform(unique)) == exactly(0)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=12))
def test_the_gaussian_reference_pulls_logits_at_least_twice_as_hard(logits: list[float]) -> None:
    """Statement 5."""
    mu = np.array(logits)
    flat = torch.full((len(mu),), -math.log(len(mu)), dtype=torch.float64)
    gaussian = Gaussian()(torch.tensor(mu), {}, []).item()
    assert gaussian == pytest.approx(0.5 * float((mu**2).sum()))
    assert 2 * divergence(torch.tensor(mu), flat).item() <= gaussian + 1e-9
    near = mu / (1 + np.abs(mu).max()) * 1e-3  # to second order, half the variance over classes
    assert divergence(torch.tensor(near), flat).item() == pytest.approx(near.var() / 2, rel=2e-3, abs=1e-15)


def test_the_divergence_is_bounded_one_way_only() -> None:
    """Statement 6."""
    for q, forward, back in [(0.9, 0.368064, 0.510826), (1 - 1e-6, 0.693132, 6.214608)]:
        found = both_ways(np.array([q, 1 - q]), np.array([0.5, 0.5]))
        assert found == pytest.approx((forward, back), abs=1e-6)
    gap = torch.linspace(0, 30, 30001, dtype=torch.float64, requires_grad=True)  # log q1 - log q2
    logits = torch.stack([gap, torch.zeros_like(gap)], 1)
    half = torch.log(torch.tensor([0.5, 0.5], dtype=torch.float64))
    (pull,) = torch.autograd.grad(divergence(logits, half).sum(), gap, retain_graph=True)
    assert gap[pull.argmax()].item() == pytest.approx(1.5434, abs=1e-3)
    assert pull.max().item() == pytest.approx(0.2239, abs=1e-4)
    assert pull[-1].item() < 1e-11
    (reverse,) = torch.autograd.grad(divergence(half, torch.log_softmax(logits, 1)).sum(), gap)
    assert reverse[-1].item() == pytest.approx(0.5)
    assert bool((reverse.diff() >= 0).all())
