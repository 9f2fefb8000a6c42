"""MOSI, UR-Funny and MUStARD as MultiBench hands them out: series of vision, audio and text in one pickle.

They are converted once, into arrays that need no unpickling: in the layout of any upload of arrays.
"""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks.leaks import refuse_shared
from synib.benchmarks.pickled import read_pickle
from synib.benchmarks.places import fault, stamp, the_file
from synib.data.dataset import Dataset, recipes

MODALITIES: Final = {"vision": "vision", "audio": "audio", "words": "text"}
"""Ours and MultiBench's, whose text are vectors (GloVe): in an upload that name is for words themselves."""
SPLITS: Final = {"train": "train", "valid": "validation", "test": "test"}
BROKEN: Final = 1e6
"""Of MUStARD: vision values beyond are faults of the recording, and the example is dropped."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Benchmark:
    """What the paper makes of one of the files."""

    classes: tuple[str, str]
    positive: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
    labels: str  # which there may be, in words
    allowed: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
    standardised: bool = False  # every example over its own steps


BENCHMARKS: Final = {
    "mosi": Benchmark(
        ("negative", "positive"), lambda y: y > 0, "scores from -3 to 3", lambda y: np.abs(y) <= 3
    ),
    "ur_funny": Benchmark(("not funny", "funny"), lambda y: y == 1, "0 or 1", lambda y: np.isin(y, (0, 1))),
    "mustard": Benchmark(
        ("not sarcastic", "sarcastic"), lambda y: y == 1, "-1 or 1", lambda y: np.isin(y, (-1, 1)), True
    ),
}


class NotMultiBench(ValueError):
    """A file that is not what MultiBench hands out for this benchmark."""


# ------------------------------------------------------------------------------------------ converting


def convert(source: Path, into: Path, benchmark: spec.MultiBenchName) -> dict[str, int]:
    """Make a pickle file of MultiBench an NPZ file of arrays; how many examples of each split there are.

    Labels: MOSI's score > 0 is positive, 0 negative. Dropped: examples without any text; of MUStARD, those
    with vision not finite or beyond 1e6. Series begin at the first step with text, as in the paper, and are
    padded at the end with their lengths beside them; MUStARD's are standardised over their own steps.

    Raises:
        RefusedPickle: the file holds more than data.
        NotMultiBench: it holds other data.
    """
    asked = BENCHMARKS[benchmark]
    found = read_pickle(source)
    if not isinstance(found, dict) or not set(SPLITS) <= set(found):
        raise NotMultiBench(f"{source.name} is no file of MultiBench: it has no parts train, valid and test")
    parts = {name: _part(found[part], f"{source.name}, {part}", asked) for part, name in SPLITS.items()}
    steps = max(values.shape[1] for part in parts.values() for values in part.x.values())
    columns: dict[str, NDArray[Any]] = {
        "label": np.array(asked.classes)[np.concatenate([part.y for part in parts.values()]).astype(int)],
        "split": np.repeat(list(parts), [len(part.y) for part in parts.values()]),
        "example_id": np.concatenate(
            [[f"{name}-{one}" for one in part.name] for name, part in parts.items()]
        ),
    }
    for modality in MODALITIES:
        values = [_to(part.x[modality], steps) for part in parts.values()]
        if len({one.shape[2] for one in values}) > 1:
            raise NotMultiBench(f"{source.name}: {modality} has different widths in train, valid and test")
        columns[modality] = np.concatenate(values)
        columns[f"{modality}:length"] = np.concatenate([part.length for part in parts.values()])
    with into.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **columns)
    return {name: len(part.y) for name, part in parts.items()}


@dataclass(frozen=True)
class _Part:
    x: dict[str, Floats]  # (n, T, d), from the first step with text on, zeros after the end
    length: NDArray[np.int64]  # (n,)
    y: NDArray[np.bool_]  # (n,)
    name: list[str]


def _part(found: Any, where: str, asked: Benchmark) -> _Part:
    if not isinstance(found, Mapping) or not {*MODALITIES.values(), "labels"} <= set(found):
        raise NotMultiBench(f"{where}: it needs vision, audio, text and labels")
    raw = {name: _series(found[theirs], f"{where}, {theirs}") for name, theirs in MODALITIES.items()}
    score = np.asarray(found["labels"], np.float64)
    if len({len(score), *map(len, raw.values())}) > 1 or len({one.shape[1] for one in raw.values()}) > 1:
        raise NotMultiBench(f"{where}: modalities and labels tell of different numbers of examples or steps")
    score = score.reshape(len(score), -1)
    if score.shape[1] != 1 or not asked.allowed(score).all():
        raise NotMultiBench(f"{where}: labels must be one number each, {asked.labels}")
    names = _names(found.get("id"), len(score))
    kept = (raw["words"] != 0).any(axis=(1, 2))
    if asked.standardised:
        kept &= (np.abs(np.nan_to_num(raw["vision"], nan=np.inf)) <= BROKEN).all(axis=(1, 2))
    raw = {name: values[kept] for name, values in raw.items()}
    start = (raw["words"] != 0).any(axis=2).argmax(axis=1)  # (n,) first step with text
    length = raw["words"].shape[1] - start
    x = {name: _moved(values, start) for name, values in raw.items()}
    if asked.standardised:
        x = {name: _standardised(values, length) for name, values in x.items()}
    y = asked.positive(score[kept, 0])
    return _Part(x, length.astype(np.int64), y, [n for n, keep in zip(names, kept, strict=True) if keep])


def _series(values: Any, where: str) -> Floats:
    try:
        found = np.asarray(values, np.float32)
    except (TypeError, ValueError):
        raise NotMultiBench(f"{where}: it is no array of numbers") from None
    if found.ndim != 3:
        raise NotMultiBench(f"{where}: its shape must be examples × steps × values and is {found.shape}")
    return found


def _moved(values: Floats, start: NDArray[np.int64]) -> Floats:
    """Every series from its start on. (n, T, d) -> (n, T, d)"""
    steps = np.arange(values.shape[1]) + start[:, None]
    inside = steps < values.shape[1]
    taken = np.take_along_axis(values, np.where(inside, steps, 0)[..., None], axis=1)
    return np.where(inside[..., None], taken, np.float32(0))


def _standardised(values: Floats, length: NDArray[np.int64]) -> Floats:
    """Mean 0 and spread 1 (n - 1) over an example's own steps, 0 where nothing varies. (n, T, d)"""
    result = np.zeros_like(values)
    for row, steps in enumerate(length.tolist()):
        own = values[row, :steps].astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = own.std(axis=0, ddof=1) if steps > 1 else np.zeros(own.shape[1])
            result[row, :steps] = np.nan_to_num((own - own.mean(axis=0)) / spread, posinf=0, neginf=0)
    return result


