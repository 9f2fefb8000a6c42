"""Recipes make what their docstrings say, and the truths beside them are true."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from synib import spec
from synib.data import load
from synib.data.gaussian_xor import synergy
from synib.data.paired_digits import split_sources
from synib.seeds import derive

LABELS = ("parity_differs", "sum", "same", "left_only", "and", "same_digit_both")


def digits_shown(images: np.ndarray) -> np.ndarray:
    """The digit on each image, looked up among scikit-learn's images."""
    source = load_digits()
    known = {
        (image / 16).astype(np.float32).tobytes(): digit
        for image, digit in zip(source.images, source.target, strict=True)
    }
    return np.array([known[image[0].tobytes()] for image in images])


@pytest.mark.parametrize(
    "recipe",
    [
        *(spec.PairedDigits(label=label, examples=500) for label in LABELS),
        spec.GaussianXor(examples=500, modalities=3),
        spec.NoisyXor(examples=500, modalities=4),
    ],
    ids=str,
)
def test_a_recipe_gives_what_its_info_promises(recipe: Any) -> None:
    dataset, info = load(recipe), recipe.info()
    assert {name: values.shape[1:] for name, values in dataset.x.items()} == info.shapes
    assert all(values.dtype == np.float32 for values in dataset.x.values())
    assert dataset.classes == info.classes
    assert set(dataset.y) <= set(range(len(info.classes)))
    assert len(set(dataset.example_id)) == len(dataset) == 500
    assert {split: len(dataset.select(split)) for split in ("train", "validation", "test")} == {
        "train": 300,
        "validation": 75,
        "test": 125,
    }


def test_the_same_recipe_gives_the_same_bytes_and_another_seed_gives_others() -> None:
    first, again, other = (load(spec.GaussianXor(examples=100, seed=seed)).sha256() for seed in (1, 1, 2))
    assert first == again != other


def test_the_hash_sees_every_change() -> None:
    dataset = load(spec.NoisyXor(examples=60))
    before = dataset.sha256()
    dataset.x["x1"][59] *= -1
    assert dataset.sha256() != before


def test_an_unknown_split_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'valid' is no split; use one of train, validation, test"):
        load(spec.NoisyXor(examples=60)).select("valid")


# ------------------------------------------------------------------------------------------- digits


@pytest.mark.parametrize(
    ("label", "rule"),
    [
        ("parity_differs", lambda left, right: left % 2 != right % 2),
        ("sum", lambda left, right: left + right),
        ("same", lambda left, right: left == right),
        ("left_only", lambda left, right: left % 2 == 1),
        ("and", lambda left, right: (left % 2 == 1) & (right % 2 == 1)),
        ("same_digit_both", lambda left, right: (left % 2 == 1) & (left == right)),
    ],
)
def test_labels_follow_the_digits_that_are_shown(label: Any, rule: Any) -> None:
    dataset = load(spec.PairedDigits(label=label, examples=600))
    left, right = digits_shown(dataset.x["left"]), digits_shown(dataset.x["right"])
    np.testing.assert_array_equal(dataset.y, rule(left, right))


@pytest.mark.parametrize("label", ["same", "same_digit_both"])
def test_two_images_of_one_digit_are_different_images(label: Any) -> None:
    dataset = load(spec.PairedDigits(label=label, examples=2000))
    assert not (dataset.x["left"] == dataset.x["right"]).all(axis=(1, 2, 3)).any()
    alike = digits_shown(dataset.x["left"]) == digits_shown(dataset.x["right"])
    # 2000 fair coins: half, ± 4.5 standard deviations; or always.
    assert alike.mean() == pytest.approx(0.5, abs=0.05) if label == "same" else alike.all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), label=st.sampled_from(LABELS), train=st.floats(0.2, 0.7))
def test_no_source_image_is_in_two_splits(seed: int, label: Any, train: float) -> None:
    split = spec.Split(train=train, validation=0.15, test=0.85 - train)
    dataset = load(spec.PairedDigits(label=label, examples=300, seed=seed, split=split))
    seen = {
        name: {image.tobytes() for side in ("left", "right") for image in dataset.select(name).x[side]}
        for name in ("train", "validation", "test")
    }
    # scikit-learn's images are all different, so equal bytes are the same image
    assert seen["train"].isdisjoint(seen["validation"] | seen["test"])
    assert seen["validation"].isdisjoint(seen["test"])


def test_every_split_has_every_digit_in_its_share() -> None:
    digit = load_digits().target.astype(np.int64)
    pools = split_sources(digit, spec.PairedDigits())
    assert sorted(np.concatenate(list(pools.values()))) == list(range(1797))
    for share, pool in zip((0.6, 0.15, 0.25), pools.values(), strict=True):
        np.testing.assert_allclose(np.bincount(digit[pool]), share * np.bincount(digit), atol=1)


@pytest.mark.parametrize("beta", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("modality", ["left", "right"])
def test_the_watermark_follows_the_label_with_probability_beta_but_not_in_test(
    beta: float, modality: Any
) -> None:
    recipe = spec.PairedDigits(examples=6000, watermark=spec.Watermark(beta=beta, modality=modality))
    dataset = load(recipe)
    plain = load(recipe.model_copy(update={"watermark": None}))
    other = "right" if modality == "left" else "left"
    np.testing.assert_array_equal(dataset.x[other], plain.x[other])
    corners = dataset.x[modality][:, 0, ::7, ::7].reshape(-1, 4)
    assert (corners == corners[:, :1]).all()
    rest = np.ones((8, 8), bool)
    rest[::7, ::7] = False
    np.testing.assert_array_equal(dataset.x[modality][:, 0, rest], plain.x[modality][:, 0, rest])
    follows = corners[:, 0] == dataset.y  # two classes: intensities 0 and 1
    learned = dataset.split != "test"
    # the label's with beta, else one of two classes: beta + (1 - beta) / 2; tolerance 4 standard errors
    assert follows[learned].mean() == pytest.approx((1 + beta) / 2, abs=4 * 0.5 / np.sqrt(learned.sum()))
    assert follows[~learned].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt((~learned).sum()))


# -------------------------------------------------------------------------------------- closed forms


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
