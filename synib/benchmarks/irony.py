"""The irony extension of CREMA-D: faces with voices that contradict them (Kontras et al. 2026, app. H)."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks import crema_d
from synib.benchmarks.crema_d import Clips
from synib.benchmarks.places import fault, under
from synib.data.dataset import SPLITS, Dataset, load, recipes
from synib.seeds import derive
from synib.spec.benchmarks import EMOTIONS

Rows = NDArray[np.int64]
NEUTRAL, HAPPY = EMOTIONS.index("neutral"), EMOTIONS.index("happy")
IRONY: Final = "irony"


@dataclass(frozen=True)
class Exchange:
    """N examples: a face and a voice each, by the numbers of their clips; one clip's where it is whole."""

    face: Rows
    voice: Rows

    @property
    def irony(self) -> NDArray[np.bool_]:
        return np.asarray(self.face != self.voice)


@recipes(spec.Irony)
def irony(recipe: spec.Irony) -> Dataset:
    """Faces of clips, with their own voices or others'."""
    with under("/clips"):
        clips, base = crema_d.clips(recipe.clips), load(recipe.clips)
    made = exchange(clips, recipe)
    both = {"face": made.face, "voice": made.voice}
    names = base.example_id
    ids = np.char.add(names[made.face], np.where(made.irony, np.char.add("+", names[made.voice]), ""))
    classes = _classes(recipe)
    emotion = np.array([classes.index(EMOTIONS[one]) if EMOTIONS[one] in classes else 0 for one in base.y])
    kept = np.zeros(len(made.face), np.int64) if recipe.label == "irony" else emotion[made.face]
    return replace(
        base,
        x={name: base.x[name][both[name]] for name in base.x},
        media={name: base.media[name].select(both[name]) for name in base.media},
        y=np.where(made.irony, classes.index(IRONY), kept).astype(np.int64),
        split=base.split[made.face],
        example_id=ids,
        classes=classes,
        group=clips.speaker[made.face],
    )


def info(recipe: spec.Irony) -> spec.DataInfo:
    """What a plan must know."""
    with under("/clips"):
        about, mark = crema_d.info(recipe.clips), crema_d.mark(recipe.clips)
    counts = dict(zip(SPLITS, _counts(recipe.model_dump_json(), mark), strict=True))
    return about.model_copy(update={"classes": _classes(recipe), "counts": counts})


@lru_cache(maxsize=64)
def _counts(recipe_json: str, mark: tuple[object, ...]) -> tuple[int, ...]:
    """Examples of every split: a plan asks often, and the files behind the mark are the same."""
    recipe = spec.Irony.model_validate_json(recipe_json)
    clips = crema_d.clips(recipe.clips)
    split = clips.split[exchange(clips, recipe).face]
    return tuple(int((split == name).sum()) for name in SPLITS)


def exchange(clips: Clips, recipe: spec.Irony) -> Exchange:
    """Who is seen and who is heard, split by split; in test the same for every seed.

    Raises:
        SpecError: there are not as many faces that some voice contradicts.
    """
    parts = []
    for split in SPLITS:
        rows = np.flatnonzero(clips.split == split)
        rng = np.random.default_rng(
            derive(0 if split == "test" else recipe.seed, IRONY, recipe.donors.kind, split)
        )
        if isinstance(recipe.donors, spec.BalancedDonors):
            parts.append(_balanced(clips, rows, recipe, rng))
        else:
            parts.append(_replaced(clips, rows, recipe, recipe.donors, rng))
    return Exchange(
        np.concatenate([part.face for part in parts]), np.concatenate([part.voice for part in parts])
    )


def contradicts(negative: list[spec.Negative]) -> NDArray[np.bool_]:
    """(6, 6) whether beside a face of the one emotion a voice of the other is irony."""
    matrix = np.zeros((6, 6), dtype=bool)
    matrix[NEUTRAL] = np.arange(6) != NEUTRAL
    against = [EMOTIONS.index(name) for name in negative]
    matrix[HAPPY, against] = matrix[against, HAPPY] = True
    return matrix


def _classes(recipe: spec.Irony) -> tuple[str, ...]:
    """Those that there are examples of."""
    if recipe.label == "irony":
        return ("no irony", IRONY)
    if isinstance(recipe.donors, spec.BalancedDonors):
        return (*(name for name in EMOTIONS if name in {"happy", *recipe.negative}), IRONY)
    return (*EMOTIONS, IRONY)


def _replaced(
    clips: Clips,
    rows: Rows,
    recipe: spec.Irony,
    donors: spec.AnyDonors | spec.MatchedDonors,
    rng: np.random.Generator,
) -> Exchange:
    """Some faces get another voice and leave their class; the voices' own clips stay. ``rows`` of a split"""
    fits = contradicts(recipe.negative)[
        clips.emotion[rows][:, None], clips.emotion[rows]
    ]  # (n, n) face, voice
    if isinstance(donors, spec.MatchedDonors):
        for same in (clips.speaker[rows], clips.sentence[rows]):
            fits &= same[:, None] == same
    possible = np.flatnonzero(fits.any(axis=1))
    count = round(donors.alpha * len(rows) / len(EMOTIONS))
    if count > len(possible):
        split = clips.split[rows[0]] if len(rows) else "a split"
        most = len(possible) * len(EMOTIONS) / max(1, len(rows))
        detail = (
            f"asks for {count} examples of irony in {split}, where {len(possible)} faces have a voice that "
            f"contradicts them; use at most {np.floor(100 * most) / 100:g}"
        )
        raise fault("donors/alpha", detail, donors.alpha)
    chosen = np.sort(rng.choice(possible, count, replace=False))
    voice = rows.copy()
    voice[chosen] = [rows[rng.choice(np.flatnonzero(fits[one]))] for one in chosen]
    return Exchange(rows, voice)


def _balanced(clips: Clips, rows: Rows, recipe: spec.Irony, rng: np.random.Generator) -> Exchange:
    """Of every pair four examples: both clips whole, and with their voices exchanged."""
    negative = [EMOTIONS.index(name) for name in recipe.negative]
    cells: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for row, speaker, sentence, emotion in zip(
        rows.tolist(), clips.speaker[rows], clips.sentence[rows], clips.emotion[rows], strict=True
    ):
        if emotion == HAPPY or emotion in negative:
            cells[speaker, sentence][int(emotion != HAPPY)].append(row)
    pairs = [
        pair
        for happy, others in cells.values()
        for pair in zip(rng.permutation(happy), rng.permutation(others), strict=False)
    ]
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T
    return Exchange(np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a]))
