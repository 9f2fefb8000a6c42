"""Mixings hide the blocks and lose nothing, and are the same for every split and every seed of the data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.data import load
from synib.data.mixing import mlp_weights, partial_rotation, rotation
from synib.data.pid_xor import BLOCKS, DIMS, draw, projections

SEEDS = st.integers(0, 2**31 - 1)
BLOCK_OF = np.repeat(np.arange(4), [6, 6, 6, 14])
BLOCK_SLICES = list(BLOCKS.values())


def raw(recipe: spec.PidXor, split: str, m: int) -> np.ndarray:
    return draw(recipe.mixture, recipe.seed, split, recipe.info().counts[split]).x[m]


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(0, 1))
def test_rotations_are_orthogonal(seed: int, modality: int) -> None:
    for Q in (rotation(seed, modality, DIMS), partial_rotation(seed, modality, BLOCK_SLICES)):
        np.testing.assert_allclose(Q @ Q.T, np.eye(DIMS), atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(0, 1))
def test_a_partial_rotation_mixes_every_block_with_exactly_one_other(seed: int, modality: int) -> None:
    Q = partial_rotation(seed, modality, BLOCK_SLICES)
    mixed = [set(BLOCK_OF[np.abs(Q[block == BLOCK_OF]).max(axis=0) > 1e-9]) for block in range(4)]
    assert all(len(partners) == 2 for partners in mixed)
    assert all(mixed[partner] == partners for partners in mixed for partner in partners)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_a_full_rotation_spreads_every_coordinate(seed: int) -> None:
    # An entry is about N(0, 1/32): 0.9 is 5 standard deviations, and next to none is 0.
    assert np.abs(rotation(seed, 0, DIMS)).max() < 0.9
    assert (np.abs(rotation(seed, 0, DIMS)) > 1e-6).mean() > 0.99


def test_rotations_differ_between_modalities_and_seeds() -> None:
    first, modality, seed = rotation(0, 0, DIMS), rotation(0, 1, DIMS), rotation(1, 0, DIMS)
    assert not np.allclose(first, modality)
    assert not np.allclose(first, seed)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("m", [0, 1])
@pytest.mark.parametrize("seed", [0, 6])
def test_what_was_mixed_can_be_separated_by_the_one_mixing_of_its_seed(split: str, m: int, seed: int) -> None:
    mixings = {
        spec.Rotated(seed=2): lambda x: x @ rotation(2, m, DIMS),
        spec.RotatedPartial(seed=2): lambda x: x @ partial_rotation(2, m, BLOCK_SLICES),
        spec.RotatedTanh(seed=2, scale=0.1): lambda x: np.arctanh(x) / 0.1 @ rotation(2, m, DIMS),
    }
    for mixing, separate in mixings.items():
        recipe = spec.PidXor(mixing=mixing, train=300, test=300, seed=seed)
        mixed = load(recipe).select(split).x[f"x{m + 1}"].astype(np.float64)
        np.testing.assert_allclose(separate(mixed), raw(recipe, split, m), atol=2e-4)


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
def test_the_scale_of_tanh_is_inside(scale: float) -> None:
    recipe = spec.PidXor(mixing=spec.RotatedTanh(scale=scale))
    expected = np.tanh(scale * raw(recipe, "test", 0) @ rotation(0, 0, DIMS).T)
    np.testing.assert_allclose(load(recipe).select("test").x["x1"], expected, atol=1e-6)


@pytest.mark.parametrize("m", [0, 1])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_goes_into_the_mlps_tanh_spreads_by_two_and_a_half(m: int, seed: int) -> None:
    recipe = spec.PidXor()
    W1, W2 = mlp_weights(seed, m, raw(recipe, "train", m))
    assert W1.shape == (64, 32)
    assert (raw(recipe, "train", m) @ W1.T).std() == pytest.approx(2.5, abs=1e-9)
    # In closed form from the mixture's second moments, of which 1,800 examples are a sample.
    second = np.eye(32)
    z = 9 * ((1 - 2 / np.pi) * np.eye(4) + 2 / np.pi)
    for (source, modality), P in projections().items():
        share = getattr(recipe.mixture, source)
        block = BLOCKS[source.split("_")[0]]
        if modality == m:
            second[block, block] += share * (P[block] @ z @ P[block].T - np.eye(6))
    assert np.sqrt(np.einsum("hi,ij,hj->h", W1, second, W1).mean()) == pytest.approx(2.5, rel=0.05)
    # Entries of W2 are N(0, 1/64).
    assert W2.std() * 8 == pytest.approx(1, abs=4 / np.sqrt(2 * 64 * 32))


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("train", [1800, 500])
def test_the_mlp_is_the_same_whatever_the_data_it_is_put_on(seed: int, train: int) -> None:
    recipe = spec.PidXor(mixing=spec.MlpMixer(seed=1), seed=seed, train=train)
    W1, W2 = mlp_weights(1, 1, raw(spec.PidXor(), "train", 1))
    expected = np.tanh(raw(recipe, "test", 1) @ W1.T) @ W2.T
    np.testing.assert_allclose(load(recipe).select("test").x["x2"], expected, atol=1e-5)
