"""What each mask leaves of the penalty's first term: statements 7 to 12."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from synib.information.entropy import binary_entropy
from tests.synib.theory.joints import (
    BIT,
    SEEDS,
    X1,
    X2,
    Floats,
    Y,
    conditional,
    corrupt,
    exactly,
    information,
    joints,
    laws,
    mean_kl,
    noisy_xor,
    posterior,
    shares,
    synergy,
    uniform,
)


@laws
@given(joints(), SEEDS)
def test_withholding_everything_leaves_nothing_of_the_first_term_and_nothing_leaves_all(
    p: Floats, seed: int
) -> None:
    """Statement 7."""
    n1 = p.shape[0]
    donor = corrupt(p, np.tile(p.sum((1, 2)), (n1, 1)))
    noise = corrupt(p, np.tile(conditional(1, 3, seed), (n1, 1)))
    token = corrupt(p, np.ones((n1, 1)))
    for left in (donor, noise, token):
        assert information(left, X1, Y, X2) == exactly(0)
        assert mean_kl(left, posterior(left, (0, 1)), posterior(p, X2)) == exactly(0)
        assert mean_kl(left, posterior(left, (0, 1)), uniform(p)) == exactly(
            mean_kl(p, posterior(p, X2), uniform(p))
        )
    assert information(corrupt(p, np.eye(n1)), X1, Y, X2) == exactly(information(p, X1, Y, X2))


def coordinates(p: Floats, kept: tuple[int, ...]) -> float:
    """I(X1 on the kept coordinates; Y | X2) of a joint p[a, b, x2, y] with x1 = (a, b)."""
    return information(p, kept, (3,), (2,)) if kept else 0.0


def masked(p: Floats, rate: float, donor: bool) -> Floats:
    """p[a, b, x2, y] with each coordinate of (a, b) withheld at this rate: erased, or another example's."""
    na, nb = p.shape[:2]
    left = np.zeros((na + 1, nb + 1, *p.shape[2:]))
    pair = p.sum((2, 3))
    for gone in itertools.product([False, True], repeat=2):
        share = np.prod([rate if g else 1 - rate for g in gone])
        seen = p
        for axis in (0, 1):
            if gone[axis]:
                seen = seen.sum(axis, keepdims=True)
        if donor:  # a donor's coordinates go together
            fill = pair.sum(tuple(axis for axis in (0, 1) if not gone[axis]), keepdims=True)
            left[:na, :nb] += share * seen * (fill[..., None, None] if any(gone) else 1)
        else:
            cells = tuple(slice(-1, None) if g else slice(0, -1) for g in gone)
            left[cells] += share * seen
    return left


@laws
@given(joints(modalities=3, inputs=3, classes=3), shares, shares)
def test_a_higher_rate_leaves_less_and_a_fill_that_shows_leaves_most(
    p: Floats, one: float, other: float
) -> None:
    """Statement 8."""
    low, high = sorted((one, other))

    def left(rate: float, donor: bool) -> float:
        return information(masked(p, rate, donor), (0, 1), (3,), (2,))

    by_subsets = sum(
        (1 - low) ** len(kept) * low ** (2 - len(kept)) * coordinates(p, kept)
        for size in range(3)
        for kept in itertools.combinations((0, 1), size)
    )
    assert left(low, donor=False) == exactly(by_subsets)
    assert left(high, donor=False) <= left(low, donor=False) + 1e-12
    assert left(low, donor=True) <= left(low, donor=False) + 1e-12
    whole = p.reshape(-1, *p.shape[2:])
    n, told = len(whole), information(whole, X1, Y, X2)
    erased = np.hstack([(1 - low) * np.eye(n), np.full((n, 1), low)])
    assert information(corrupt(whole, erased), X1, Y, X2) == exactly((1 - low) * told)

    def replaced(rate: float) -> float:
        donors = (1 - rate) * np.eye(n) + rate * whole.sum((1, 2))
        return information(corrupt(whole, donors), X1, Y, X2)

    assert replaced(high) <= replaced(low) + 1e-12


