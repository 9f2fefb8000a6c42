"""Which coarse pictures are nearly the same, among many."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 6
"""Most bits of 64 in which the hashes of two differ."""
LEVELS: Final = 3.0
"""Most grey levels of 255 by which two differ, on average over the pixels."""
NEIGHBOURS: Final = 16
"""How many that sort next to one are compared with it."""
TURNS: Final = (0, 16, 32, 48)
"""Bits by which hashes are turned before they are sorted: near ones agree in the first 16 of some turn."""


def lookalikes(thumbs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(M, 16, 16) -> (M,) equal numbers for those that look alike, directly or through others.

    Candidates are near by a perceptual hash, the signs of the 8 × 8 lowest frequencies of the cosine
    transform against their median (Zauner 2010); each is confirmed on the pictures themselves.
    """
    group = np.arange(len(thumbs))
    if len(thumbs) < 2:
        return group
    hashes = perceptual_hashes(thumbs)
    for turn in TURNS:
        turned = (hashes << np.uint64(turn)) | (hashes >> np.uint64((64 - turn) % 64))
        order = np.argsort(turned, kind="stable")
        for step in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
            here, there = order[:-step], order[step:]
            near = np.bitwise_count(hashes[here] ^ hashes[there]) <= BITS
            here, there = here[near], there[near]
            apart = np.abs(thumbs[here].astype(np.int16) - thumbs[there]).mean(axis=(1, 2))
            for a, b in zip(here[apart <= LEVELS], there[apart <= LEVELS], strict=True):
                _join(group, int(a), int(b))
    return np.array([_root(group, item) for item in range(len(group))])


def perceptual_hashes(thumbs: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """(M, 16, 16) -> (M,)"""
    from scipy.fft import dctn  # noqa: PLC0415

    hashes = []
    for begin in range(0, len(thumbs), 4096):
        low = dctn(thumbs[begin : begin + 4096].astype(np.float32), axes=(1, 2))[:, :8, :8].reshape(-1, 64)
        bits = low > np.median(low[:, 1:], axis=1, keepdims=True)
        hashes.append(np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64))
    return np.concatenate(hashes)


def _root(group: NDArray[np.int64], item: int) -> int:
    while group[item] != item:
        group[item] = group[group[item]]
        item = int(group[item])
    return item


def _join(group: NDArray[np.int64], a: int, b: int) -> None:
    a, b = _root(group, a), _root(group, b)
    group[max(a, b)] = min(a, b)
