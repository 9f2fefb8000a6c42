"""MUStARD's text and Hateful Memes: words, images, and the splits that their authors stored."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synib import spec
from synib.data import load
from synib.problems import SpecError
from tests.synib.benchmarks.files import real

N = 40


@pytest.fixture
def mustard(tmp_path: Path) -> Path:
    """Utterance i is sarcastic where i is odd, after i % 3 turns; fold f tests rows i % 5 == f - 1."""
    said = {
        f"1_{i}": {
            "utterance": f"utterance {i}",
            "speaker": "A",
            "context": [f"turn {t} of {i}" for t in range(i % 3)],
            "show": "B",
            "sarcasm": i % 2 == 1,
        }
        for i in range(N)
    }
    (tmp_path / "sarcasm_data.json").write_text(json.dumps(said))
    rows = np.arange(N)
    folds = [(rows[rows % 5 != fold], rows[rows % 5 == fold]) for fold in range(5)]
    (tmp_path / "split_indices.p").write_bytes(pickle.dumps(folds, 2))
    return tmp_path


def test_an_utterance_and_its_context_are_two_texts_of_one_example(mustard: Path) -> None:
    dataset = load(spec.MustardText(folder=str(mustard)))
    for row, name in enumerate(dataset.example_id.tolist()):
        i = int(name.partition("_")[2])
        read = {m: media.read(int(media.index[row])) for m, media in dataset.media.items()}
        assert read["utterance"] == f"utterance {i}"
        assert read["context"] == "\n".join(f"turn {t} of {i}" for t in range(i % 3))
        assert dataset.y[row] == i % 2


def test_the_stored_fold_is_test_and_a_share_of_each_class_validation(mustard: Path) -> None:
    for fold in (1, 5):
        first, other = (
            load(spec.MustardText(folder=str(mustard), fold=fold, validation=0.25, seed=seed))
            for seed in (0, 1)
        )
        for dataset in (first, other):
            assert np.flatnonzero(dataset.split == "test").tolist() == list(range(fold - 1, N, 5))
            assert np.bincount(dataset.select("validation").y).tolist() == [4, 4]
        assert (first.split != other.split).any()


def no_folds(folder: Path) -> None:
    (folder / "split_indices.p").write_bytes(pickle.dumps({"a": 1}))


def half_a_fold(folder: Path) -> None:
    (folder / "split_indices.p").write_bytes(pickle.dumps([(np.arange(20), np.arange(20, 30))] * 5))


def no_texts(folder: Path) -> None:
    (folder / "sarcasm_data.json").write_text('{"1_1": {"utterance": "a"}}')


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (no_folds, "has no folds"),
        (half_a_fold, "is no split of the 40"),
        (no_texts, "is not what it must be"),
    ],
)
def test_other_files_are_refused(mustard: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(mustard)
    with pytest.raises(SpecError, match=says) as refused:
        spec.MustardText(folder=str(mustard)).info()
    assert refused.value.problems[0].pointer == "/dataset/folder"


def test_the_real_folds_test_138_of_690() -> None:
    asked = spec.MustardText(folder=str(real("mustard-text").resolve()), fold=3)
    assert asked.info().counts == {"train": 470, "validation": 82, "test": 138}
    dataset = load(asked)
    assert np.bincount(dataset.y).tolist() == [345, 345]


# ---------------------------------------------------------------------------------------------- memes

PARTS = {"train": 6, "dev_unseen": 4, "test_seen": 3}


@pytest.fixture
def memes(tmp_path: Path) -> Path:
    """Meme i says «words i» over an image of grey i, and is hateful where i is odd."""
    (tmp_path / "img").mkdir()
    first = 100
    for part, count in PARTS.items():
        lines = []
        for i in range(first, first + count):
            Image.new("RGB", (5, 3), (i,) * 3).save(tmp_path / "img" / f"{i:05d}.png")
            meme = {"id": i, "img": f"img/{i:05d}.png", "label": i % 2, "text": f"words {i}"}
            lines.append(json.dumps(meme))
        (tmp_path / f"{part}.jsonl").write_text("\n".join(lines) + "\n")
        first += count
    return tmp_path


def test_a_meme_is_its_image_and_its_words(memes: Path) -> None:
    dataset = load(spec.HatefulMemes(folder=str(memes)))
    image, text = dataset.media["image"], dataset.media["text"]
    for row, name in enumerate(dataset.example_id.tolist()):
        pixels = image.read(int(image.index[row]))
        assert isinstance(pixels, np.ndarray)
        assert pixels.shape == (3, 5, 3)
        assert (pixels == int(name)).all()
        assert text.read(int(text.index[row])) == f"words {name}"
        assert dataset.y[row] == int(name) % 2


def test_train_dev_unseen_and_test_seen_are_the_three_splits(memes: Path) -> None:
    asked = spec.HatefulMemes(folder=str(memes))
    assert asked.info().counts == {"train": 6, "validation": 4, "test": 3}
    assert load(asked).split.tolist() == ["train"] * 6 + ["validation"] * 4 + ["test"] * 3


def unlabelled(folder: Path) -> None:
    (folder / "test_seen.jsonl").write_text('{"id": 1, "img": "img/1.png", "text": "a"}\n')


def twice(folder: Path) -> None:
    first = (folder / "train.jsonl").read_text().splitlines()[0]
    (folder / "dev_unseen.jsonl").write_text(first)


def no_json(folder: Path) -> None:
    (folder / "train.jsonl").write_text("{id: 1\n")


def no_image(folder: Path) -> None:
    (folder / "img" / "00101.png").unlink()


def no_split(folder: Path) -> None:
    (folder / "dev_unseen.jsonl").unlink()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (unlabelled, "test_seen.jsonl, line 1 has no label 0 or 1"),
        (twice, "meme 100 is in train.jsonl and in dev_unseen.jsonl"),
        (no_json, "train.jsonl, line 1 is no meme"),
        (no_image, "1 of 13 images are not in img/, such as 00101.png"),
        (no_split, "dev_unseen.jsonl is no file here"),
    ],
)
def test_other_folders_are_refused(memes: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(memes)
    with pytest.raises(SpecError, match=says):
        load(spec.HatefulMemes(folder=str(memes)))


def test_an_image_outside_the_folder_is_not_reached(memes: Path) -> None:
    (memes / "secret.png").write_bytes(b"secret")
    path = memes / "train.jsonl"
    path.write_text(path.read_text().replace("img/00100.png", "../secret.png"))
    with pytest.raises(SpecError, match=r"such as secret\.png"):
        load(spec.HatefulMemes(folder=str(memes)))
