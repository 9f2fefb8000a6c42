"""MUStARD's text: an utterance and what was said before it, in the authors' folds."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks.pickled import read_pickle
from synib.benchmarks.pickled_arrays import RefusedPickle
from synib.benchmarks.places import fault, stamp, the_file
from synib.data.dataset import SPLITS, Dataset, recipes
from synib.data.media import ArrayMedia
from synib.seeds import derive

CLASSES: Final = ("not sarcastic", "sarcastic")

Rows = NDArray[np.int64]


class Said(NamedTuple):
    """One utterance."""

    name: str
    utterance: str
    context: str
    sarcastic: bool


def info(recipe: spec.MustardText) -> spec.DataInfo:
    """What a plan must know."""
    split = _split(recipe)
    return spec.DataInfo(
        shapes={},
        media={"utterance": "text", "context": "text"},
        classes=CLASSES,
        counts={name: int((split == name).sum()) for name in SPLITS},
    )


@recipes(spec.MustardText)
def texts(recipe: spec.MustardText) -> Dataset:
    """In the order of the file."""
    said = _said(stamp(the_file(recipe.folder, "folder", "sarcasm_data.json")))
    return Dataset(
        x={},
        media={
            "utterance": ArrayMedia.of("text", [one.utterance for one in said]),
            "context": ArrayMedia.of("text", [one.context for one in said]),
        },
        y=_labels(said),
        split=_split(recipe),
        example_id=np.array([one.name for one in said]),
        classes=CLASSES,
    )


def _split(recipe: spec.MustardText) -> NDArray[np.str_]:
    """(N,) the stored fold; of its training part a share of each class is validation."""
    said = _said(stamp(the_file(recipe.folder, "folder", "sarcasm_data.json")))
    folds = _folds(stamp(the_file(recipe.folder, "folder", "split_indices.p")))
    train, test = folds[recipe.fold - 1]
    if sorted([*train, *test]) != list(range(len(said))):
        detail = f"fold {recipe.fold} of split_indices.p is no split of the {len(said)} utterances"
        raise fault("folder", detail, recipe.folder)
    split = np.full(len(said), "train", "U10")
    split[test] = "test"
    rng = np.random.default_rng(derive(recipe.seed, "validation", recipe.fold))
    y = _labels(said)
    for label in (0, 1):
        rows = rng.permutation(np.sort(train[y[train] == label]))
        split[rows[: round(recipe.validation * len(rows))]] = "validation"
    return split


def _labels(said: list[Said]) -> Rows:
    return np.array([one.sarcastic for one in said], np.int64)


@lru_cache(maxsize=4)
def _said(which: tuple[Path, int, int]) -> list[Said]:
    try:
        found = json.loads(which[0].read_text("utf-8"))
        return [
            Said(name, str(one["utterance"]), "\n".join(one["context"]), bool(one["sarcasm"]))
            for name, one in found.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = (
            f"sarcasm_data.json is not what it must be, {{name: {{utterance, context, sarcasm}}}}: {error}"
        )
        raise fault("folder", detail, which[0].name) from None


@lru_cache(maxsize=4)
def _folds(which: tuple[Path, int, int]) -> list[tuple[Rows, Rows]]:
    """Training and test rows of each fold."""
    try:
        found: Any = read_pickle(which[0])
        return [(np.asarray(train, np.int64), np.asarray(test, np.int64)) for train, test in found]
    except (RefusedPickle, ValueError, TypeError) as error:
        raise fault("folder", f"split_indices.p has no folds: {error}", which[0].name) from None
