"""Features are made once of each different item, kept on disk, and found again by what they were made of."""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synib import spec
from synib.data import Dataset
from synib.features import FeatureError, prepare
from synib.features.cache import Cache, key_of
from synib.models.tower import Tower
from tests.synib.features.examples import TEXTS, dataset, images, modality, sounds
from tests.synib.features.models import build

Built = Callable[[str], Path]
PIXELS = modality(spec.Pixels(size=8))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many examples each call of a real model read."""
    made: list[int] = []
    forward = Tower.forward

    def counted(self: Tower, inputs: Any) -> Any:
        made.append(len(next(iter(inputs.values()))))
        return forward(self, inputs)

    monkeypatch.setattr(Tower, "forward", counted)
    return made


def by(folder: Path, **fields: Any) -> dict[str, spec.Modality]:
    asked: dict[str, Any] = {"model": str(folder), "reads": "text", **fields}
    return {"words": modality(spec.Pretrained.model_validate(asked))}


def texts(values: list[str | None] | None = None) -> Dataset:
    return dataset(words=("text", list(values or TEXTS)))


def test_the_second_run_makes_no_call_of_the_encoder(built: Built, tmp_path: Path, calls: list[int]) -> None:
    first = prepare(texts(), by(built("bert")), tmp_path)
    assert sum(calls) == len(TEXTS)
    calls.clear()
    again = prepare(texts(), by(built("bert")), tmp_path)
    assert calls == []
    np.testing.assert_array_equal(first.x["words"], again.x["words"])
    assert first.sha256() == again.sha256()


def test_equal_items_are_read_once_and_lacking_ones_are_nan(
    built: Built, tmp_path: Path, calls: list[int]
) -> None:
    made = prepare(texts(["a cat", None, "a dog", "a cat", None, "a cat"]), by(built("bert")), tmp_path)
    assert sum(calls) == 2
    x = made.x["words"]
    assert np.isnan(x).all(axis=1).tolist() == [False, True, False, False, True, False]
    np.testing.assert_array_equal(x[0], x[3])
    assert not np.array_equal(x[0], x[2])


def test_only_the_items_that_examples_have_are_read(built: Built, calls: list[int]) -> None:
    prepare(texts().select("train"), by(built("bert")))
    assert sum(calls) == 2


def test_features_are_found_by_what_they_were_made_of(built: Built, tmp_path: Path, calls: list[int]) -> None:
    def made(data: Dataset, asked: dict[str, spec.Modality]) -> bool:
        calls.clear()
        prepare(data, asked, tmp_path / "cache")
        return bool(calls)

    moved = build("bert", tmp_path / "elsewhere")  # the same seed: the same weights
    other = build("bert", tmp_path / "other", seed=1)
    assert made(texts(), by(built("bert")))
    assert not made(texts(), by(moved))
    assert made(texts(), by(other))
    assert made(texts(), by(built("bert"), pooling="pooled"))
    assert made(texts([*TEXTS[:-1], "a mat"]), by(built("bert")))
    assert made(texts(TEXTS[::-1]), by(built("bert")))
    assert not made(texts(TEXTS[::-1]), by(built("bert")))


@pytest.mark.parametrize("damage", ["cut", "flipped", "sealless", "emptied"])
def test_what_is_damaged_is_computed_again(damage: str, tmp_path: Path) -> None:
    data, asked = dataset(seen=("image", images())), {"seen": PIXELS}
    expected = prepare(data, asked, tmp_path).x["seen"].copy()
    (array,), (seal,) = tmp_path.glob("*.npy"), tmp_path.glob("*.sha256")
    whole = bytearray(array.read_bytes())
    match damage:
        case "cut":
            array.write_bytes(whole[:-8])
        case "flipped":
            whole[-3] ^= 255
            array.write_bytes(whole)
        case "sealless":
            seal.unlink()
        case "emptied":
            array.write_bytes(b"")
    np.testing.assert_array_equal(prepare(data, asked, tmp_path).x["seen"], expected)
    found = prepare(data, asked, tmp_path)
    np.testing.assert_array_equal(found.x["seen"], expected)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".npy", ".sha256"]  # nothing else is left


def test_what_a_run_writes_into_its_features_stays_with_it(tmp_path: Path) -> None:
    data, asked = dataset(seen=("image", images())), {"seen": PIXELS}
    x = prepare(data, asked, tmp_path).x["seen"]
    before = x.copy()
    x[:] = 7
    np.testing.assert_array_equal(prepare(data, asked, tmp_path).x["seen"], before)


def _compute(folder: Path, ready: Any, said: Any) -> None:
    def fill(values: Any) -> None:
        said.put(os.getpid())
        values[:] = 3

    ready.wait()
    values = Cache(folder).get("k", (5, 2), fill)
    said.put(bool((values == 3).all()))


def test_of_several_processes_at_once_one_computes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready, said = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_compute, args=(tmp_path, ready, said)) for _ in range(3)]
    for worker in workers:
        worker.start()
    answers = [said.get(timeout=60) for _ in range(4)]
    for worker in workers:
        worker.join(60)
    assert sum(answer is True for answer in answers) == 3


def test_a_stop_leaves_nothing_half_made(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        prepare(dataset(seen=("image", images())), {"seen": PIXELS}, tmp_path, on_batch=stop)
    assert not list(tmp_path.glob("*.npy"))
    assert not list(tmp_path.glob(".*.tmp"))
    prepare(dataset(seen=("image", images())), {"seen": PIXELS}, tmp_path)


def test_keys_depend_on_every_part() -> None:
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert len({key_of({"a": 1}), key_of({"a": 2}), key_of({"b": 1})}) == 3


def test_an_item_that_cannot_be_read_is_named() -> None:
    broken = dataset(heard=("audio", [one.samples for one in sounds()]))
    heard: Any = broken.media["heard"]
    heard.items[1][5] = np.nan
    with pytest.raises(FeatureError, match=r"heard of example 1 .*finite"):
        prepare(broken, {"heard": modality(spec.LogMel(rate=8000, mels=20, seconds=0.1))})


def test_modalities_that_are_numbers_stay_as_they_are() -> None:
    data = dataset(seen=("image", images()))
    array = np.ones((4, 3), np.float32)
    data.x["age"] = array
    made = prepare(data, {"seen": PIXELS, "age": spec.Modality()})
    assert made.x["age"] is array
    assert made.x["seen"].shape == (4, 3, 8, 8)
