"""What scorers keep in memory: what was asked for last, as far as there is room, and nothing that is gone."""

from pathlib import Path

import numpy as np
import pytest

from app.settings import Settings
from synib.data import ArrayMedia, Dataset
from synib.scoring import Scorer
from synib.spec import Experiment
from tests.app.kits import trained
from worker.kept import DataLost, Datasets, Shelf, _size


def test_what_was_asked_for_longest_ago_goes_first_and_the_last_always_stays() -> None:
    read: list[str] = []
    shelf: Shelf[bytes] = Shelf(10, len)

    def get(key: str, size: int) -> None:
        def content() -> bytes:
            read.append(key)
            return bytes(size)

        assert len(shelf.get(key, content)) == size

    for key, size in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("b", 4), ("huge", 99), ("huge", 99)):
        get(key, size)
    assert read == ["a", "b", "c", "b", "huge"]


def test_a_failure_to_read_is_no_answer_for_the_next() -> None:
    shelf: Shelf[bytes] = Shelf(10, len)

    def broken() -> bytes:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        shelf.get("a", broken)
    assert shelf.get("a", lambda: b"yes") == b"yes"


def test_recordings_in_memory_count_and_images_in_an_array_too() -> None:
    index = np.zeros(2, np.int64)
    data = Dataset(
        x={"numbers": np.zeros((2, 3), np.float32)},
        y=index,
        split=np.array(["train", "test"]),
        example_id=np.array(["a", "b"]),
        classes=("0", "1"),
        media={
            "heard": ArrayMedia(
                "audio", [np.zeros(5, np.float32), np.zeros(7, np.float32)], index, [8000] * 2
            ),
            "seen": ArrayMedia("image", np.zeros((2, 4, 4, 1), np.uint8), index),
        },
    )
    assert _size(data) == 2 * 3 * 4 + (5 + 7) * 4 + 2 * 16


@pytest.fixture
def datasets(tmp_path: Path) -> Datasets:
    return Datasets(Settings(mode="embedded", store=tmp_path))


def test_a_model_s_data_are_those_that_its_run_saw(datasets: Datasets) -> None:
    kit, model, data = trained()
    found = datasets.of(Scorer(model.model, kit))
    assert found.sha256() == data.sha256()
    assert datasets.of(Scorer(model.model, kit)) is found


def test_of_data_drawn_anew_for_each_seed_it_is_the_model_s_own(datasets: Datasets) -> None:
    kit, model, _ = trained()
    experiment = Experiment.model_validate(kit.card.experiment | {"replication": {"redraw": True}})
    card = kit.card.model_copy(update={"experiment": experiment.model_dump(mode="json"), "seed": 3})
    found = datasets.of(Scorer(model.model, type(kit)(card, kit.donors, kit.profiles)))
    assert found.sha256() != trained()[2].sha256()


def test_uploaded_data_that_are_gone_are_told_of(datasets: Datasets) -> None:
    kit, model, _ = trained()
    stored = {
        "kind": "stored", "id": f"ds_{1:032x}", "digest": f"{0:064x}", "classes": [*kit.card.classes],
        "modalities": ["x1", "x2"], "shapes": {"x1": [3], "x2": [3]},
        "counts": {"train": 1, "validation": 1, "test": 1},
    }  # fmt: skip
    card = kit.card.model_copy(update={"experiment": kit.card.experiment | {"dataset": stored}})
    with pytest.raises(DataLost, match="no longer in the store"):
        datasets.of(Scorer(model.model, type(kit)(card, kit.donors, kit.profiles)))
