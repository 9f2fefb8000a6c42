"""Splits of data that has none: classes spread evenly, groups whole; and what is wrong with a given one."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import SPLITS
from synib.seeds import derive
from synib.uploads.faults import RowFaults

Codes = NDArray[np.int8]
"""(N,) index into the splits."""
Indices = NDArray[np.int64]
SHOWN: Final = 5


def draw(y: Indices, group: Indices | None, asked: spec.Upload, faults: RowFaults) -> Codes:
    """A split by the shares and the seed asked for: the same labels and groups give the same one."""
    rng = np.random.default_rng(derive(asked.seed, "split"))
    shares = np.array([getattr(asked.split, name) for name in SPLITS])
    if group is None:
        split = _by_class(y, shares, rng)
    else:
        if (groups := int(group.max()) + 1) < len(SPLITS):
            detail = f"there are {groups} groups; with less than {len(SPLITS)} no split keeps them whole"
            faults.add("group", f"{detail}: add a column split")
            return np.zeros(len(y), np.int8)
        split = _by_group(y, group, shares, rng)
    for place, count in enumerate(np.bincount(split, minlength=len(SPLITS))):
        if not count:
            detail = f"{len(y):,} examples are too few: none is left for {SPLITS[place]}; bring more"
            faults.add("", f"{detail}, or add a column split")
    return split


def check(split: Codes, faults: RowFaults) -> None:
    """Whether a given split has all three."""
    for place, count in enumerate(np.bincount(split, minlength=len(SPLITS))):
        if not count:
            detail = f"no example is in {SPLITS[place]}; each of {', '.join(SPLITS)} is needed"
            faults.add("split", f"{detail}: to learn, to choose, to judge")


def leaking(split: Codes, group: Indices) -> Indices:
    """Groups that are in more than one split."""
    pairs = np.unique(group * len(SPLITS) + split)
    groups, times = np.unique(pairs // len(SPLITS), return_counts=True)
    return np.asarray(groups[times > 1])


def _by_class(y: Indices, shares: NDArray[np.float64], rng: np.random.Generator) -> Codes:
    """Every class is cut by the shares; what rounding leaves goes where most is owed over all classes."""
    split = np.empty(len(y), np.int8)
    owed = np.zeros(len(shares))
    for code in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == code))
        owed += shares * len(rows)
        counts = np.floor(np.minimum(shares * len(rows), np.maximum(owed, 0))).astype(int)
        for _ in range(len(rows) - counts.sum()):
            counts[np.argmax(owed - counts)] += 1
        owed -= counts
        split[rows] = np.repeat(np.arange(len(shares)), counts)
    return split


def _by_group(y: Indices, group: Indices, shares: NDArray[np.float64], rng: np.random.Generator) -> Codes:
    """Groups one by one, the largest first, each where it leaves the classes nearest to the shares."""
    K, groups = int(y.max()) + 1, int(group.max()) + 1
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.arange(groups + 1))
    sizes = np.diff(bounds)
    wanted = shares[:, None] * np.bincount(y, minlength=K)  # (3, K)
    weight = 1 / np.maximum(1, np.bincount(y, minlength=K))
    has = np.zeros_like(wanted)
    place = np.empty(groups, np.int8)
    shuffled = rng.permutation(groups)
    for one in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        counts = np.bincount(y[order[bounds[one] : bounds[one + 1]]], minlength=K)
        lack = (wanted - has) / shares[:, None]
        # The split that lacks most of these very classes, in parts of what it should have.
        best = int(np.argmax((lack * (counts * weight)).sum(axis=1)))
        has[best] += counts
        place[one] = best
    return place[group]
