"""Pairs of real digits are labelled by what they show, and no image is in two splits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from synib import spec
from synib.data import load
from synib.data.paired_digits import split_sources

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
