"""Exclusive or beside a short-cut that only training examples have: does a model learn what will last?"""

import math

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.data.gaussian_xor import synergy
from synib.seeds import derive

Floats = NDArray[np.float64]

DIMS = 64
SIGNAL = slice(0, 4)
SHORTCUT = slice(4, 10)
SIGNAL_SCALE, SIGNAL_NOISE, SHORTCUT_SCALE = 2.2, 0.55, 1.3


@recipes(spec.SpuriousXor)
def spurious_xor(recipe: spec.SpuriousXor) -> Dataset:
    """Kontras et al. 2026 (arXiv 2606.09853), Spurious-XOR.

    Drawn as there but from other streams: the public script's are torch's from seed + 101, + 151 and + 201.

    The posterior is that of the signal coordinates, p(y=1|x) = ½ (1 - t1 t2) with
    t_m = tanh(2.2 sum of the signal / .55²): the exact p(y|x) at test, and what should be learned of training
    examples, whose p(y|x) is surer by the short-cut. The synergy is that at test, where the four coordinates
    amount to one sign at 2.2 sqrt(4) / .55 = 8 standard deviations: 1 bit to 13 digits. The source of every
    example is synergy, since the short-cut is none that lasts.
    """
    counts = recipe.info().counts
    parts = [_draw(recipe, name, count) for name, count in counts.items()]
    x = {f"x{m + 1}": np.concatenate([part[m] for part, _ in parts]).astype(np.float32) for m in range(2)}
    split, example_id = split_columns(counts)
    here = np.zeros(DIMS, bool)
    here[SIGNAL] = True
    return Dataset(
        x=x,
        y=np.concatenate([y for _, y in parts]),
        split=split,
        example_id=example_id,
        classes=recipe.info().classes,
        posterior=posterior(x["x1"], x["x2"]),
        synergy=synergy(SIGNAL_SCALE * math.sqrt(4) / SIGNAL_NOISE, 2),
        source=np.full(len(split), "synergy"),
        oracle={name: np.tile(here, (len(split), 1)) for name in x},
    )


def posterior(x1: NDArray[np.float32], x2: NDArray[np.float32]) -> Floats:
    """p(y|signal) by Bayes' rule; at test, p(y|x1, x2). (N, 64), (N, 64) -> (N, 2)"""
    sums = np.stack([x[:, SIGNAL].sum(1, dtype=np.float64) for x in (x1, x2)])
    product = np.tanh(SIGNAL_SCALE / SIGNAL_NOISE**2 * sums).prod(0)
    return np.stack([1 + product, 1 - product], axis=1) / 2


def _draw(recipe: spec.SpuriousXor, split: str, N: int) -> tuple[list[Floats], NDArray[np.int64]]:
    """Both modalities, (N, 64) each, and the labels of one split, from its own stream."""
    rng = np.random.default_rng(derive(recipe.seed, "spurious_xor", split))
    bits = rng.integers(0, 2, (N, 2))
    y = bits[:, 0] ^ bits[:, 1]
    x = [rng.standard_normal((N, DIMS)) for _ in range(2)]
    for m in range(2):
        x[m][:, SIGNAL] = SIGNAL_SCALE * (2 * bits[:, m : m + 1] - 1) + SIGNAL_NOISE * x[m][:, SIGNAL]
    beta = recipe.beta if split != "test" else 0.0
    noise = math.sqrt(max(0.0, 1 - beta**2)) * x[0][:, SHORTCUT]  # every coordinate its own
    x[0][:, SHORTCUT] = SHORTCUT_SCALE * (beta * (2 * y[:, None] - 1) + noise)
    return x, y
