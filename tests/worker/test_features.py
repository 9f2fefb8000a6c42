"""Features are made before training, shared by the runs of a store, and a stop is heard while they are."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from synib.data import Dataset
from synib.spec import parse_experiment
from synib.training import Interrupted
from tests.synib.features.examples import asked, dataset, images
from worker.files import RunFiles
from worker.training import Training


def run_in(store: Path, name: str = "run_1") -> tuple[Any, threading.Event]:
    """A run as its trainer has it; nothing here asks the database."""
    modalities = {name: {"features": {"kind": "pixels", "size": 8}} for name in ("left", "right")}
    experiment = parse_experiment(asked({"left": "image", "right": "image"}, modalities=modalities))
    files, stop, run = RunFiles(store, name), threading.Event(), SimpleNamespace(id=name, queue="train.cpu")
    files.folder.mkdir(parents=True)
    nothing: Any = None
    return Training(run, experiment, "token", stop, nothing, files), stop  # type: ignore[arg-type]


def pictures() -> Dataset:
    return dataset(left=("image", images(36)), right=("image", images(36, seed=1)))


def test_runs_share_features_in_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = run_in(tmp_path)
    made = first._prepared(pictures())
    assert {name: x.shape for name, x in made.x.items()} == dict.fromkeys(("left", "right"), (36, 3, 8, 8))
    assert len(list((tmp_path / "features").glob("*.npy"))) == 2

    def never(*_: Any) -> Any:
        raise AssertionError("features were made again")

    monkeypatch.setattr("synib.features.extract.pixels", never)
    second, _ = run_in(tmp_path, "run_2")
    again = second._prepared(pictures())
    assert all(np.array_equal(made.x[name], again.x[name]) for name in made.x)


def test_a_stop_is_heard_before_they_are_done(tmp_path: Path) -> None:
    run, stop = run_in(tmp_path)
    stop.set()
    with pytest.raises(Interrupted, match="before training"):
        run._prepared(pictures())
    assert not list((tmp_path / "features").glob("*.npy"))
    assert run.files.log.exists()  # a sign of life
