"""Pairs of real handwritten digits whose label is a rule about the two digits."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.seeds import derive

Indices = NDArray[np.int64]
MARK = ([0, 0, 7, 7], [0, 7, 0, 7])  # rows and columns of the watermark: the corners, blank in most digits

RULES: dict[str, Callable[[Indices, Indices], Indices]] = {
    "parity_differs": lambda left, right: (left + right) % 2,
    "sum": lambda left, right: left + right,
    "same": lambda left, right: (left == right).astype(np.int64),
    "left_only": lambda left, right: left % 2,
    "and": lambda left, right: (left % 2) * (right % 2),
    "same_digit_both": lambda left, right: left % 2,
}


@recipes(spec.PairedDigits)
def paired_digits(recipe: spec.PairedDigits) -> Dataset:
    """Source images are split first and paired inside their split, so that no image is in two splits."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]  # (1797, 1, 8, 8), 0 is paper and 1 is ink
    digit = digits.target.astype(np.int64)
    pools = split_sources(digit, recipe)
    counts = recipe.split.counts(recipe.examples)
    rng = np.random.default_rng(derive(recipe.seed, "pairs", recipe.label))
    pairs = np.concatenate(
        [_pairs(pools[name], digit, count, recipe.label, rng) for name, count in counts.items()]
    )
    split, example_id = split_columns(counts)
    y = RULES[recipe.label](digit[pairs[:, 0]], digit[pairs[:, 1]])
    x = {"left": images[pairs[:, 0]], "right": images[pairs[:, 1]]}
    if recipe.watermark:
        _mark(x[recipe.watermark.modality], y, split == "test", recipe)
    return Dataset(x=x, y=y, split=split, example_id=example_id, classes=recipe.info().classes)


def split_sources(digit: Indices, recipe: spec.PairedDigits) -> dict[str, Indices]:
    """Indices of each split's source images, every digit cut by the recipe's shares."""
    rng = np.random.default_rng(derive(recipe.seed, "sources"))
    parts: dict[str, list[Indices]] = {"train": [], "validation": [], "test": []}
    for value in range(10):
        sources = rng.permutation(np.flatnonzero(digit == value))
        for name, count in recipe.split.counts(len(sources)).items():
            parts[name].append(sources[:count])
            sources = sources[count:]
    return {name: np.concatenate(part) for name, part in parts.items()}


def _pairs(pool: Indices, digit: Indices, count: int, label: str, rng: np.random.Generator) -> Indices:
    """(count, 2) indices of left and right images, both from ``pool``."""
    left = rng.choice(pool, count)
    right = rng.choice(pool, count)
    if label == "same":
        alike = rng.random(count) < 0.5
        others = (digit[left] + rng.integers(1, 10, count)) % 10
        right = _partners(pool, digit, left, np.where(alike, digit[left], others), rng)
    elif label == "same_digit_both":
        right = _partners(pool, digit, left, digit[left], rng)
    return np.stack([left, right], axis=1)


def _partners(
    pool: Indices, digit: Indices, left: Indices, wanted: Indices, rng: np.random.Generator
) -> Indices:
    """For every left image another image of the ``pool`` that shows the ``wanted`` digit."""
    partners = np.empty_like(left)
    for value in range(10):
        rows = np.flatnonzero(wanted == value)
        candidates = pool[digit[pool] == value]
        picks = rng.integers(0, len(candidates), len(rows))
        itself = candidates[picks] == left[rows]
        shift = rng.integers(1, max(2, len(candidates)), len(rows))
        partners[rows] = candidates[np.where(itself, (picks + shift) % len(candidates), picks)]
    return partners


def _mark(
    images: NDArray[np.float32], y: Indices, test: NDArray[np.bool_], recipe: spec.PairedDigits
) -> None:
    """Write a class as a grey level into ``images`` (N, 1, 8, 8), the label's as often as the recipe says."""
    assert recipe.watermark
    rng = np.random.default_rng(derive(recipe.seed, "watermark"))
    K = len(recipe.info().classes)
    follows = (rng.random(len(y)) < recipe.watermark.beta) & ~test
    shown = np.where(follows, y, rng.integers(0, K, len(y)))
    images[:, 0, *MARK] = (shown / (K - 1))[:, None]
