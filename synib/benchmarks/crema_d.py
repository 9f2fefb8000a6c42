"""CREMA-D: clips of 91 actors, by their files or by what people made of them."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks.files import of_files
from synib.benchmarks.leaks import refuse_shared
from synib.benchmarks.places import fault, place, stamp, the_file
from synib.data.dataset import Dataset, recipes
from synib.data.media import Media
from synib.seeds import derive
from synib.spec.benchmarks import EMOTIONS

CODES: Final = dict(zip(("NEU", "HAP", "SAD", "FEA", "DIS", "ANG"), range(6), strict=True))
SPLITS: Final = {"train": "train", "val": "validation", "test": "test"}
VALIDATION_ACTORS, TEST_ACTORS = 14, 14  # of 91, as in the authors' folds
VOTES: Final = "ADFHNS"
VOICE, FACE = "1", "2"  # first digit of a row's number in tabulatedVotes.csv; 3 is who heard and saw
IMAGES: Final = (".jpg", ".jpeg", ".png")

Recipe = spec.CremaD | spec.CremaDVotes


@dataclass(frozen=True)
class Clips:
    """N clips, ordered by split and name."""

    name: NDArray[np.str_]  # (N,) such as 1001_IEO_ANG_HI
    split: NDArray[np.str_]  # (N,)

    def __len__(self) -> int:
        return len(self.name)

    @property
    def speaker(self) -> NDArray[np.str_]:
        return self._part(0)

    @property
    def sentence(self) -> NDArray[np.str_]:
        return self._part(1)

    @property
    def emotion(self) -> NDArray[np.int64]:
        """The intended one, index into EMOTIONS."""
        return np.array([CODES[code] for code in self._part(2)], np.int64)

    def counts(self) -> dict[str, int]:
        return {name: int((self.split == name).sum()) for name in SPLITS.values()}

    def _part(self, place: int) -> NDArray[np.str_]:
        return np.array([name.split("_")[place] for name in self.name.tolist()])


def clips(recipe: Recipe) -> Clips:
    """The clips that there are, by the authors' folds or by actors drawn with the seed.

    Raises:
        SpecError: files are missing or are not what they must be, or an actor is in two splits.
    """
    there = sorted(_votes_of(recipe)) if isinstance(recipe, spec.CremaDVotes) else _names(recipe)
    for name in there:
        parts = name.split("_")
        if len(parts) != 4 or parts[2] not in CODES:
            raise fault("folder", f"{name} is no clip; names are ACTOR_SENTENCE_EMOTION_LEVEL", name)
    parts_of = _by_folds(recipe.folds, recipe.fold, there) if recipe.folds else _by_actors(there, recipe.seed)
    names = [name for part in parts_of.values() for name in part]
    found = Clips(np.array(names), np.repeat(list(parts_of), [len(part) for part in parts_of.values()]))
    refuse_shared(found.speaker, found.split, "actor", "folds")
    return found


def mark(recipe: Recipe) -> tuple[object, ...]:
    """Another one when the files are others that :func:`clips` reads."""
    votes = isinstance(recipe, spec.CremaDVotes)
    source = place(recipe.folder) / ("tabulatedVotes.csv" if votes else "AudioWAV")
    return (stamp(source), stamp(place(recipe.folds)) if recipe.folds else None)


def info(recipe: Recipe) -> spec.DataInfo:
    """What a plan must know."""
    counts = clips(recipe).counts()
    if isinstance(recipe, spec.CremaD):
        return spec.DataInfo(
            shapes={}, media={"voice": "audio", "face": "image"}, classes=EMOTIONS, counts=counts
        )
    return spec.DataInfo(shapes={"voice": (6,), "face": (6,)}, classes=EMOTIONS, counts=counts)


@recipes(spec.CremaDVotes)
def votes(recipe: spec.CremaDVotes) -> Dataset:
    """Shares of the six emotions among listeners and among watchers."""
    found, shares = clips(recipe), _votes_of(recipe)
    both = np.array([shares[name] for name in found.name.tolist()])  # (N, 2, 6)
    return _dataset(found, x={"voice": both[:, 0], "face": both[:, 1]})


@recipes(spec.CremaD)
def media(recipe: spec.CremaD) -> Dataset:
    """Recordings and a frame of each."""
    found, folder = clips(recipe), place(recipe.folder)
    voices = [f"AudioWAV/{name}.wav" for name in found.name.tolist()]
    frames = _frames(str(folder / recipe.frames))
    missing = [name for name in found.name.tolist() if name not in frames]
    if missing:
        detail = f"{len(missing)} of {len(found)} clips have no frame, such as {missing[0]}"
        raise fault("frames", detail, recipe.frames)
    faces = [f"{recipe.frames}/{_one(frames[name], recipe.frame)}" for name in found.name.tolist()]
    pairs = {"voice": of_files("audio", folder, voices), "face": of_files("image", folder, faces)}
    return _dataset(found, media=pairs)


def _one(frames: Sequence[str], which: Literal["first", "middle", "last"]) -> str:
    return frames[{"first": 0, "middle": len(frames) // 2, "last": -1}[which]]


def _dataset(
    found: Clips,
    x: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
    media: Mapping[str, Media] = MappingProxyType({}),
) -> Dataset:
    return Dataset(
        x={name: values.astype(np.float32) for name, values in x.items()},
        media=media,
        y=found.emotion,
        split=found.split,
        example_id=found.name,
        classes=EMOTIONS,
        group=found.speaker,
    )


# ------------------------------------------------------------------------------------------ files


def _votes_of(recipe: spec.CremaDVotes) -> dict[str, NDArray[np.float64]]:
    """{clip: (2, 6)} shares by listeners and by watchers, in the order of VOTES."""
    return _read_votes(stamp(the_file(recipe.folder, "folder", "tabulatedVotes.csv")))


@lru_cache(maxsize=4)
def _read_votes(which: tuple[Path, int, int]) -> dict[str, NDArray[np.float64]]:
    heard: dict[str, dict[str, NDArray[np.float64]]] = {VOICE: {}, FACE: {}}
    with which[0].open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                channel, name = row[""][0], row["fileName"]
                counts = np.array([float(row[letter]) for letter in VOTES])
            except (KeyError, IndexError, ValueError) as error:
                raise fault(
                    "folder", f"tabulatedVotes.csv has a row that is none of votes: {error}"
                ) from None
            if channel in heard:
                if not counts.sum() > 0:
                    raise fault("folder", f"tabulatedVotes.csv has a clip without votes, {name}", name)
                heard[channel][name] = counts / counts.sum()
    both = heard[VOICE].keys() & heard[FACE].keys()
    return {name: np.stack([heard[VOICE][name], heard[FACE][name]]) for name in both}


def _names(recipe: spec.CremaD) -> list[str]:
    folder = place(recipe.folder) / "AudioWAV"
    found = sorted(path.stem for path in folder.glob("*.wav"))
    if not found:
        raise fault("folder", f"{recipe.folder} has no recordings AudioWAV/*.wav here", recipe.folder)
    return found


@lru_cache(maxsize=4)
def _frames(folder: str) -> dict[str, list[str]]:
    """{clip: its frames, by name, from the folder on}"""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix.lower() in IMAGES:
            inside = path.relative_to(folder)
            found.setdefault(inside.parts[0] if len(inside.parts) > 1 else path.stem, []).append(str(inside))
    return found


def _by_folds(path: str, fold: int, there: Sequence[str]) -> dict[str, list[str]]:
    """{split: clips} of one of the authors' folds; a clip's entry ends in ``.wav-<n>``, which is cut off."""
    folds = _read_folds(stamp(the_file(path, "folds")))
    if str(fold) not in folds:
        raise fault("fold", f"{path} has the folds {', '.join(sorted(folds))}", fold)
    parts = {
        split: sorted({entry.partition(".wav")[0] for entry in folds[str(fold)][name]})
        for name, split in SPLITS.items()
    }
    missing = sorted({name for part in parts.values() for name in part} - set(there))
    if missing:
        raise fault("folds", f"{len(missing)} of its clips are not in the folder, such as {missing[0]}", path)
    return parts


@lru_cache(maxsize=4)
def _read_folds(which: tuple[Path, int, int]) -> dict[str, dict[str, list[str]]]:
    detail = "must be JSON, {fold: {train: [...], val: [...], test: [...]}}"
    try:
        folds = json.loads(which[0].read_text("utf-8"))
    except ValueError:
        raise fault("folds", detail, which[0].name) from None
    if not _are_folds(folds):
        raise fault("folds", detail, which[0].name)
    return folds


def _are_folds(read: Any) -> TypeGuard[dict[str, dict[str, list[str]]]]:
    return isinstance(read, dict) and all(
        isinstance(parts, dict) and all(_are_texts(parts.get(name)) for name in SPLITS)
        for parts in read.values()
    )


def _are_texts(read: Any) -> bool:
    return isinstance(read, list) and all(isinstance(one, str) for one in read)


def _by_actors(there: Sequence[str], seed: int) -> dict[str, list[str]]:
    """{split: clips}: 14 of 91 actors to validate and 14 to test, in proportion of fewer."""
    actors = sorted({name.split("_")[0] for name in there})
    if len(actors) < 3:
        raise fault("folder", f"has {len(actors)} actors; every split needs one of its own")
    drawn = np.random.default_rng(derive(seed, "actors")).permutation(actors).tolist()
    held = max(1, round(len(actors) * VALIDATION_ACTORS / 91)), max(1, round(len(actors) * TEST_ACTORS / 91))
    ends = {"test": drawn[: held[1]], "validation": drawn[held[1] : sum(held)], "train": drawn[sum(held) :]}
    return {
        split: [name for name in there if name.split("_")[0] in set(ends[split])] for split in SPLITS.values()
    }
