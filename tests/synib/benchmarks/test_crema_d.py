"""CREMA-D from its folder: recordings and frames, or votes, in splits that share no actor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from synib import spec
from synib.data import load
from synib.problems import SpecError
from tests.synib.benchmarks.files import clip_names, real, write_folds, write_votes

CLIPS = clip_names(4, ("IEO",))  # 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Every clip's recording has a pitch of its own; frame i of clip n is of grey 40 i + n."""
    (tmp_path / "AudioWAV").mkdir()
    for n, name in enumerate(CLIPS):
        tone = 0.5 * np.sin(2 * np.pi * (200 + 10 * n) * np.arange(800) / 16_000)
        soundfile.write(str(tmp_path / "AudioWAV" / f"{name}.wav"), tone, 16_000)
        frames = tmp_path / "Image-01-FPS" / name
        frames.mkdir(parents=True)
        for i in range(3):
            Image.new("RGB", (6, 4), (40 * i + n,) * 3).save(frames / f"frame{i}.png")
    return tmp_path


def faults(asked: Any) -> dict[str, str]:
    """{pointer: detail}, of a recipe that must be refused."""
    with pytest.raises(SpecError) as refused:
        asked.info()
    return {problem.pointer: problem.detail for problem in refused.value.problems}


def test_a_clip_is_its_recording_and_one_of_its_frames(folder: Path) -> None:
    for frame, number in (("first", 0), ("middle", 1), ("last", 2)):
        dataset = load(spec.CremaD.model_validate({"folder": str(folder), "frame": frame}))
        voice, face = dataset.media["voice"], dataset.media["face"]
        for row, name in enumerate(dataset.example_id.tolist()):
            n = CLIPS.index(name)
            image, sound = face.read(int(face.index[row])), voice.read(int(voice.index[row]))
            assert isinstance(image, np.ndarray)
            assert image.shape == (4, 6, 3)
            assert (image == 40 * number + n).all()
            assert isinstance(sound, np.ndarray)
            pitch = np.fft.rfft(sound, 16_000).__abs__().argmax()
            assert abs(pitch - (200 + 10 * n)) <= 12
            assert voice.rate(int(voice.index[row])) == 16_000


def test_frames_may_be_one_file_a_clip(folder: Path) -> None:
    (folder / "faces").mkdir()
    for n, name in enumerate(CLIPS):
        Image.new("L", (2, 2), n).save(folder / "faces" / f"{name}.jpg")
    dataset = load(spec.CremaD(folder=str(folder), frames="faces"))
    assert len(dataset.media["face"].digests) == len(CLIPS)


def test_labels_are_the_intended_emotions_in_the_papers_order(folder: Path) -> None:
    dataset = load(spec.CremaD(folder=str(folder)))
    codes = ("NEU", "HAP", "SAD", "FEA", "DIS", "ANG")
    assert [codes[y] for y in dataset.y] == [name.split("_")[2] for name in dataset.example_id.tolist()]
    assert dataset.classes == ("neutral", "happy", "sad", "fear", "disgust", "anger")


