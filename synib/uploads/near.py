"""Examples that look alike, across splits: a test example that was seen in training proves nothing."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.seeds import derive

Hashes = NDArray[np.uint64]
"""(N,) equal where two examples are taken to be alike."""
FEW: Final = 8
"""Of less numbers, near means nothing: everything is near something."""
PROJECTIONS: Final = 8
TABLES: Final = 2
"""Twins that one table of hashes misses, the other may find."""
CELL: Final = 0.1
"""Width of a cell in standard deviations of a projection."""
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
PART: Final = 2**18
"""Numbers that are hashed at a time."""


@dataclass(frozen=True)
class Alike:
    """One modality of N examples, or all of them. Hashes lie in files, so that one column is in memory."""

    exact: Path
    near: Sequence[Path]
    """Each of these tables finds some."""
    present: NDArray[np.bool_]
    """(N,) a modality that is missing is like none."""


def load(path: Path) -> Hashes:
    """(N,)"""
    return np.fromfile(path, np.uint64)


def exact_hashes(rows: NDArray[np.float32]) -> Hashes:
    """(B, D) -> (B,): rows of the same numbers have the same."""
    return _mixed(np.ascontiguousarray(rows).view(np.uint32), "exact")


class Cells:
    """Hashes that rows share if they are near: cells of random projections, as in Datar et al. 2004 (E2LSH).

    Each number is measured in its spread, ``D`` in all. Two rows whose distance is r standard deviations, by
    root mean square, are in the same cell of one projection with probability about 1 - 0.8 r / CELL.
    """

    def __init__(self, mean: NDArray[np.float64], spread: NDArray[np.float64], D: int) -> None:
        rng = np.random.default_rng(derive(0, "cells", D))
        count = PROJECTIONS * TABLES
        self._mean = np.resize(mean, D).astype(np.float32)
        scale = np.resize(np.where(spread > 0, spread, np.inf), D)
        directions = rng.standard_normal((D, count), np.float32)
        self._directions = directions / (CELL * np.sqrt(D) * scale).astype(np.float32)[:, None]
        self._offsets = rng.random(count, np.float32)

    def hashes(self, rows: NDArray[np.float32]) -> list[Hashes]:
        """(B, D) -> one (B,) a table."""
        known = np.nan_to_num(rows - self._mean)
        cells = np.floor(known @ self._directions + self._offsets)
        numbers = np.clip(cells, -(2**30), 2**30).astype(np.int32).view(np.uint32)
        parts = np.split(numbers, TABLES, axis=1)
        return [_mixed(part, f"cells {table}") for table, part in enumerate(parts)]


def together(parts: Sequence[Alike], scratch: Path) -> Alike:
    """All modalities of an example: alike where each is, or is missing in both."""

    def one(name: str, paths: Sequence[Path]) -> Path:
        whole, N = scratch / f"together.{name}", len(parts[0].present)
        with ExitStack() as opened, whole.open("wb") as out:
            files = [opened.enter_context(path.open("rb")) for path in paths]
            for begin in range(0, N, PART):
                known = [np.fromfile(file, np.uint64, PART) for file in files]
                for hashes, part in zip(known, parts, strict=True):
                    hashes[~part.present[begin : begin + PART]] = 0
                _mixed(np.stack(known, axis=1).view(np.uint32), "together").tofile(out)
        return whole

    near = [one(f"near{t}", [part.near[t % len(part.near)] for part in parts]) for t in range(TABLES)]
    return Alike(one("exact", [part.exact for part in parts]), near, np.ones(len(parts[0].present), bool))


def crossing(
    hashes: Hashes, present: NDArray[np.bool_], split: NDArray[np.int8]
) -> Iterator[tuple[int, int]]:
    """Each example that is like one of an earlier split, with the first such one, in the order of rows."""
    known = hashes[present]
    known.sort()
    twice = np.unique(known[1:][known[1:] == known[:-1]])  # few, mostly
    if not len(twice):
        return
    rows = [np.flatnonzero(_among(hashes[i : i + PART], twice)) + i for i in range(0, len(hashes), PART)]
    order = np.concatenate(rows)
    order = order[present[order]]
    order = order[np.lexsort((order, split[order], hashes[order]))]
    known = hashes[order]
    begins = np.concatenate([[True], known[1:] != known[:-1]])
    first = order[np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))]
    later = split[order] > split[first]
    yield from sorted(zip(order[later].tolist(), first[later].tolist(), strict=True))


def _among(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """(B,) which are in ``known``, which is sorted."""
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.asarray(known[places] == hashes)


def _mixed(numbers: NDArray[np.uint32], purpose: str) -> Hashes:
    """(B, D) -> (B,) multilinear hashing, each number stirred first: two rows that differ share one with
    probability of about 2^-40 or less."""
    rng = np.random.default_rng(derive(0, "hash", purpose))
    odd = rng.integers(0, 2**63, numbers.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    step = max(1, PART // max(1, numbers.shape[1]))
    hashes = np.empty(len(numbers), np.uint64)
    for begin in range(0, len(numbers), step):
        part = numbers[begin : begin + step] * MIX
        part ^= part >> np.uint64(29)
        part *= odd
        total = part.sum(axis=1, dtype=np.uint64)
        hashes[begin : begin + step] = total ^ (total >> np.uint64(31))
    return hashes
