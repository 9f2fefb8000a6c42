"""Hateful Memes: an image and the words in it, from the folder that Meta hands out."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.benchmarks.files import of_files
from synib.benchmarks.places import fault, place, stamp, the_file
from synib.data.dataset import Dataset, recipes
from synib.data.media import ArrayMedia

CLASSES: Final = ("not hateful", "hateful")
FILES: Final = {"train": "train.jsonl", "validation": "dev_unseen.jsonl", "test": "test_seen.jsonl"}


class Meme(NamedTuple):
    """One line of a file."""

    name: str
    image: str  # the file's name, without its folder
    text: str
    label: int


def info(recipe: spec.HatefulMemes) -> spec.DataInfo:
    """What a plan must know."""
    return spec.DataInfo(
        shapes={},
        media={"image": "image", "text": "text"},
        classes=CLASSES,
        counts={split: len(memes) for split, memes in _memes(recipe).items()},
    )


@recipes(spec.HatefulMemes)
def memes(recipe: spec.HatefulMemes) -> Dataset:
    """In the order of the files.

    Raises:
        SpecError: a file is missing or is not what it must be, or a meme is in two splits.
    """
    parts = _memes(recipe)
    found = [meme for part in parts.values() for meme in part]
    folder = place(recipe.folder) / recipe.images
    missing = [meme.image for meme in found if not (folder / meme.image).is_file()]
    if missing:
        detail = f"{len(missing)} of {len(found)} images are not in {recipe.images}/, such as {missing[0]}"
        raise fault("images", detail, recipe.images)
    return Dataset(
        x={},
        media={
            "image": of_files("image", folder, [meme.image for meme in found]),
            "text": ArrayMedia.of("text", [meme.text for meme in found]),
        },
        y=np.array([meme.label for meme in found], np.int64),
        split=np.repeat(list(parts), [len(part) for part in parts.values()]),
        example_id=_names(found),
        classes=CLASSES,
    )


def _names(found: list[Meme]) -> NDArray[np.str_]:
    return np.array([meme.name for meme in found])


def _memes(recipe: spec.HatefulMemes) -> dict[str, list[Meme]]:
    parts = {split: _read(stamp(the_file(recipe.folder, "folder", name))) for split, name in FILES.items()}
    seen: dict[str, str] = {}
    for split, part in parts.items():
        for meme in part:
            if meme.name in seen:
                detail = f"meme {meme.name} is in {FILES[seen[meme.name]]} and in {FILES[split]}"
                raise fault("folder", f"{detail}; each must be in one of them, once", recipe.folder)
            seen[meme.name] = split
    return parts


@lru_cache(maxsize=16)
def _read(which: tuple[Path, int, int]) -> list[Meme]:
    path, found = which[0], []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            found.append(_meme(path.name, number, line))
    return found


def _meme(file: str, number: int, line: str) -> Meme:
    where = f"{file}, line {number}"
    try:
        row = json.loads(line)
        name, image, text = str(row["id"]), Path(str(row["img"])).name, str(row["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise fault("folder", f"{where} is no meme, {{id, img, label, text}}: {error}", file) from None
    if row.get("label") not in (0, 1):
        raise fault(
            "folder", f"{where} has no label 0 or 1; use the files in which the test part is labelled", file
        )
    return Meme(name, image, text, int(row["label"]))
