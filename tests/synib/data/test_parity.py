"""Parity of k signs or bits, one a modality: exact posteriors, and information that fewer do not have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.data import load
from synib.data.gaussian_xor import synergy
from synib.seeds import derive


@pytest.mark.parametrize(
    ("mu", "bits", "accuracy"),
    # Quadrature on a 4001² grid, independent of this code.
    [
        (0.25, 0.002517, 0.519486),
        (0.5, 0.031014, 0.573316),
        (1, 0.250437, 0.733032),
        (2, 0.835183, 0.955535),
        (3, 0.988941, 0.997304),
    ],
)
def test_synergy_of_gaussian_xor_of_two(mu: float, bits: float, accuracy: float) -> None:
    assert synergy(mu, 2) == pytest.approx(bits, abs=1e-5)
    dataset = load(spec.GaussianXor(mu=mu, dims=2, examples=40_000))
    assert dataset.posterior is not None
    right = dataset.posterior.argmax(axis=1) == dataset.y
    assert right.mean() == pytest.approx(accuracy, abs=4 * 0.5 / 200)  # 40 000 examples


@pytest.mark.parametrize("modalities", [3, 4, 5])
def test_synergy_of_gaussian_xor_of_more_is_the_mean_information_of_the_exact_posterior(
    modalities: int,
) -> None:
    # Monte Carlo with 200 000 draws of E[1 - h(p)]; standard error below 0.4/sqrt(200 000) = 0.0009.
    dataset = load(spec.GaussianXor(mu=1.3, dims=1, modalities=modalities, examples=200_000))
    assert dataset.posterior is not None
    p = dataset.posterior
    assert dataset.synergy == pytest.approx((1 + (p * np.log2(p)).sum(axis=1)).mean(), abs=0.004)


@pytest.mark.parametrize("mu", [0.5, 1.0, 1.3])
@pytest.mark.parametrize("modalities", [2, 3, 4, 5])
def test_synergy_of_gaussian_xor_is_its_power_series(mu: float, modalities: int) -> None:
    # 1 - h((1 + t) / 2) = sum over n of t^2n / (2n (2n - 1) ln 2), and for t the product of k independent
    # tanh(w_m) its mean needs only the moments of one: sum over n of E[tanh^2n w]^k / (2n (2n - 1) ln 2) with
    # w = mu (mu + N(0, 1)). At mu 1.3 the 4 000 terms leave out less than P(w > 4.8)^2 / 16 000 = 1e-9.
    noise = np.linspace(-9, 9, 3601)
    weight = np.exp(-(noise**2) / 2)
    weight /= weight.sum()
    log_square = 2 * np.log(np.abs(np.tanh(mu * (mu + noise))) + 1e-300)
    n = np.arange(1, 4001)
    moments = np.array([np.exp(power * log_square) @ weight for power in n])
    series = (moments**modalities / (2 * n * (2 * n - 1))).sum() / np.log(2)
    assert synergy(mu, modalities) == pytest.approx(series, abs=1e-7)


@pytest.mark.parametrize("modalities", [3, 4, 5])
def test_without_one_modality_the_parity_of_high_dimensional_signs_is_unknown(modalities: int) -> None:
    # The exact belief in the product of the others' signs, from the axes that the recipe drew, is no guide.
    N = 4000
    dataset = load(spec.GaussianXor(mu=2, dims=512, modalities=modalities, examples=N, seed=3))
    rng = np.random.default_rng(derive(3, "gaussian_xor"))
    rng.choice([-1, 1], (N, modalities))
    u = rng.standard_normal((modalities, 512))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    beliefs = np.stack([np.tanh(2 * dataset.x[f"x{m + 1}"] @ u[m]) for m in range(modalities)])
    label = 2 * dataset.y - 1
    for withheld in range(modalities):
        rest = np.delete(beliefs, withheld, axis=0).prod(axis=0)
        assert abs(np.corrcoef(rest, label)[0, 1]) < 4 / np.sqrt(N)
    assert np.corrcoef(beliefs.prod(axis=0), label)[0, 1] > 0.5


@given(st.floats(0.05, 10), st.integers(2, 3))
@settings(max_examples=4, deadline=None)
def test_a_further_factor_never_adds_information(mu: float, modalities: int) -> None:
    assert -1e-9 <= synergy(mu, modalities + 1) <= synergy(mu, modalities) + 1e-9 <= 1 + 2e-9


def test_the_gaussian_posterior_is_the_two_component_mixture_computed_by_bayes() -> None:
    recipe = spec.GaussianXor(mu=2, dims=3, examples=60, seed=4)
    dataset = load(recipe)
    assert dataset.posterior is not None
    axes = np.random.default_rng(derive(4, "gaussian_xor"))
    axes.choice([-1.0, 1.0], (60, 2))
    u = axes.standard_normal((2, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    density = {
        signs: np.prod(
            [np.exp(-((dataset.x[f"x{m + 1}"] - 2 * s * u[m]) ** 2).sum(1) / 2) for m, s in enumerate(signs)],
            axis=0,
        )
        for signs in ((1, 1), (-1, -1), (1, -1), (-1, 1))
    }
    one = density[1, 1] + density[-1, -1]
    np.testing.assert_allclose(dataset.posterior[:, 1], one / sum(density.values()), rtol=1e-4)


@pytest.mark.parametrize(
    ("epsilon", "bits"),
    [
        (0.01, 0.919207),
        (0.05, 0.713603),
        (0.1, 0.531004),
        (0.2, 0.278072),
        (0.25, 0.188722),
        (0.4, 0.029049),
        (0.5, 0),
        (0, 1),
    ],
)
def test_synergy_of_noisy_xor_is_one_minus_the_noise_entropy(epsilon: float, bits: float) -> None:
    dataset = load(spec.NoisyXor(epsilon=epsilon, modalities=3, examples=20_000))
    assert dataset.synergy == pytest.approx(bits, abs=1e-6)
    parity = sum((values[:, 0] > 0).astype(int) for values in dataset.x.values()) % 2
    assert (parity == dataset.y).mean() == pytest.approx(1 - epsilon, abs=4 * 0.5 / np.sqrt(20_000))
    assert dataset.posterior is not None
    np.testing.assert_allclose(dataset.posterior[np.arange(20_000), parity], 1 - epsilon)
    assert dataset.oracle is not None
    assert all(here.all() for here in dataset.oracle.values())  # a modality has one coordinate, its bit
