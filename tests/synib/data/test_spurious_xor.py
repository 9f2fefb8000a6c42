"""Two loud bits and a short-cut that is gone at test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from synib import spec
from synib.data import Dataset, load
from synib.data.spurious_xor import posterior

N = 20_000


def large(beta: float, seed: int = 0) -> Dataset:
    return load(spec.SpuriousXor(beta=beta, train=N, validation=N, test=N, seed=seed))


def bit(x: np.ndarray) -> np.ndarray:
    """±1: the centre of the signal is 8 standard deviations from the other side."""
    return np.sign(x[:, :4].sum(axis=1))


def test_the_published_sizes_are_the_default() -> None:
    assert spec.SpuriousXor().info().counts == {"train": 300, "validation": 120, "test": 30_000}


def test_the_label_is_the_exclusive_or_of_the_bits_that_both_signals_say() -> None:
    dataset = large(0.5)
    assert np.array_equal(dataset.y == 1, bit(dataset.x["x1"]) != bit(dataset.x["x2"]))
    for x in dataset.x.values():
        assert abs(bit(x).mean()) < 4.5 / np.sqrt(3 * N)  # fair
        assert abs(np.corrcoef(bit(x), dataset.y)[0, 1]) < 4.5 / np.sqrt(3 * N)  # and useless alone


def test_signal_and_noise_have_the_published_moments() -> None:
    dataset = large(0.5)
    root = np.sqrt(3 * N)
    for name, x in dataset.x.items():
        turned = x[:, :4] * bit(x)[:, None]
        np.testing.assert_allclose(turned.mean(axis=0), 2.2, atol=4.5 * 0.55 / root)
        np.testing.assert_allclose(np.cov(turned.T), 0.55**2 * np.eye(4), atol=5 * 0.55**2 * 1.42 / root)
        rest = x[:, 10:] if name == "x1" else x[:, 4:]
        np.testing.assert_allclose(rest.mean(axis=0), 0, atol=5 / root)
        np.testing.assert_allclose(np.cov(rest.T), np.eye(rest.shape[1]), atol=5 * 1.42 / root)
        label = np.array([np.corrcoef(column, dataset.y)[0, 1] for column in rest.T])
        assert np.abs(label).max() < 5 / root


@pytest.mark.parametrize("beta", [0.0, 0.4, 0.8, 1.0, 2.0])
def test_the_short_cut_follows_the_label_in_training_and_validation_only(beta: float) -> None:
    dataset = large(beta)
    for name in ("train", "validation", "test"):
        part = dataset.select(name)
        strength = 0.0 if name == "test" else beta
        told = part.x["x1"][:, 4:10] * (2 * part.y - 1)[:, None]
        variance = 1.69 * max(0, 1 - strength**2)
        np.testing.assert_allclose(told.mean(axis=0), 1.3 * strength, atol=5 * 1.3 / np.sqrt(N))
        # every coordinate has noise of its own
        np.testing.assert_allclose(
            np.cov(told.T), variance * np.eye(6), atol=5 * 1.42 * variance / np.sqrt(N) + 1e-6
        )


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), beta=st.floats(0, 3))
def test_the_test_examples_do_not_know_how_strong_the_short_cut_was(seed: int, beta: float) -> None:
    plain, cut = (
        load(spec.SpuriousXor(beta=b, train=20, validation=20, test=100, seed=seed)) for b in (0.0, beta)
    )
    for name in ("x1", "x2"):
        np.testing.assert_array_equal(plain.select("test").x[name], cut.select("test").x[name])


def test_the_posterior_is_bayes_rule_over_the_four_pairs_of_bits() -> None:
    # With inputs between the clusters, where the rule is in doubt.
    rng = np.random.default_rng(0)
    x1, x2 = rng.normal(0, 0.05, (2, 200, 64)).astype(np.float32)

    def log_density(x: np.ndarray, b: int) -> np.ndarray:
        signal = x[:, :4].astype(np.float64)
        return -(((signal - 2.2 * (2 * b - 1)) / 0.55) ** 2).sum(axis=1) / 2

    same = logsumexp([log_density(x1, b) + log_density(x2, b) for b in (0, 1)], axis=0)
    different = logsumexp([log_density(x1, b) + log_density(x2, 1 - b) for b in (0, 1)], axis=0)
    expected = np.exp(np.stack([same, different]) - logsumexp([same, different], axis=0)).T
    np.testing.assert_allclose(posterior(x1, x2), expected, atol=1e-9)
    assert expected.max(axis=1).min() < 0.6  # doubt there was


def test_at_test_a_bit_is_known_and_it_is_all_synergy_of_the_marked_coordinates() -> None:
    dataset = large(1.0)
    assert dataset.posterior is not None
    assert dataset.source is not None
    assert dataset.oracle is not None
    # Either sign is wrong with probability Phi(-8) = 6e-16.
    assert np.array_equal(dataset.posterior.argmax(axis=1), dataset.y)
    assert dataset.synergy == pytest.approx(1, abs=1e-12)
    assert set(dataset.source) == {"synergy"}
    for here in dataset.oracle.values():
        assert (here == (np.arange(64) < 4)).all()
