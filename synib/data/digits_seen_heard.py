"""Pairs of a spoken and a written digit whose label is a rule about the two."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import SPLITS, Dataset, recipes, split_columns
from synib.data.digit_files import RATE, Recordings, read_images, read_recordings
from synib.data.media import ArrayMedia
from synib.data.sources import MissingData, source_folder
from synib.seeds import derive

Indices = NDArray[np.int64]
Pools = Mapping[str, Indices]

OFFICIAL_TEST = 5  # recordings below this index are test
VALIDATION_OF_THE_REST = 1 / 9  # 5 of 45: as many as test has
IMAGE_SHARES = {"train": 0.7, "validation": 0.1}  # of each digit; test has the rest
SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # recording, image

RULES: dict[str, Callable[[Indices, Indices], Indices]] = {
    "parity_differs": lambda heard, seen: (heard + seen) % 2,
    "heard_only": lambda heard, seen: heard % 2,
    "seen_only": lambda heard, seen: seen % 2,
    "same_digit_both": lambda heard, seen: heard % 2,
    "and": lambda heard, seen: (heard % 2) * (seen % 2),
    "sum": lambda heard, seen: heard + seen,
}


@recipes(spec.DigitsSeenHeard)
def digits_seen_heard(recipe: spec.DigitsSeenHeard) -> Dataset:
    """Recordings and images are split first and paired inside their split.

    Raises:
        MissingData: the files are not there, or are not what they must be.
    """
    recordings = read_recordings(source_folder("fsdd") / "recordings")
    images, digit = read_images(source_folder("mnist-t10k"))
    heard_pools, seen_pools = split_recordings(recordings, recipe), split_images(digit, recipe.seed)
    info, pairs = recipe.info(), []
    for name, count in info.counts.items():
        rng = np.random.default_rng(derive(recipe.seed, "pairs", recipe.label, name))
        heard = _by_digit(heard_pools[name], recordings.digit, f"{name} has no recording")
        seen = _by_digit(seen_pools[name], digit, f"{name} has no image")
        pair = _alike if recipe.label == "same_digit_both" else _squares
        pairs.append(rng.permutation(pair(heard, seen, count, rng)))
    of_heard, of_seen = np.concatenate(pairs).T
    split, example_id = split_columns(info.counts)
    return Dataset(
        x={},
        media={
            "heard": ArrayMedia("audio", recordings.waves, of_heard, [RATE] * len(recordings.waves)),
            "seen": ArrayMedia("image", list(images), of_seen),
        },
        y=RULES[recipe.label](recordings.digit[of_heard], digit[of_seen]),
        split=split,
        example_id=example_id,
        classes=info.classes,
        group=recordings.names[of_heard],  # of one recording there are many pairs
    )


def split_recordings(recordings: Recordings, recipe: spec.DigitsSeenHeard) -> Pools:
    """Numbers of each split's recordings."""
    rng = np.random.default_rng(derive(recipe.seed, "recordings", recipe.speakers))
    speakers = np.unique(recordings.speaker)
    if recipe.speakers == "held_out":
        if len(speakers) < 3:
            detail = "speaker cannot be held out; at least three are needed"
            raise MissingData(f"recordings of {len(speakers)} {detail}")
        test, validation = rng.permutation(speakers)[:2]
        of = np.where(recordings.speaker == test, 2, np.where(recordings.speaker == validation, 1, 0))
    else:
        of = np.where(recordings.index < OFFICIAL_TEST, 2, 0)
        for speaker in speakers:
            for digit in range(10):
                here = (recordings.speaker == speaker) & (recordings.digit == digit) & (of == 0)
                rest = rng.permutation(np.flatnonzero(here))
                of[rest[: round(VALIDATION_OF_THE_REST * len(rest))]] = 1
    return {name: np.flatnonzero(of == number) for number, name in enumerate(SPLITS)}


def split_images(digit: Indices, seed: int) -> Pools:
    """Numbers of each split's images, every digit cut by the same shares."""
    rng = np.random.default_rng(derive(seed, "images"))
    parts: dict[str, list[Indices]] = {name: [] for name in SPLITS}
    for value in range(10):
        images = rng.permutation(np.flatnonzero(digit == value))
        ends = np.cumsum([round(share * len(images)) for share in IMAGE_SHARES.values()])
        for name, part in zip(SPLITS, np.split(images, ends), strict=True):
            parts[name].append(part)
    return {name: np.concatenate(part) for name, part in parts.items()}


# ------------------------------------------------------------------------------------------ pairing


def _squares(
    heard: Sequence[Indices], seen: Sequence[Indices], count: int, rng: np.random.Generator
) -> Indices:
    """(count, 2) recordings and images, in squares: an even and an odd spoken digit, each with an even and an
    odd written one.

    Every recording and every image so meets as many even as odd digits, and twenty-five squares hold each of
    the hundred pairs of digits once.
    """
    squares = count // 4
    blocks = -(-squares // 25)
    cells = rng.permuted(np.tile(np.arange(25), (blocks, 1)), axis=1)  # which even digits meet, in each block
    turns = rng.integers(0, 5, (2, blocks, 1))  # which odd digit is with an even one
    corners = []
    for even, turn, pools in zip(np.divmod(cells, 5), turns, (heard, seen), strict=True):
        digits = np.stack([2 * even, 2 * ((even + turn) % 5) + 1], axis=-1).reshape(-1, 2)[:squares]
        corners.append(_deal(pools, digits, rng))
    of_heard, of_seen = corners  # (squares, 2) each
    return np.stack([of_heard[:, SQUARE[:, 0]], of_seen[:, SQUARE[:, 1]]], axis=-1).reshape(-1, 2)


def _alike(
    heard: Sequence[Indices], seen: Sequence[Indices], count: int, rng: np.random.Generator
) -> Indices:
    """(count, 2) recordings and images of the same digit, as many even ones as odd ones."""
    couples = rng.permuted(np.tile(np.arange(5), (-(-count // 10), 1)), axis=1).ravel()[: count // 2]
    digits = np.stack([2 * couples, 2 * couples + 1], axis=-1).ravel()
    return np.stack([_deal(heard, digits, rng), _deal(seen, digits, rng)], axis=-1)


def _deal(pools: Sequence[Indices], digits: Indices, rng: np.random.Generator) -> Indices:
    """For each of the ``digits``, (…), an item of that digit; all of a pool before any of it comes again."""
    dealt = np.empty_like(digits)
    for value, pool in enumerate(pools):
        wanted = digits == value
        rounds = -(-wanted.sum() // len(pool))
        dealt[wanted] = rng.permuted(np.tile(pool, (rounds, 1)), axis=1).ravel()[: wanted.sum()]
    return dealt


def _by_digit(pool: Indices, digit: Indices, what: str) -> list[Indices]:
    pools = [pool[digit[pool] == value] for value in range(10)]
    for value, items in enumerate(pools):
        if not len(items):
            raise MissingData(f"{what} of a {value}; are files missing?")
    return pools
