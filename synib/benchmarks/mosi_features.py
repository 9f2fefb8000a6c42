"""CMU-MOSI by the utterance features that were published with bc-LSTM, on the split they were learned on."""

import csv
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks.leaks import refuse_learned, refuse_shared
from synib.benchmarks.places import fault, stamp, the_file
from synib.data.dataset import SPLITS, Dataset, recipes
from synib.seeds import derive

CLASSES: Final = ("negative", "positive")
MODALITIES: Final = ("text", "audio", "video")
LEARNED: Final = "the features of text and video"

Floats = NDArray[np.float64]


class Part(NamedTuple):
    """The training or the test part, n utterances."""

    x: dict[str, Floats]  # (n, d)
    y: NDArray[np.int64]  # (n,)
    name: NDArray[np.str_]  # (n,) such as 03bSnISJMiM_1


def info(recipe: spec.MosiFeatures) -> spec.DataInfo:
    """What a plan must know."""
    dataset = features(recipe)
    return spec.DataInfo(
        shapes={name: values.shape[1:] for name, values in dataset.x.items()},
        classes=CLASSES,
        counts={name: int((dataset.split == name).sum()) for name in SPLITS},
    )


@recipes(spec.MosiFeatures)
def features(recipe: spec.MosiFeatures) -> Dataset:
    """Utterances in the order of the files, validation videos cut off the training part.

    Raises:
        SpecError: files are not what they must be, or the split is one that the features know.
    """
    train, test = _part(recipe.folder, "train"), _part(recipe.folder, "test")
    learned = set(video_of(train.name).tolist())
    if recipe.partition == "standard":
        tested = _standard_test(recipe.folder)
        refuse_learned(learned, video_of(tested), "video", LEARNED, "partition")
        raise fault(
            "partition", "is not that of the features, whose test part is another; use bc_lstm", "standard"
        )
    refuse_learned(learned, video_of(test.name), "video", LEARNED, "partition")
    name = np.concatenate([train.name, test.name])
    group = video_of(name)
    videos = np.random.default_rng(derive(recipe.seed, "validation videos")).permutation(sorted(learned))
    held_out = videos[: round(recipe.validation * len(videos))]
    split = np.where(np.isin(group, held_out), "validation", "train")
    split[len(train.y) :] = "test"
    refuse_shared(group, split, "video", "folder")
    return Dataset(
        x={m: np.concatenate([train.x[m], test.x[m]]).astype(np.float32) for m in MODALITIES},
        y=np.concatenate([train.y, test.y]),
        split=split,
        example_id=name,
        classes=CLASSES,
        group=group,
    )


def video_of(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Of utterances, <video>_<number>; the video's own name may have that line in it, too."""
    return np.array([name.rpartition("_")[0] for name in names.tolist()])


def _part(folder: str, part: str) -> Part:
    tables = {
        m: _numbers(stamp(the_file(folder, "folder", "features", f"{m}_{part}0.csv"))) for m in MODALITIES
    }
    rows = _numbers(stamp(the_file(folder, "folder", "features", f"text_{part}.csv")))[:, 0].astype(np.int64)
    transcripts = _lines(stamp(the_file(folder, "folder", "features", "transcripts.csv")))
    labels = {m: table[:, -1] for m, table in tables.items()}
    if any(len(label) != len(rows) for label in labels.values()) or rows.max() >= len(transcripts):
        raise fault("folder", f"the files of the {part} part tell of different numbers of utterances", folder)
    known = np.array([float(transcripts[row][3]) for row in rows.tolist()])
    for m, label in labels.items():
        if not np.array_equal(label, known):
            detail = f"{m}_{part}0.csv has other labels than transcripts.csv: its rows are other utterances"
            raise fault("folder", detail, folder)
    x = {m: table[:, :-1] for m, table in tables.items()}
    return Part(x, known.astype(np.int64), np.array([transcripts[row][0] for row in rows.tolist()]))


def _standard_test(folder: str) -> NDArray[np.str_]:
    """Utterances of the standard split's test part."""
    path = the_file(folder, "folder", "standard_split", "label.csv")
    with path.open(newline="", encoding="utf-8") as file:
        return np.array([row["id"] for row in csv.DictReader(file) if row["mode"] == "test"])


@lru_cache(maxsize=16)
def _numbers(which: tuple[Path, int, int]) -> Floats:
    """A file of numbers without a header. (n, columns)"""
    try:
        table = np.array([[float(cell) for cell in row] for row in _lines(which)])
    except ValueError as error:
        raise fault("folder", f"{which[0].name} is no table of numbers: {error}", which[0].name) from None
    if table.ndim != 2:
        raise fault("folder", f"{which[0].name} has rows of different lengths", which[0].name)
    return table


@lru_cache(maxsize=16)
def _lines(which: tuple[Path, int, int]) -> list[list[str]]:
    with which[0].open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
