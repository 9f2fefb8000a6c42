"""Labels that are in one source an example: unique to a modality, redundant, or synergy."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import Dataset, recipes, split_columns
from synib.data.mixing import make_mixers
from synib.seeds import derive

Floats = NDArray[np.float64]

DIMS, LATENTS, STRENGTH = 32, 4, 3.0
BLOCKS = {"unique": slice(0, 6), "redundant": slice(6, 12), "synergy": slice(12, 18), "noise": slice(18, 32)}
SOURCES = ("unique_1", "unique_2", "redundant", "synergy")
CARRIERS = {"unique_1": (0,), "unique_2": (1,), "redundant": (0, 1), "synergy": (0, 1)}
"""Which modalities a source is in."""
CALIBRATION = 1800
"""Training examples of seed 0 that the scale of the mlp mixing is measured on: as many as published."""


@recipes(spec.PidXor)
def pid_xor(recipe: spec.PidXor) -> Dataset:
    """Kontras et al. 2026 (arXiv 2606.09853), PID-XOR, with independent streams for everything drawn.

    The label is known exactly. An active block lies in a 4-dimensional subspace of its 6 dimensions, where
    N(0, I) lies with probability 0, so x1 alone and x2 alone both tell the source (unique to the other is
    where nothing of one's own is active). P has full rank, so the block tells z, all of whose entries have
    the same sign. Hence I(x1; y) = p_unique_1 + p_redundant, likewise for x2, I(x1, x2; y) = 1 bit, and

        synergy = 1 - max of I(x_m; y) = p_synergy + min(p_unique_1, p_unique_2),

    which is what MMI and BROJA give: two sources that are each unique in other examples can be played against
    each other, and the part of the smaller counts as redundant and as synergy. A rotation changes none of
    this. Under tanh, float32 merges values beyond ±9, and the mlp need not be one to one: posterior and
    synergy are then unknown. The oracle is known of blocks as they are, and marks the active synergy block.
    """
    counts = recipe.info().counts
    draws = [draw(recipe.mixture, recipe.seed, name, count) for name, count in counts.items()]
    y = np.concatenate([one.y for one in draws])
    source = np.concatenate([one.source for one in draws])
    mixers = make_mixers(recipe.mixing, list(BLOCKS.values()), lambda: _calibration(recipe.mixture))
    x = {
        f"x{m + 1}": mixers[m](np.concatenate([one.x[m] for one in draws])).astype(np.float32) for m in (0, 1)
    }
    split, example_id = split_columns(counts)
    invertible = not isinstance(recipe.mixing, spec.RotatedTanh | spec.MlpMixer)
    return Dataset(
        x=x,
        y=y,
        split=split,
        example_id=example_id,
        classes=recipe.info().classes,
        posterior=np.eye(2)[y] if invertible else None,
        synergy=_synergy(recipe.mixture) if invertible else None,
        source=source,
        oracle=_oracle(source) if recipe.info().oracle else None,
    )


@dataclass(frozen=True)
class Draw:
    """N examples as blocks, before they are mixed."""

    x: tuple[Floats, Floats]  # (N, 32) each
    y: NDArray[np.int64]
    source: NDArray[np.str_]


def draw(mixture: spec.Mixture, seed: int, split: str, N: int) -> Draw:
    """Examples of one split, from a stream for each thing that is drawn."""
    source = _stream(seed, split, "source").choice(SOURCES, N, p=_probabilities(mixture))
    y = _stream(seed, split, "label").integers(0, 2, N)
    first = _stream(seed, split, "first bit").integers(0, 2, N)
    latents = STRENGTH * np.abs(_stream(seed, split, "latents").standard_normal((2, N, LATENTS)))
    noise = _stream(seed, split, "noise")
    x = noise.standard_normal((N, DIMS)), noise.standard_normal((N, DIMS))
    said = {  # by source, the bit that each modality's sign is
        "unique_1": (y, y),
        "unique_2": (y, y),
        "redundant": (y, y),
        "synergy": (first, first ^ y),
    }
    for (name, m), P in projections().items():
        rows, block = np.flatnonzero(source == name), BLOCKS[name.partition("_")[0]]
        z = latents[0 if name == "redundant" else m, rows] * (2 * said[name][m][rows] - 1)[:, None]
        x[m][rows, block] = z @ P[block].T
    return Draw(x, y, source)


@cache
def projections() -> Mapping[tuple[str, int], Floats]:
    """(32, 4) for each source and each modality that it is in: the published ones, torch's from seed 999."""
    generator = torch.Generator().manual_seed(999)
    return {
        (source, m): (0.5 * torch.randn(DIMS, LATENTS, generator=generator)).double().numpy()
        for source, carriers in CARRIERS.items()
        for m in carriers
    }


def _stream(seed: int, split: str, what: str) -> np.random.Generator:
    return np.random.default_rng(derive(seed, "pid_xor", split, what))


def _probabilities(mixture: spec.Mixture) -> Floats:
    """Of the sources in their order; they sum to 1 as exactly as numpy wants it."""
    p = np.array([getattr(mixture, source) for source in SOURCES])
    return np.asarray(p / p.sum())


def _calibration(mixture: spec.Mixture) -> tuple[Floats, Floats]:
    return draw(mixture, 0, "train", CALIBRATION).x


def _synergy(mixture: spec.Mixture) -> float:
    unique_1, unique_2, _, synergy = _probabilities(mixture)
    return float(synergy + min(unique_1, unique_2))


def _oracle(source: NDArray[np.str_]) -> dict[str, NDArray[np.bool_]]:
    here = np.zeros(DIMS, bool)
    here[BLOCKS["synergy"]] = True
    return {name: np.outer(source == "synergy", here) for name in ("x1", "x2")}
