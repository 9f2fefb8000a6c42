"""What every pair of modalities knows alone is a third of the label, no more and no less."""

from itertools import combinations, product

import numpy as np
import pytest

from synib import spec
from synib.data import Dataset, load
from synib.seeds import derive

PAIRS = tuple(combinations(range(3), 2))


def axes(recipe: spec.PairwiseXor) -> np.ndarray:
    """(3, 2, dims) as the recipe drew them."""
    rng = np.random.default_rng(derive(recipe.seed, "pairwise_xor"))
    rng.choice([-1, 1], (recipe.examples, 3, 2))
    columns, _ = np.linalg.qr(rng.standard_normal((3, recipe.dims, 2)))
    return columns.swapaxes(1, 2)


def bits(dataset: Dataset) -> np.ndarray:
    """(3, N): the three parities, +1 or -1, read from the names of the classes."""
    names = np.array(dataset.classes)[dataset.y]
    return np.array([[1 if name[pair] == "1" else -1 for name in names] for pair in range(3)])


def test_the_posterior_is_bayes_rule_over_all_64_signs() -> None:
    recipe = spec.PairwiseXor(mu=1.5, dims=3, examples=60, seed=8)
    dataset, u = load(recipe), axes(recipe)
    mass = np.zeros((60, 8))
    for signs in product((1, -1), repeat=6):
        s = np.array(signs).reshape(3, 2)  # of a modality: with its first partner, with its second
        centre = 1.5 * np.einsum("mp,mpd->md", s, u)
        distance = sum(((dataset.x[f"x{m + 1}"] - centre[m]) ** 2).sum(axis=1) for m in range(3))
        agree = (s[0, 0] == s[1, 0], s[0, 1] == s[2, 0], s[1, 1] == s[2, 1])
        mass[:, int("".join("1" if a else "0" for a in agree), 2)] += np.exp(-distance / 2)
    assert dataset.posterior is not None
    np.testing.assert_allclose(dataset.posterior, mass / mass.sum(1, keepdims=True), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(("mu", "bits"), [(0.5, 0.093042), (1, 0.751311), (2, 2.505549), (3, 2.966823)])
def test_all_three_know_three_gaussian_xors(mu: float, bits: float) -> None:
    # Thrice the quadrature of a Gaussian XOR of two on a 4001² grid; and on these examples the label's own
    # pointwise information, whose standard deviation is below 2.5 bits.
    dataset = load(spec.PairwiseXor(mu=mu, examples=40_000))
    assert dataset.synergy == pytest.approx(bits, abs=3e-5)
    assert dataset.posterior is not None
    pointwise = 3 + np.log2(dataset.posterior[np.arange(40_000), dataset.y])
    assert pointwise.std() < 2.5
    assert pointwise.mean() == pytest.approx(bits, abs=4 * pointwise.std() / 200)


def test_a_pair_knows_its_own_parity_and_one_modality_none() -> None:
    recipe = spec.PairwiseXor(mu=2, dims=16, examples=20_000, seed=5)
    dataset, u = load(recipe), axes(recipe)
    belief = np.stack([np.tanh(2 * dataset.x[f"x{m + 1}"] @ u[m].T) for m in range(3)])  # (3, N, 2)
    parities, chance = bits(dataset), 4.5 / np.sqrt(20_000)
    for own, (a, b) in enumerate(PAIRS):
        guess = belief[a, :, b - 1] * belief[b, :, a]
        found = [np.corrcoef(guess, parity)[0, 1] for parity in parities]
        assert found[own] > 0.8
        assert np.abs(np.delete(found, own)).max() < chance
    for m, sign, parity in product(range(3), range(2), parities):
        assert abs(np.corrcoef(belief[m, :, sign], parity)[0, 1]) < chance
    # nor do both signs of one modality together
    for m, parity in product(range(3), parities):
        assert abs(np.corrcoef(belief[m, :, 0] * belief[m, :, 1], parity)[0, 1]) < chance


def test_the_eight_labels_are_equally_frequent() -> None:
    dataset = load(spec.PairwiseXor(examples=40_000))
    np.testing.assert_allclose(np.bincount(dataset.y) / 40_000, 1 / 8, atol=4.5 * 0.331 / 200)
