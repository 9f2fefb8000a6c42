"""The irony extension: its published rule, and two variants in which less than emotion gives it away."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synib import spec
from synib.benchmarks import crema_d
from synib.benchmarks.irony import contradicts, exchange
from synib.data import Dataset, load
from synib.problems import SpecError
from synib.spec.benchmarks import EMOTIONS
from tests.synib.benchmarks.files import clip_names, real, write_folds, write_votes

NEGATIVE = {"SAD", "FEA", "DIS", "ANG"}
KINDS = ("any", "matched", "balanced")


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Any]:
    """A recipe of 20 actors' votes: 14 to learn from, 3 to validate, 3 to test; three sentences each."""
    write_votes(tmp_path, clip_names(20))
    parts = {"train": range(14), "val": range(14, 17), "test": range(17, 20)}
    names = clip_names(20)
    write_folds(
        tmp_path / "folds.json",
        {part: [name for name in names if int(name[:4]) - 1001 in actors] for part, actors in parts.items()},
    )
    return {"kind": "crema_d_votes", "folder": str(tmp_path), "folds": str(tmp_path / "folds.json")}


def recipe(clips: dict[str, Any], kind: str, seed: int = 0, **more: Any) -> spec.Irony:
    donors: dict[str, Any] = {"kind": kind} if kind == "balanced" else {"kind": kind, "alpha": 0.5}
    return spec.Irony.model_validate({"clips": clips, "donors": donors, "seed": seed} | more)


def pairs(dataset: Dataset) -> list[tuple[list[str], list[str], bool]]:
    """(face's, voice's) clip names in parts, and whether it is labelled irony, by the example's name."""
    found = []
    for name, y in zip(dataset.example_id.tolist(), dataset.y.tolist(), strict=True):
        face, _, voice = name.partition("+")
        found.append((face.split("_"), (voice or face).split("_"), dataset.classes[y] == "irony"))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_irony_is_where_the_voice_contradicts_the_face_and_nowhere_else(
    clips: dict[str, Any], kind: str
) -> None:
    for face, voice, irony in pairs(load(recipe(clips, kind))):
        assert irony == (face != voice)
        if irony:
            against = {"HAP": NEGATIVE, "NEU": {*NEGATIVE, "HAP"}}.get(face[2], {"HAP"})
            assert voice[2] in against


def test_what_contradicts_what_is_the_published_rule() -> None:
    matrix = contradicts(["sad", "fear", "disgust", "anger"])
    told = {(EMOTIONS[face], EMOTIONS[voice]) for face, voice in zip(*np.nonzero(matrix), strict=True)}
    negative = ("sad", "fear", "disgust", "anger")
    known = {("neutral", voice) for voice in EMOTIONS[1:]}
    known |= {("happy", voice) for voice in negative} | {(face, "happy") for face in negative}
    assert told == known


@pytest.mark.parametrize(("alpha", "share"), [(0.1, 0.017), (0.5, 0.083), (1.0, 0.167), (2.0, 0.333)])
def test_the_published_rule_replaces_a_sixth_of_alpha_of_every_split(
    clips: dict[str, Any], alpha: float, share: float
) -> None:
    dataset = load(recipe(clips, "any", donors={"kind": "any", "alpha": alpha}, label="emotions"))
    assert dataset.classes == (*EMOTIONS, "irony")
    for split in ("train", "validation", "test"):
        part = dataset.select(split)
        assert len(part) == {"train": 252, "validation": 54, "test": 54}[split]
        assert (part.y == 6).mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("kind", ["matched", "balanced"])
def test_clean_donors_are_the_speaker_of_the_face_with_the_same_sentence(
    clips: dict[str, Any], kind: str
) -> None:
    assert all(face[:2] == voice[:2] for face, voice, _ in pairs(load(recipe(clips, kind))))


def test_published_donors_are_mostly_other_speakers(clips: dict[str, Any]) -> None:
    irony = [(face, voice) for face, voice, irony in pairs(load(recipe(clips, "any"))) if irony]
    assert np.mean([face[0] != voice[0] for face, voice in irony]) > 0.6


@pytest.mark.parametrize("negative", [["anger"], ["sad", "fear", "disgust", "anger"]])
def test_balanced_donors_leave_every_face_and_every_voice_at_chance_exactly(
    clips: dict[str, Any], negative: list[str]
) -> None:
    dataset = load(recipe(clips, "balanced", negative=negative))
    for split in ("train", "validation", "test"):
        told = pairs(dataset.select(split))
        for which in (0, 1):
            with_irony = Counter("_".join(one[:2][which]) for one in told if one[2])
            without = Counter("_".join(one[:2][which]) for one in told if not one[2])
            assert with_irony == without
            assert set(with_irony.values()) == {1}
        # So for whatever a model computes of one modality, here its whole vector of votes:
        part = dataset.select(split)
        for values in part.x.values():
            sides = [sorted(map(tuple, values[part.y == label].tolist())) for label in (0, 1)]
            assert sides[0] == sides[1]


