"""Entropy and pointwise information of class probabilities, in bits."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FLOOR: Final = 1e-9
"""No probability counts as less (29.9 bits): one absurdly sure mistake must not be the whole mean, nor
infinite."""


def entropy(p: ArrayLike) -> Floats:
    """-sum p log2 p over the last axis, 0 log 0 = 0. (…, K) -> (…) bits."""
    p = np.asarray(p, np.float64)
    return np.asarray(-(p * np.log2(np.where(p > 0, p, 1.0))).sum(-1)) + 0.0  # no -0


def binary_entropy(p: float) -> float:
    """h(p), bits: the entropy of a coin that falls on one side with probability p."""
    return float(entropy([p, 1 - p]))


def bits(p: ArrayLike) -> Floats:
    """log2 p, not below ``log2(FLOOR)``."""
    return np.asarray(np.log2(np.maximum(np.asarray(p, np.float64), FLOOR)))


def pointwise_information(p_true: Floats, base_true: Floats) -> Floats:
    """log2 q(y|x) / p(y), bits: what a forecast q tells of the label beyond its frequency. (N,), (N,) -> (N,)

    Its mean is at most I(x; y), whatever the forecast (Barber & Agakov 2003), as far as p(y) is the label's
    true frequency; below 0 the forecast misleads.
    """
    return bits(p_true) - bits(base_true)


def class_frequencies(label: NDArray[np.integer], classes: int) -> Floats:
    """(K,) shares of the labels. A class that never occurs counts as half an example, not as impossible."""
    counts = np.maximum(np.bincount(label, minlength=classes), 0.5)
    return np.asarray(counts / counts.sum())
