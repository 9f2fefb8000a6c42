"""What holds of every recipe: it keeps its promises, and the same recipe gives the same bytes."""

from typing import Any

import numpy as np
import pytest

from synib import spec
from synib.data import load

LABELS = ("parity_differs", "sum", "same", "left_only", "and", "same_digit_both")
SHARES = {"train": 300, "validation": 75, "test": 125}  # of 500, as is the default
COUNTS = {"train": 200, "validation": 90, "test": 210}
RECIPES = [
    *((spec.PairedDigits(label=label, examples=500), SHARES) for label in LABELS),
    (spec.GaussianXor(examples=500, modalities=3), SHARES),
    (spec.NoisyXor(examples=500, modalities=4), SHARES),
    (spec.PairwiseXor(examples=500), SHARES),
    (spec.SpuriousXor(**COUNTS), COUNTS),
    (spec.PidXor(**COUNTS), COUNTS),
    (spec.PidXor(**COUNTS, mixing=spec.Rotated()), COUNTS),
    (spec.PidXor(**COUNTS, mixing=spec.RotatedPartial()), COUNTS),
    (spec.PidXor(**COUNTS, mixing=spec.RotatedTanh(scale=2)), COUNTS),
    (spec.PidXor(**COUNTS, mixing=spec.MlpMixer()), COUNTS),
]


@pytest.mark.parametrize(("recipe", "counts"), RECIPES, ids=str)
def test_a_recipe_gives_what_its_info_promises(recipe: Any, counts: dict[str, int]) -> None:
    dataset, info = load(recipe), recipe.info()
    assert {name: values.shape[1:] for name, values in dataset.x.items()} == info.shapes
    assert all(values.dtype == np.float32 for values in dataset.x.values())
    assert dataset.classes == info.classes
    assert set(dataset.y) <= set(range(len(info.classes)))
    assert len(set(dataset.example_id)) == len(dataset) == 500
    assert {split: len(dataset.select(split)) for split in counts} == counts == info.counts
    assert (dataset.oracle is not None) == info.oracle
    for name, here in (dataset.oracle or {}).items():
        assert here.dtype == np.bool_
        assert here.shape == dataset.x[name].shape


@pytest.mark.parametrize(("recipe", "counts"), RECIPES, ids=str)
def test_an_exact_posterior_is_a_distribution_that_is_right_as_often_as_it_says(
    recipe: Any, counts: dict[str, int]
) -> None:
    # The label's indicator less its probability has mean 0 and a known spread: within 4 standard errors.
    dataset = load(recipe)
    if dataset.posterior is None:
        assert dataset.synergy is None
        return
    p = dataset.posterior
    assert p.shape == (500, len(dataset.classes))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    indicator = np.eye(p.shape[1])[dataset.y]
    assert (np.abs((indicator - p).sum(axis=0)) <= 4 * np.sqrt((p * (1 - p)).sum(axis=0)) + 1e-9).all()
    confidence, right = p.max(axis=1), p.argmax(axis=1) == dataset.y
    spread = np.sqrt((confidence * (1 - confidence)).sum())
    assert abs((right - confidence).sum()) <= 4 * spread + 1e-9


@pytest.mark.parametrize(("recipe", "counts"), RECIPES, ids=str)
def test_the_same_recipe_gives_the_same_bytes_and_another_seed_gives_others(
    recipe: Any, counts: dict[str, int]
) -> None:
    first, again, other = (load(recipe.model_copy(update={"seed": seed})).sha256() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("recipe", [spec.SpuriousXor(**COUNTS), spec.PidXor(**COUNTS)], ids=str)
def test_a_split_does_not_depend_on_how_large_the_others_are(recipe: Any) -> None:
    larger = load(recipe.model_copy(update={"train": 500, "validation": 91}))
    for name, values in load(recipe).select("test").x.items():
        np.testing.assert_array_equal(values, larger.select("test").x[name])


@pytest.mark.parametrize("recipe", [spec.SpuriousXor(beta=0, **COUNTS), spec.PidXor(**COUNTS)], ids=str)
def test_splits_are_of_different_streams(recipe: Any) -> None:
    # Two splits of one stream would start alike, but for the short-cut, which is off here.
    dataset = load(recipe)
    for values in dataset.x.values():
        assert len({row.tobytes() for row in values}) == len(dataset)
        starts = np.stack([values[dataset.split == split][:90].ravel() for split in COUNTS])
        correlations = np.corrcoef(starts)[np.triu_indices(3, 1)]
        # Not 0: blocks that say the same in both have something in common by chance.
        assert np.abs(correlations).max() < 0.3


def test_the_hash_sees_every_change() -> None:
    dataset = load(spec.NoisyXor(examples=60))
    before = dataset.sha256()
    dataset.x["x1"][59] *= -1
    assert dataset.sha256() != before


def test_an_unknown_split_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'valid' is no split; use one of train, validation, test"):
        load(spec.NoisyXor(examples=60)).select("valid")
