"""What the penalty is not: statements 21 to 26."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import xlogy

from tests.synib.theory.joints import (
    BIT,
    SEEDS,
    X1,
    X2,
    Floats,
    Y,
    binary_joints,
    conditional,
    corrupt,
    entropy,
    exactly,
    gate,
    information,
    joints,
    kl,
    laws,
    mean_kl,
    noisy_xor,
    posterior,
    shares,
    shuffled,
    synergy,
    uniform,
)
from tests.synib.theory.optimum import best


@settings(max_examples=20, deadline=None)
@given(binary_joints(), shares)
def test_the_exact_penalty_is_blind_to_synergy(p: Floats, where: float) -> None:
    """Statement 21."""
    # Another joint with the same p(x1,y) and p(x2,y), as BROJA's comparison has them.
    pattern = np.array([[1.0, -1.0], [-1.0, 1.0]])
    low, high = -p[[0, 1], [0, 1], 0].min(), p[[0, 1], [1, 0], 0].min()
    other = p.copy()
    other[..., 0] += pattern * (low + where * (high - low))
    for axes in (X1, X2):
        for r in (uniform(p), p.sum((0, 1))):
            assert mean_kl(other, posterior(other, axes), r) == exactly(mean_kl(p, posterior(p, axes), r))
    assert synergy(p) - synergy(other) == pytest.approx(
        information(p, (0, 1), Y) - information(other, (0, 1), Y), abs=1e-6
    )
    # What is true: the most room for synergy is what the best modality alone leaves open.
    largest = max(mean_kl(p, posterior(p, axes), uniform(p)) for axes in (X1, X2))
    assert synergy(p) <= BIT - largest + 1e-7


def test_the_same_penalty_goes_with_all_and_with_no_synergy() -> None:
    """Statement 22."""
    noise = np.full((2, 2, 2), 1 / 8)
    for p, told in ((noisy_xor(0), BIT), (noise, 0.0)):
        assert [mean_kl(p, posterior(p, axes), uniform(p)) for axes in (X1, X2)] == exactly([0, 0])
        assert synergy(p) == pytest.approx(told, abs=1e-7)
    only_x2 = gate([[0, 1], [0, 1]])
    assert mean_kl(only_x2, posterior(only_x2, X2), uniform(only_x2)) == exactly(BIT)
    assert synergy(only_x2) == pytest.approx(0, abs=1e-7)
    assert information(only_x2, X1, Y, X2) == exactly(0)


@laws
@given(joints(), SEEDS)
def test_only_cross_entropy_with_labels_bounds_what_a_withheld_view_knows(p: Floats, seed: int) -> None:
    """Statement 23."""
    left = corrupt(p, conditional(p.shape[0], 3, seed))
    q = conditional(left[..., 0].size, p.shape[-1], seed + 1).reshape(left.shape)
    told = information(left, (0, 1), Y)
    assert entropy(p, Y) + float(xlogy(left, q).sum()) <= told + 1e-12
    exact = posterior(left, (0, 1))
    assert entropy(p, Y) + float(xlogy(left, exact).sum()) == exactly(told)


def test_the_shared_penalty_is_neither_above_nor_below_the_exact_one() -> None:
    """Statement 24."""
    # Below: y = x2 and a fill that shows. The optimum answers r where it sees the fill, and x2 elsewhere.
    only_x2, u = gate([[0, 1], [0, 1]]), np.array([0.5, 0.5])
    exact = mean_kl(only_x2, posterior(only_x2, X2), u)
    assert exact == exactly(BIT)
    assert float(kl(u, u)) == 0 < exact
    # Above: XOR and a donor. The exact posterior knows nothing, a model of XOR is sure of every pair.
    xor = noisy_xor(0)
    shared = posterior(xor, (0, 1))
    assert mean_kl(shuffled(xor, 0), shared, u) == exactly(BIT)
    assert mean_kl(xor, posterior(xor, X2), u) == exactly(0)
    # and its optimum is still above, at any weight
    for weight in (0.1, 1.0, 10.0):
        assert float(kl(best(np.array([1.0, 0.0]), u, weight), u)) > 0


def encoders(values: int) -> list[tuple[int, ...]]:
    """All deterministic encoders of so many values: partitions, as the cell of each value."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(values):
        found = [(*cells, cell) for cells in found for cell in range(max(cells, default=-1) + 2)]
    return found


def bottleneck(p: Floats, weight: float) -> list[tuple[float, float, float, float]]:
    """H(Y|Z) + weight mean I(Z_i;Y) of all pairs of encoders, least first, I(Z;Y), I(Z1;Y) and I(Z2;Y)."""
    found = []
    for one, two in itertools.product(encoders(p.shape[0]), encoders(p.shape[1])):
        z = np.einsum("abk,ac,bd->cdk", p, np.eye(len(one))[list(one)], np.eye(len(two))[list(two)])
        alone = information(z, X1, Y), information(z, X2, Y)
        joint = information(z, (0, 1), Y)
        found.append((entropy(p, Y) - joint + weight * sum(alone) / 2, joint, *alone))
    return sorted(found)


def test_as_a_bottleneck_it_throws_single_modalities_away() -> None:
    """Statement 25."""
    mixed = np.zeros((4, 2, 4))  # x1 = (u, s), x2 = t, y = (u, s xor t)
    for u, s, t in itertools.product(range(2), repeat=3):
        mixed[2 * u + s, t, 2 * u + (s ^ t)] = 1 / 8
    _, joint, one, two = bottleneck(mixed, 1.9)[0]
    assert (joint, one, two) == exactly((2 * BIT, BIT, 0))
    _, joint, one, two = bottleneck(mixed, 2.1)[0]
    assert (joint, one, two) == exactly((BIT, 0, 0))
    _, joint, one, two = bottleneck(noisy_xor(0), 1e6)[0]
    assert (joint, one, two) == exactly((BIT, 0, 0))
    copied = np.zeros((2, 2, 2))  # x1 = x2 = y: at any weight one of the two is thrown away, then both
    copied[range(2), range(2), range(2)] = 0.5
    for weight, kept in ((0.01, BIT), (1.9, BIT), (2.1, 0.0)):
        _, joint, one, two = bottleneck(copied, weight)[0]
        assert joint == exactly(kept)
        assert (min(one, two), max(one, two)) == exactly((0, kept))


@laws
@given(joints())
def test_withholding_cannot_raise_confidence_on_average_but_can_on_an_example(
    p: Floats,
) -> None:
    """Statement 26."""
    weight = p.sum(-1)
    full, one = posterior(p, (0, 1)).max(-1), posterior(p, X2).max(-1)
    assert (weight * full).sum() >= (weight * one).sum() - 1e-12
    # Noise 0.1 in each of two copies of the label: where they disagree, both together know nothing.
    copies = 0.5 * np.einsum("ak,bk->abk", *[np.array([[0.9, 0.1], [0.1, 0.9]])] * 2)
    assert posterior(copies, (0, 1))[0, 1].max() == exactly(0.5)
    assert posterior(copies, X2)[0, 1].max() == exactly(0.9)
    hinge = np.maximum(0, posterior(copies, X2).max(-1) - posterior(copies, (0, 1)).max(-1))
    assert (copies.sum(-1) * hinge).sum() == exactly(0.18 * 0.4)