@pytest.mark.parametrize("kind", ["any", "matched"])
def test_other_donors_do_not(clips: dict[str, Any], kind: str) -> None:
    told = pairs(load(recipe(clips, kind, donors={"kind": kind, "alpha": 2.0})))
    happy = [irony for _, voice, irony in told if voice[2] == "HAP"]
    neutral = [irony for _, voice, irony in told if voice[2] == "NEU"]
    assert np.mean(happy) > 0.4
    assert not any(neutral)


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_part_is_the_same_for_every_seed_and_the_others_are_not(
    clips: dict[str, Any], kind: str
) -> None:
    # The published code drew the test part with the run's seed, so runs were tested on different examples.
    first, second = load(recipe(clips, kind, seed=0)), load(recipe(clips, kind, seed=7))
    assert first.select("test").sha256() == second.select("test").sha256()
    assert first.select("train").sha256() != second.select("train").sha256()


def test_runs_that_draw_data_anew_share_the_test_part(clips: dict[str, Any]) -> None:
    asked = spec.parse_experiment(
        {
            "dataset": recipe(clips, "any").model_dump(),
            "methods": [{"kind": "vanilla"}],
            "replication": {"seeds": 2, "redraw": True},
        }
    )
    first, second = (load(asked.dataset_of(seed)) for seed in (0, 1))
    assert first.sha256() != second.sha256()
    assert first.select("test").sha256() == second.select("test").sha256()


@pytest.mark.parametrize("kind", KINDS)
def test_no_clip_and_no_speaker_is_in_two_splits(clips: dict[str, Any], kind: str) -> None:
    dataset = load(recipe(clips, kind))
    seen: dict[str, set[str]] = {}
    for split in ("train", "validation", "test"):
        told = pairs(dataset.select(split))
        seen[split] = {part[0] for face, voice, _ in told for part in (face, voice)}
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["test"]


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_of_the_clips_that_the_name_tells(clips: dict[str, Any], kind: str) -> None:
    asked = recipe(clips, kind)
    base = load(asked.clips)
    row = {name: number for number, name in enumerate(base.example_id.tolist())}
    dataset = load(asked)
    for number, (face, voice, _) in enumerate(pairs(dataset)):
        np.testing.assert_array_equal(dataset.x["face"][number], base.x["face"][row["_".join(face)]])
        np.testing.assert_array_equal(dataset.x["voice"][number], base.x["voice"][row["_".join(voice)]])
    assert dataset.group is not None
    assert dataset.group.tolist() == [face[0] for face, _, _ in pairs(dataset)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["irony", "emotions"])
def test_info_promises_what_is_loaded(clips: dict[str, Any], kind: str, label: str) -> None:
    asked = recipe(clips, kind, label=label)
    dataset, info = load(asked), asked.info()
    assert dataset.classes == info.classes
    assert {split: len(dataset.select(split)) for split in info.counts} == info.counts
    assert len(set(dataset.example_id)) == len(dataset)
    assert set(dataset.y) == set(range(len(info.classes)))


def test_more_irony_than_contradicted_faces_is_refused_with_the_most_there_can_be(
    clips: dict[str, Any],
) -> None:
    asked = recipe(clips, "any", donors={"kind": "any", "alpha": 6.0}, negative=["anger"])
    # 3 of 6 emotions are contradicted (neutral, happy, anger): alpha 3 takes them all.
    with pytest.raises(SpecError, match=r"use at most 3$") as refused:
        asked.info()
    assert refused.value.problems[0].pointer == "/dataset/donors/alpha"
    assert recipe(clips, "any", donors={"kind": "any", "alpha": 3.0}, negative=["anger"]).info()


# ---------------------------------------------------------------------------------------------- human votes


@pytest.fixture(scope="module")
def votes() -> dict[str, Any]:
    folder = real("crema-d-human-votes")
    folds = real("synib-irony-cremad-splits", "data_splits_val.json")
    return {"kind": "crema_d_votes", "folder": str(folder.resolve()), "folds": str(folds.resolve())}


def test_the_authors_folds_have_the_sizes_that_they_state(votes: dict[str, Any]) -> None:
    for fold, sizes in ((1, (4043, 878, 899)), (2, (4024, 881, 915)), (3, (4017, 869, 934))):
        found = crema_d.clips(spec.CremaDVotes.model_validate(votes | {"fold": fold}))
        assert tuple(found.counts().values()) == sizes
        assert [len(set(found.speaker[found.split == split])) for split in found.counts()] == [63, 14, 14]


def test_balanced_irony_of_real_votes_is_at_chance_in_each_modality(votes: dict[str, Any]) -> None:
    asked = recipe(votes, "balanced")
    made = exchange(crema_d.clips(asked.clips), asked)
    for rows in (made.face, made.voice):
        assert Counter(rows[made.irony].tolist()) == Counter(rows[~made.irony].tolist())
