"""The finished trials of a run, on disk if it has a folder, with the weights of the best so far."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from synib.report import Trial
from synib.spec.search import Settings
from synib.training import checkpoint
from synib.training.loop import Trained
from synib.training.state import EpochMetrics

NAT = 1 / math.log(2)  # bits


@dataclass(frozen=True)
class Best:
    """What is needed of the best trial to have its trained model again."""

    number: int
    """0 is the method as written."""
    history: list[EpochMetrics]
    best_epoch: int
    epochs: int
    steps: int
    weights: dict[str, Tensor]


class Trials:
    """What is said of all and kept of the best is one file, so that it is never of two different moments.

    Raises:
        CheckpointMismatch, CorruptCheckpoint: when ``folder`` cannot be gone on with.
    """

    def __init__(
        self, folder: Path | None, identity: Mapping[str, Any], metric: Literal["nll", "accuracy"]
    ) -> None:
        self.done: list[Trial] = []
        self.best: Best | None = None
        self._folder, self._identity, self._metric = folder, dict(identity), metric
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            self._restore(folder)

    @property
    def running(self) -> Path | None:
        """Checkpoint of the trial that comes next."""
        return self._folder / f"trial-{len(self.done)}.safetensors" if self._folder else None

    def loss(self, trial: Trial) -> float:
        """What is to be small: bits, or the share of wrong predictions; infinity for what failed."""
        if trial.nll is None or trial.accuracy is None:
            return math.inf
        return trial.nll if self._metric == "nll" else 1 - trial.accuracy

    def add(self, settings: Settings, trained: Trained) -> None:
        """A trial has come to its end."""
        kept = trained.history[trained.best_epoch - 1].values
        nll, accuracy = kept["validation/nll"] * NAT, kept["validation/accuracy"]
        trial = Trial(settings=settings, nll=nll, accuracy=accuracy, epochs=trained.epochs)
        if self.best is None or self._rank(trial) < self._rank(self.done[self.best.number]):
            state = trained.model.state_dict()
            self.best = Best(
                number=len(self.done),
                history=trained.history,
                best_epoch=trained.best_epoch,
                epochs=trained.epochs,
                steps=trained.steps,
                weights={name: tensor.to("cpu", copy=True) for name, tensor in state.items()},
            )
        self._append(trial)

    def add_failed(self, settings: Settings, epochs: int, why: str) -> None:
        """A trial has come to nothing."""
        self._append(Trial(settings=settings, nll=None, accuracy=None, epochs=epochs, failed=why))

    def _rank(self, trial: Trial) -> tuple[float, float]:
        """The lower the better; of equals the first stays."""
        return self.loss(trial), math.inf if trial.nll is None else trial.nll

    def _append(self, trial: Trial) -> None:
        over = self.running
        self.done.append(trial)
        if over:
            self._save(over.parent)
            over.unlink(missing_ok=True)

    def _save(self, folder: Path) -> None:
        about: dict[str, Any] = {"trials": [trial.model_dump() for trial in self.done], "best": None}
        if self.best:
            history = [asdict(epoch) for epoch in self.best.history]
            about["best"] = {**vars(self.best), "history": history, "weights": None}
        weights = self.best.weights if self.best else {}
        checkpoint.write(folder / "trials.safetensors", weights, self._identity | about)

    def _restore(self, folder: Path) -> None:
        path = folder / "trials.safetensors"
        if not path.exists():
            return
        weights, about = checkpoint.read(path, "cpu")
        checkpoint.belongs(path, about, self._identity)
        self.done = [Trial(**trial) for trial in about["trials"]]
        if kept := about["best"]:
            history = [EpochMetrics(**epoch) for epoch in kept["history"]]
            self.best = Best(**kept | {"history": history, "weights": weights})
        for number in range(len(self.done)):  # a kill between the last two steps of `_append` left one
            (folder / f"trial-{number}.safetensors").unlink(missing_ok=True)
