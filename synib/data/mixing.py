"""Transformations that leave no coordinate to one block of PID-XOR: nothing for a mask to find."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from synib import spec

Floats = NDArray[np.float64]
Mixer = Callable[[Floats], Floats]

HIDDEN, PREACTIVATION = 64, 2.5


def make_mixers(
    mixing: spec.Mixing | None, blocks: Sequence[slice], sample: Callable[[], tuple[Floats, Floats]]
) -> tuple[Mixer, Mixer]:
    """For each of two modalities a map of raw inputs, (N, d) -> (N, d), that is fixed by its seed alone.

    Follows the public code of Kontras et al. 2026 down to torch's seeds, 7700 + 100 seed + modality for
    rotations and 8800 + 100 seed + modality for the mlp.

    Args:
        blocks: that together are all d coordinates; ``rotated_partial`` mixes pairs of them.
        sample: makes the raw inputs of both modalities that the scale of the mlp is measured on.
    """
    match mixing:
        case None:
            return _as_it_is, _as_it_is
        case spec.MlpMixer():
            first, second = sample()
            return _perceive(mixing.seed, 0, first), _perceive(mixing.seed, 1, second)
        case _:
            return _turn(mixing, 0, blocks), _turn(mixing, 1, blocks)


def _as_it_is(x: Floats) -> Floats:
    return x


def _turn(
    mixing: spec.Rotated | spec.RotatedPartial | spec.RotatedTanh, modality: int, blocks: Sequence[slice]
) -> Mixer:
    match mixing:
        case spec.Rotated():
            Q = rotation(mixing.seed, modality, blocks[-1].stop)
            return lambda x: x @ Q.T
        case spec.RotatedPartial():
            Q = partial_rotation(mixing.seed, modality, blocks)
            return lambda x: x @ Q.T
        case spec.RotatedTanh(scale=scale):
            Q = rotation(mixing.seed, modality, blocks[-1].stop)
            return lambda x: np.tanh(scale * (x @ Q.T))


def _perceive(seed: int, modality: int, sample: Floats) -> Mixer:
    W1, W2 = mlp_weights(seed, modality, sample)
    return lambda x: np.tanh(x @ W1.T) @ W2.T


def rotation(seed: int, modality: int, d: int) -> Floats:
    """A random orthogonal (d, d)."""
    return _orthogonal(_generator(7700, seed, modality), d)


def partial_rotation(seed: int, modality: int, blocks: Sequence[slice]) -> Floats:
    """Orthogonal (d, d): four blocks in two random pairs, and a rotation within each pair."""
    generator = _generator(7700, seed, modality)
    order = torch.randperm(4, generator=generator).tolist()
    coordinates = [np.arange(block.start, block.stop) for block in blocks]
    Q = np.eye(blocks[-1].stop)
    for pair in (order[:2], order[2:]):
        rows = np.concatenate([coordinates[block] for block in pair])
        Q[np.ix_(rows, rows)] = _orthogonal(generator, len(rows))
    return Q


def mlp_weights(seed: int, modality: int, sample: Floats) -> tuple[Floats, Floats]:
    """W1, (64, d), and W2, (d, 64); W1 x spreads by 2.5 over all units and the ``sample``, (N, d)."""
    generator = _generator(8800, seed, modality)
    d = sample.shape[1]
    W1 = torch.randn(HIDDEN, d, generator=generator).double().numpy()
    W2 = torch.randn(d, HIDDEN, generator=generator).double().numpy() / math.sqrt(HIDDEN)
    return W1 * (PREACTIVATION / (sample @ W1.T).std()), W2


def _orthogonal(generator: Generator, d: int) -> Floats:
    """Uniform over the orthogonal group: QR of a normal matrix, made unique by a positive diagonal of R."""
    Q, R = torch.linalg.qr(torch.randn(d, d, generator=generator, dtype=torch.float64))
    return np.asarray(Q * R.diagonal().sign())


def _generator(base: int, seed: int, modality: int) -> Generator:
    return torch.Generator().manual_seed(base + 100 * seed + modality)