def _to(values: Floats, steps: int) -> Floats:
    return np.pad(values, ((0, 0), (0, steps - values.shape[1]), (0, 0)))


def _names(found: Any, count: int) -> list[str]:
    """Unique ones, from whatever MultiBench has as an id."""
    rows = [] if found is None else np.asarray(found, object).reshape(count, -1)[:, 0].tolist()
    texts = [one.decode("latin-1") if isinstance(one, bytes) else str(one) for one in rows]
    return texts if len(set(texts)) == count else [str(row) for row in range(count)]


# ------------------------------------------------------------------------------------------ reading


def info(recipe: spec.MultiBench) -> spec.DataInfo:
    """What a plan must know, from the file's headers and its column of splits."""
    shapes, split, label = _headers(stamp(the_file(recipe.file, "file")))
    _check_labels(recipe, label)
    return spec.DataInfo(
        shapes=dict(shapes),
        classes=BENCHMARKS[recipe.benchmark].classes,
        counts={name: int((split == name).sum()) for name in SPLITS.values()},
    )


@recipes(spec.MultiBench)
def series(recipe: spec.MultiBench) -> Dataset:
    """In the order of the file; steps after an example's end are NaN."""
    path = the_file(recipe.file, "file")
    _, split, label = _headers(stamp(path))
    _check_labels(recipe, label)
    classes = BENCHMARKS[recipe.benchmark].classes
    with np.load(path, allow_pickle=False) as file:
        x = {name: _masked(file[name], file[f"{name}:length"]) for name in MODALITIES}
        example_id = file["example_id"]
    group = _videos(example_id) if recipe.benchmark == "mosi" else None
    if group is not None:
        refuse_shared(group, split, "video", "file")
    return Dataset(
        x=x, y=(label == classes[1]).astype(np.int64), split=split, example_id=example_id, classes=classes,
        group=group,
    )  # fmt: skip


def _videos(example_id: NDArray[np.str_]) -> NDArray[np.str_] | None:
    """Of MOSI's <split>-<video>[<number>]; none where names are numbers."""
    names = [name.partition("-")[2] for name in example_id.tolist()]
    return (
        np.array([name.partition("[")[0] for name in names]) if all("[" in name for name in names) else None
    )


def _masked(values: Floats, length: NDArray[np.int64]) -> Floats:
    """(N, T, d) with NaN after each end."""
    after = np.arange(values.shape[1]) >= length[:, None]
    return np.where(after[..., None], np.float32(np.nan), values)


def _check_labels(recipe: spec.MultiBench, label: NDArray[np.str_]) -> None:
    classes = BENCHMARKS[recipe.benchmark].classes
    if not set(label.tolist()) <= set(classes):
        others = ", ".join(sorted(set(label.tolist()) - set(classes))[:3])
        detail = f"has labels {others}, which are not those of {recipe.benchmark}; was it converted for it?"
        raise fault("file", detail, recipe.file)


Headers = tuple[tuple[tuple[str, tuple[int, ...]], ...], NDArray[np.str_], NDArray[np.str_]]


@lru_cache(maxsize=8)
def _headers(which: tuple[Path, int, int]) -> Headers:
    """Shapes of an example, split (N,) and label (N,); the large columns are not read."""
    path = which[0]
    try:
        with zipfile.ZipFile(path) as members:
            shapes = tuple((name, _shape(members, name)[1:]) for name in MODALITIES)
        with np.load(path, allow_pickle=False) as file:
            return shapes, file["split"], file["label"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        detail = f"is no converted file ({error}); make it by `synib convert multibench`"
        raise fault("file", detail, path.name) from None


def _shape(members: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """Of an array in an NPZ file, from its header."""
    with members.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, _ = read(file)
    return tuple(shape)
