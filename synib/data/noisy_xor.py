"""Noisy parity of fair bits: the smallest task that is nothing but synergy."""

import numpy as np
from scipy.special import entr

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.seeds import derive


@recipes(spec.NoisyXor)
def noisy_xor(recipe: spec.NoisyXor) -> Dataset:
    """y = parity of fair bits, flipped with probability epsilon; parity 1 is an odd number of +1."""
    rng = np.random.default_rng(derive(recipe.seed, "noisy_xor"))
    N, k, epsilon = recipe.examples, recipe.modalities, recipe.epsilon
    bits = rng.integers(0, 2, (N, k))
    parity = bits.sum(1) % 2
    y = parity ^ (rng.random(N) < epsilon)
    p_odd = np.where(parity == 1, 1 - epsilon, epsilon)
    split, example_id = split_columns(recipe.split.counts(N))
    x = {f"x{m + 1}": (2 * bits[:, m : m + 1] - 1).astype(np.float32) for m in range(k)}
    return Dataset(
        x=x,
        y=y.astype(np.int64),
        split=split,
        example_id=example_id,
        classes=recipe.info().classes,
        posterior=np.stack([1 - p_odd, p_odd], axis=1),
        synergy=1 - binary_entropy(epsilon),
        oracle={name: np.ones((N, 1), bool) for name in x},
    )


def binary_entropy(p: float) -> float:
    """h(p) in bits."""
    return float((entr(p) + entr(1 - p)) / np.log(2))
