"""MOSI's features belong to the split that they were learned on, and to no other."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from synib import spec
from synib.data import load
from synib.problems import SpecError
from tests.synib.benchmarks.files import real, write_mosi

TRAIN = [f"vid_{v}_{n}" for v in range(8) for n in range(4)]
TEST = [f"oth_{v}_{n}" for v in range(3) for n in range(5)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The standard split tests 6 utterances of a video that the features know, and 5 of another."""
    standard = {f"vid_0_{n}": "test" for n in range(6)} | {f"oth_1_{n}": "test" for n in range(5)}
    write_mosi(tmp_path / "mosi", TRAIN, TEST, standard | {"oth_2_0": "train"})
    return tmp_path / "mosi"


def test_rows_of_all_files_are_one_utterance_with_its_label(folder: Path) -> None:
    dataset = load(spec.MosiFeatures(folder=str(folder)))
    everything = sorted([*TRAIN, *TEST])
    assert dataset.example_id.tolist() == [*TRAIN, *TEST]
    for row, name in enumerate(dataset.example_id.tolist()):
        assert dataset.y[row] == int(name[-1]) % 2
        for values in dataset.x.values():
            first = everything.index(name)
            np.testing.assert_allclose(values[row], first + np.arange(values.shape[1]) / 10, rtol=1e-6)


def test_validation_is_whole_videos_of_the_training_part_and_test_is_untouched(folder: Path) -> None:
    drawn = set()
    for seed in range(5):
        dataset = load(spec.MosiFeatures(folder=str(folder), validation=0.25, seed=seed))
        assert dataset.group is not None
        videos = {
            split: set(dataset.group[dataset.split == split]) for split in ("train", "validation", "test")
        }
        assert [len(part) for part in videos.values()] == [6, 2, 3]
        assert videos["test"] == {"oth_0", "oth_1", "oth_2"}
        assert not videos["train"] & videos["validation"]
        drawn.add(tuple(sorted(videos["validation"])))
    assert len(drawn) > 1


def test_features_that_know_the_labels_of_test_examples_are_refused_with_their_number(folder: Path) -> None:
    with pytest.raises(SpecError, match="8 videos, to which 6 of the 11 test examples belong") as refused:
        spec.MosiFeatures(folder=str(folder), partition="standard").info()
    assert refused.value.problems[0].pointer == "/dataset/partition"


def test_another_split_is_refused_even_where_it_shares_no_video(folder: Path) -> None:
    (folder / "standard_split" / "label.csv").write_text("id,text,label,mode\noth_1_0,words,1,test\n")
    with pytest.raises(SpecError, match="use bc_lstm"):
        load(spec.MosiFeatures(folder=str(folder), partition="standard"))


def cut_a_row(folder: Path) -> None:
    path = folder / "features" / "audio_test0.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))


def swap_rows(folder: Path) -> None:
    path = folder / "features" / "video_train0.csv"
    first, second, *rest = path.read_text().splitlines()
    path.write_text("\n".join([second, first, *rest]))


def no_number(folder: Path) -> None:
    (folder / "features" / "text_train0.csv").write_text('"a","b"\n')


def gone(folder: Path) -> None:
    (folder / "features" / "text_test.csv").unlink()


def same_video(folder: Path) -> None:
    path = folder / "features" / "transcripts.csv"
    path.write_text(path.read_text().replace("oth_1", "vid_1"))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut_a_row, "different numbers of utterances"),
        (swap_rows, "video_train0.csv has other labels than transcripts.csv"),
        (no_number, "is no table of numbers"),
        (gone, "is no file here"),
        (same_video, "8 videos, to which 5 of the 15 test examples belong"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    folder: Path, damage: Callable[[Path], None], says: str
) -> None:
    damage(folder)
    with pytest.raises(SpecError, match=says):
        load(spec.MosiFeatures(folder=str(folder)))


def test_the_real_files_have_the_sizes_of_bc_lstm_and_the_real_leak_is_557_of_685() -> None:
    folder = str(real("cmu-mosi").resolve())
    dataset = load(spec.MosiFeatures(folder=folder))
    assert dataset.group is not None
    assert (dataset.split != "test").sum() == 1447
    assert np.bincount(dataset.y[dataset.split == "test"]).tolist() == [285, 467]
    assert np.bincount(dataset.y[dataset.split != "test"]).tolist() == [738, 709]
    assert len(set(dataset.group[dataset.split == "test"])) == 31
    with pytest.raises(SpecError, match="62 videos, to which 557 of the 685 test examples belong"):
        spec.MosiFeatures(folder=folder, partition="standard").info()
