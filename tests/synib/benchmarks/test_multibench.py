"""MultiBench's pickles become arrays, by the paper's labels and rules, and the arrays a data set."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synib import spec, uploads
from synib.benchmarks.multibench import NotMultiBench, convert
from synib.benchmarks.pickled_arrays import RefusedPickle
from synib.data import load
from synib.data.stored import open_folder
from synib.problems import SpecError
from tests.synib.benchmarks.files import multibench

SCORES = {"train": [-1.5, 0.0, 0.2, 3.0], "valid": [-3.0, 1.0], "test": [0.0, -0.4, 2.6]}
SIGNS: dict[str, list[float]] = {"train": [-1, 1, 1, -1], "valid": [1, -1], "test": [-1, 1, 1]}
BITS: dict[str, list[float]] = {"train": [0, 1, 1, 0], "valid": [1, 0], "test": [0, 1, 1]}


def converted(folder: Path, found: Any, benchmark: Any, protocol: int = 4) -> Path:
    source, into = folder / "data.pkl", folder / "data.npz"
    source.write_bytes(pickle.dumps(found, protocol))
    convert(source, into, benchmark)
    return into


def recipe(path: Path, benchmark: Any) -> spec.MultiBench:
    return spec.MultiBench(benchmark=benchmark, file=str(path))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_split_and_the_values_are_those_of_the_file(tmp_path: Path, protocol: int) -> None:
    found = multibench(SCORES)
    asked = recipe(converted(tmp_path, found, "mosi", protocol), "mosi")
    dataset = load(asked)
    assert asked.info().counts == {"train": 4, "validation": 2, "test": 3}
    assert asked.info().shapes == {"vision": (6, 3), "audio": (6, 2), "words": (6, 4)}
    assert dataset.split.tolist() == ["train"] * 4 + ["validation"] * 2 + ["test"] * 3
    # Two steps of padding before, none after, become none before and two after.
    for name, values in dataset.x.items():
        theirs = "text" if name == "words" else name
        raw = np.concatenate([found[part][theirs] for part in SCORES])
        np.testing.assert_allclose(values[:, :4], raw[:, 2:], rtol=1e-6)
        assert np.isnan(values[:, 4:]).all()


def test_scores_of_zero_are_negative_as_in_the_paper(tmp_path: Path) -> None:
    dataset = load(recipe(converted(tmp_path, multibench(SCORES), "mosi"), "mosi"))
    assert dataset.y.tolist() == [0, 0, 1, 1, 0, 1, 0, 0, 1]
    assert dataset.classes == ("negative", "positive")


@pytest.mark.parametrize(("benchmark", "labels"), [("mustard", SIGNS), ("ur_funny", BITS)])
def test_signs_and_bits_are_the_same_two_classes(tmp_path: Path, benchmark: Any, labels: Any) -> None:
    dataset = load(recipe(converted(tmp_path, multibench(labels), benchmark), benchmark))
    assert dataset.y.tolist() == [0, 1, 1, 0, 1, 0, 0, 1, 1]


def test_examples_without_text_are_dropped_and_those_whose_text_sums_to_0_are_not(tmp_path: Path) -> None:
    # The published loader drops a sum of exactly 0, meant to be a text that is not there.
    found = multibench(SCORES)
    found["train"]["text"][1] = 0
    found["train"]["text"][2] = 0
    found["train"]["text"][2, 3, :2] = [1, -1]
    dataset = load(recipe(converted(tmp_path, found, "mosi"), "mosi"))
    assert [name.partition("-")[2] for name in dataset.select("train").example_id.tolist()] == [
        "videotrain0[0]", "videotrain2[2]", "videotrain3[3]",
    ]  # fmt: skip
    starts_at_3 = dataset.x["vision"][1]
    np.testing.assert_allclose(starts_at_3[:3], found["train"]["vision"][2, 3:], rtol=1e-6)
    assert np.isnan(starts_at_3[3:]).all()


def test_mustard_drops_broken_vision_and_standardises_every_example_over_its_own_steps(
    tmp_path: Path,
) -> None:
    found = multibench(SIGNS)
    found["train"]["vision"][0, 3, 1] = np.inf
    found["train"]["vision"][1, 3, 1] = -2e6
    found["valid"]["vision"][0, 3, 1] = np.nan
    found["test"]["audio"][0, 2:, 0] = 7.0
    dataset = load(recipe(converted(tmp_path, found, "mustard"), "mustard"))
    assert {split: len(dataset.select(split)) for split in ("train", "validation", "test")} == {
        "train": 2, "validation": 1, "test": 3,
    }  # fmt: skip
    for name, values in dataset.x.items():
        own = values[:, :4].astype(np.float64)
        np.testing.assert_allclose(own.mean(axis=1), 0, atol=1e-6, err_msg=name)
        spread = own.std(axis=1, ddof=1)
        if name == "audio":
            assert spread[3, 0] == 0
            spread[3, 0] = 1
        np.testing.assert_allclose(spread, 1, atol=1e-5)


def test_a_converted_file_is_an_upload_like_any_other(tmp_path: Path) -> None:
    scores = {part: labels * 4 for part, labels in SCORES.items()}
    path = converted(tmp_path, multibench(scores), "mosi")
    profile = uploads.convert(path, tmp_path / "ready")
    stored, brought = open_folder(tmp_path / "ready"), load(recipe(path, "mosi"))
    assert profile.examples == len(brought) == 36
    assert stored.classes == brought.classes
    assert stored.example_id.tolist() == brought.example_id.tolist()
    assert stored.y.tolist() == brought.y.tolist()
    assert stored.split.tolist() == brought.split.tolist()
    for name, values in brought.x.items():
        np.testing.assert_array_equal(stored.x[name], values)


def test_mosi_knows_whose_video_an_utterance_is_of(tmp_path: Path) -> None:
    path = converted(tmp_path, multibench(SCORES), "mosi")
    dataset = load(recipe(path, "mosi"))
    assert dataset.group is not None
    assert dataset.group[:2].tolist() == ["videotrain0", "videotrain1"]


def test_a_video_in_two_splits_is_refused(tmp_path: Path) -> None:
    found = multibench(SCORES)
    found["test"]["id"][0, 0] = "videotrain1[9]"
    with pytest.raises(SpecError, match="video videotrain1 is in test and in train"):
        load(recipe(converted(tmp_path, found, "mosi"), "mosi"))


def wide_vision(found: Any) -> None:
    found["test"]["vision"] = found["test"]["vision"][:, :, :2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda found: found.pop("valid"), "no parts train, valid and test"),
        (lambda found: found["train"].pop("audio"), "needs vision, audio, text and labels"),
        (lambda found: found["test"].update(labels=np.array([[9.0]] * 3)), "scores from -3 to 3"),
        (lambda found: found["test"].update(labels=np.zeros((3, 2))), "one number each"),
        (lambda found: found["test"].update(labels=np.zeros(2)), "different numbers of examples"),
        (lambda found: found["test"].update(text=np.zeros((3, 4))), "examples × steps × values"),
        (lambda found: found["test"].update(text=np.array([["a"]])), "no array of numbers"),
        (wide_vision, "vision has different widths"),
    ],
)
def test_a_file_of_something_else_is_refused_and_nothing_is_written(
    tmp_path: Path, change: Any, says: str
) -> None:
    found = multibench(SCORES)
    change(found)
    with pytest.raises(NotMultiBench, match=says):
        converted(tmp_path, found, "mosi")
    assert not (tmp_path / "data.npz").exists()


def test_a_file_that_does_more_than_hold_data_is_refused(tmp_path: Path) -> None:
    found = multibench(SCORES)
    found["train"]["id"] = Path  # a name in a file of data
    with pytest.raises(RefusedPickle, match=r"refers to pathlib"):
        converted(tmp_path, found, "mosi")


def test_a_file_of_another_benchmark_and_one_that_is_none_are_told_apart(tmp_path: Path) -> None:
    path = converted(tmp_path, multibench(SCORES), "mosi")
    with pytest.raises(SpecError, match="labels negative, positive, which are not those of ur_funny"):
        recipe(path, "ur_funny").info()
    path.write_bytes(b"PK nothing")
    with pytest.raises(SpecError, match="synib convert multibench"):
        recipe(path, "mosi").info()