def test_the_penalty_is_about_what_the_mask_leaves() -> None:
    """Statement 9."""
    # x1 = (u, s), x2 = t, y = (u, s xor t): one bit unique to modality 1, one bit of synergy.
    p = np.zeros((2, 2, 2, 4))
    for u, s, t in itertools.product(range(2), repeat=3):
        p[u, s, t, 2 * u + (s ^ t)] = 1 / 8
    assert coordinates(p, (0,)) == exactly(BIT)  # s withheld: the unique bit is penalised
    assert coordinates(p, (1,)) == exactly(BIT)  # u withheld: the synergy is penalised
    assert coordinates(p, ()) == 0
    assert coordinates(p, (0, 1)) == exactly(2 * BIT)
    kept_s = p.sum(0)  # [s, t, y]
    assert information(kept_s, (0,), (2,)) == exactly(0)
    assert information(kept_s, (1,), (2,)) == exactly(0)
    kept_u = p.sum(1)
    assert information(kept_u, (0,), (2,)) == exactly(BIT)


@laws
@given(joints(), SEEDS)
def test_a_mask_computed_from_the_label_can_tell_it(p: Floats, seed: int) -> None:
    """Statement 10."""
    n1, _, K = p.shape
    choice = conditional(n1 * K, 2, seed).reshape(n1, K, 2)  # p(withhold | x1, y)
    with_mask = np.einsum("abk,akm->abkm", p, choice)
    left = np.zeros((n1 + 1, *p.shape[1:]))
    left[:n1], left[n1] = with_mask[..., 0], with_mask[..., 1].sum(0)
    told = information(left, X1, Y, X2)
    by_the_mask = information(with_mask, (3,), (2,), (0, 1))
    assert told <= information(p, X1, Y, X2) + by_the_mask + 1e-12
    # Two coordinates of pure noise; the label says which one is withheld: a bit out of nothing.
    noise = np.zeros((3, 3, 1, 2))
    for a, b in itertools.product(range(2), repeat=2):
        noise[2, b, 0, 0] += 1 / 8
        noise[a, 2, 0, 1] += 1 / 8
    assert information(noise, (0, 1), (3,), (2,)) == exactly(BIT)


@laws
@given(joints(modalities=3, inputs=3, classes=3))
def test_withholding_one_of_three_penalises_pairs_and_all_but_one_does_not(p: Floats) -> None:
    """Statement 11."""

    def both(p: Floats) -> tuple[float, float]:
        pairs = [information(p, pair, (3,)) for pair in itertools.combinations(range(3), 2)]
        return sum(pairs) / 3, sum(information(p, (m,), (3,)) for m in range(3)) / 3

    one, all_but_one = both(p)
    assert all_but_one <= one + 1e-12

    def table(label: Any) -> Floats:
        cells = np.zeros((2, 2, 2, 2))
        for x in itertools.product(range(2), repeat=3):
            cells[(*x, label(*x))] = 1 / 8
        return cells

    assert both(table(lambda a, b, c: a ^ b)) == exactly((BIT / 3, 0))
    assert both(table(lambda a, b, c: a ^ b ^ c)) == exactly((0, 0))


def test_noisy_xor_has_closed_forms() -> None:
    """Statement 12."""
    for epsilon, rate in [(0.0, 0.5), (0.1, 0.25), (0.2, 1.0)]:
        p = noisy_xor(epsilon)
        told = BIT * (1 - binary_entropy(epsilon))
        assert information(p, (0, 1), Y) == exactly(told)
        assert synergy(p) == pytest.approx(told, abs=1e-7)
        assert mean_kl(p, posterior(p, X2), uniform(p)) == exactly(0)
        assert mean_kl(p, posterior(p, (0, 1)), uniform(p)) == exactly(told)
        erased = corrupt(p, np.hstack([(1 - rate) * np.eye(2), np.full((2, 1), rate)]))
        assert information(erased, X1, Y, X2) == exactly((1 - rate) * told)
        replaced = corrupt(p, (1 - rate) * np.eye(2) + rate / 2)
        flips = epsilon * (1 - rate / 2) + (1 - epsilon) * rate / 2
        assert information(replaced, X1, Y, X2) == exactly(BIT * (1 - binary_entropy(flips)))
