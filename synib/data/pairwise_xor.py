"""Three parities of pairs: information that leave-one-out withholding must not take for a modality's own."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.data.gaussian_xor import synergy
from synib.seeds import derive

PAIRS = tuple(combinations(range(3), 2))


@recipes(spec.PairwiseXor)
def pairwise_xor(recipe: spec.PairwiseXor) -> Dataset:
    """Every pair of modalities is a Gaussian XOR of its own, and the label is the three results.

    Each sign serves one pair only. With one sign a modality, y = (b1 xor b2, b2 xor b3), two pairs would tell
    what the third says, and a noisy sign would be read better with all three modalities than with two. Here
    the three bits of the label are independent and so are the observations that each depends on, therefore

        p(y|x) = product over pairs of p(y_pair | x_pair),   I(x; y) = 3 I(x_pair; y_pair),

    any pair knows a third of it, :func:`synib.data.gaussian_xor.synergy` of two, and one modality nothing.
    """
    rng = np.random.default_rng(derive(recipe.seed, "pairwise_xor"))
    N, mu = recipe.examples, recipe.mu
    signs = rng.choice([-1, 1], (N, 3, 2))  # of each modality, one for each pair that it is in
    axes = _orthonormal_pairs(rng, recipe.dims)
    x, belief = {}, np.empty((N, 3, 2))  # belief: E[sign | x], tanh(mu <axis, x>)
    for m in range(3):
        values = rng.standard_normal((N, recipe.dims), dtype=np.float32)
        values += mu * signs[:, m] @ axes[m]
        belief[:, m] = np.tanh(mu * (values @ axes[m].T))
        x[f"x{m + 1}"] = values
    y, posterior = np.zeros(N, np.int64), np.ones((N, 1))
    for first, second in PAIRS:
        # The place of a partner among those of a modality, which lie in their order without itself.
        one, other = (first, second - 1), (second, first)
        even = signs[:, *one] * signs[:, *other] > 0
        p_even = (1 + belief[:, *one] * belief[:, *other]) / 2
        y = 2 * y + even
        posterior = (posterior[:, :, None] * np.stack([1 - p_even, p_even], 1)[:, None]).reshape(N, -1)
    split, example_id = split_columns(recipe.split.counts(N))
    return Dataset(
        x=x,
        y=y,
        split=split,
        example_id=example_id,
        classes=recipe.info().classes,
        posterior=posterior,
        synergy=3 * synergy(mu, 2),
    )


def _orthonormal_pairs(rng: np.random.Generator, dims: int) -> NDArray[np.float64]:
    """(3, 2, dims): two random orthogonal directions for each modality."""
    columns, _ = np.linalg.qr(rng.standard_normal((3, dims, 2)))
    return columns.swapaxes(1, 2)