def test_actors_are_drawn_into_one_split_each(folder: Path) -> None:
    splits = set()
    for seed in range(4):
        dataset = load(spec.CremaD(folder=str(folder), seed=seed))
        assert dataset.group is not None
        parts = [set(dataset.group[dataset.split == s]) for s in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [2, 1, 1]
        assert len(set.union(*parts)) == 4
        splits.add(tuple(sorted(parts[2])))
    assert len(splits) > 1


def test_irony_exchanges_the_recordings_themselves(folder: Path) -> None:
    clips = {"kind": "crema_d", "folder": str(folder)}
    asked = spec.Irony.model_validate({"clips": clips, "negative": ["anger"]})
    base, dataset = load(asked.clips), load(asked)
    assert asked.info().media == {"voice": "audio", "face": "image"}
    assert asked.info().counts == {"train": 8, "validation": 4, "test": 4}
    item = {name: i for i, name in enumerate(base.example_id.tolist())}
    for row, name in enumerate(dataset.example_id.tolist()):
        face, _, voice = name.partition("+")
        for modality, clip in (("face", face), ("voice", voice or face)):
            known = base.media[modality].index[item[clip]]
            assert dataset.media[modality].index[row] == known


@pytest.mark.parametrize("kind", ["crema_d", "crema_d_votes"])
def test_the_authors_folds_say_who_is_where(folder: Path, kind: str) -> None:
    write_votes(folder, CLIPS)
    parts = {"train": CLIPS[:10], "val": CLIPS[12:15], "test": CLIPS[18:]}
    write_folds(folder / "folds.json", parts)
    recipes: dict[str, Any] = {"crema_d": spec.CremaD, "crema_d_votes": spec.CremaDVotes}
    dataset = load(recipes[kind](folder=str(folder), folds=str(folder / "folds.json"), fold=2))
    for name, split in (("train", "train"), ("val", "validation"), ("test", "test")):
        assert dataset.example_id[dataset.split == split].tolist() == sorted(parts[name])


def test_an_actor_in_two_splits_is_refused_by_name(folder: Path) -> None:
    write_folds(folder / "folds.json", {"train": CLIPS[:8], "val": CLIPS[12:15], "test": CLIPS[8:12]})
    told = faults(spec.CremaD(folder=str(folder), folds=str(folder / "folds.json")))
    assert told == {
        "/dataset/folds": "actor 1002 is in test and in train; use a split in which each is in one only"
    }


def test_what_is_missing_is_told_where_it_is_named(folder: Path, tmp_path: Path) -> None:
    folds = folder / "folds.json"
    write_folds(folds, {"train": [*CLIPS[:6], "1001_DFA_ANG_XX"], "val": CLIPS[6:12], "test": CLIPS[12:]})
    told = faults(spec.CremaD(folder=str(folder), folds=str(folds)))
    assert "1 of its clips are not in the folder, such as 1001_DFA_ANG_XX" in told["/dataset/folds"]
    assert "no recordings" in faults(spec.CremaD(folder=str(tmp_path / "none")))["/dataset/folder"]
    assert "is no file here" in faults(spec.CremaDVotes(folder=str(tmp_path)))["/dataset/folder"]
    told = faults(spec.CremaD(folder=str(folder), folds=str(tmp_path / "none.json")))
    assert "is no file here" in told["/dataset/folds"]
    folds.write_text("{}")
    assert "has the folds" in faults(spec.CremaD(folder=str(folder), folds=str(folds)))["/dataset/fold"]
    folds.write_text('{"1": [1]}')
    assert "must be JSON" in faults(spec.CremaD(folder=str(folder), folds=str(folds)))["/dataset/folds"]


def test_a_clip_without_a_frame_and_a_file_of_another_name_are_told(folder: Path) -> None:
    with pytest.raises(SpecError, match="24 of 24 clips have no frame"):
        load(spec.CremaD(folder=str(folder), frames="none"))
    (folder / "AudioWAV" / "song.wav").write_bytes(b"")
    assert "song is no clip" in faults(spec.CremaD(folder=str(folder)))["/dataset/folder"]


def test_faults_of_the_clips_of_irony_are_told_where_the_clips_are(tmp_path: Path) -> None:
    clips = {"kind": "crema_d_votes", "folder": str(tmp_path)}
    assert list(faults(spec.Irony.model_validate({"clips": clips}))) == ["/dataset/clips/folder"]


def test_relative_paths_begin_at_the_folder_of_the_data(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNIB_DATA", str(folder.parent))
    assert load(spec.CremaD(folder=folder.name)).sha256() == load(spec.CremaD(folder=str(folder))).sha256()


def test_real_votes_are_shares_and_the_label_is_the_intended_emotion() -> None:
    folder = real("crema-d-human-votes").resolve()
    dataset = load(spec.CremaDVotes(folder=str(folder)))
    assert len(dataset) == 7442
    assert np.bincount(dataset.y).tolist() == [1087, 1271, 1271, 1271, 1271, 1271]
    for values in dataset.x.values():
        np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)
    # The first line of the file: of 11 who heard 1001_IEO_NEU_XX, 10 said neutral and 1 happy.
    [row] = np.flatnonzero(dataset.example_id == "1001_IEO_NEU_XX")
    np.testing.assert_allclose(dataset.x["voice"][row], np.array([0, 0, 0, 1, 10, 0]) / 11, rtol=1e-6)
