"""What people say of data they bring, and how an experiment names it."""

import pytest

from synib.data import load
from synib.data.stored import StoredDataLost
from synib.problems import SpecError
from synib.spec import Experiment, Stored, Upload, parse_experiment, parse_upload

ID = "ds_" + "0" * 32
FILLED = {
    "id": ID, "digest": "a" * 64, "modalities": ["voice", "face", "words"],
    "shapes": {"face": [3], "voice": [2]}, "media": {"words": "text"}, "classes": ["no", "yes"],
    "counts": {"train": 60, "validation": 20, "test": 20},
}  # fmt: skip


def problems(data: object) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        parse_experiment({"dataset": data, "methods": [{"kind": "vanilla"}]})
    return [(problem.pointer, problem.detail) for problem in caught.value.problems]


def test_an_id_suffices_and_means_uploaded_data() -> None:
    asked = Experiment.model_validate({"dataset": {"id": ID}, "methods": [{"kind": "vanilla"}]})
    assert asked.dataset == Stored(id=ID)


def test_without_the_service_that_has_it_nobody_knows_what_is_in_it() -> None:
    [(pointer, detail)] = problems({"id": ID})
    assert (pointer, "only to the service that has it" in detail) == ("/dataset/id", True)
    with pytest.raises(StoredDataLost, match="say in which folder"):
        load(Stored(id=ID))


def test_faults_are_told_at_the_place_where_they_were_written() -> None:
    assert problems({"id": "mine"})[0][0] == "/dataset/id"
    [(pointer, detail)] = problems({"id": ID, "clases": []})
    assert (pointer, "did you mean classes?" in detail) == ("/dataset/clases", True)


def test_modalities_keep_their_order_whatever_order_a_database_gives_names() -> None:
    info = Stored.model_validate(FILLED).info()
    assert list(info.shapes.items()) == [("voice", (2,)), ("face", (3,))]
    assert info.media == {"words": "text"}
    assert (info.classes, info.examples) == (("no", "yes"), 100)


def test_every_fault_of_an_upload_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse_upload(
            {"split": {"train": 1, "validation": 0}, "text": ["a", "a"], "ignore": ["label"]}, "/spec"
        )
    assert [problem.pointer for problem in caught.value.problems] == [
        "/spec/split", "/spec/split/validation", "/spec/text/1", "/spec/ignore",
    ]  # fmt: skip
    assert parse_upload({}) == Upload()
