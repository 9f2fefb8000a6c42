"""A run of an experiment: train with a checkpoint, tell every epoch, evaluate."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import torch
from sqlalchemy.orm import Session, sessionmaker

import synib.data
from app.datasets.files import DATASETS
from app.db.tables import Run
from app.runs import lease
from synib import spec
from synib.data import Dataset
from synib.features import prepare
from synib.report import TuningReport
from synib.scoring.folder import CARD, DONORS, WEIGHTS, kit_of
from synib.training import CorruptCheckpoint, EpochMetrics, Interrupted, Trained, train, tune
from worker.database import persist
from worker.files import RunFiles
from worker.results import Content, Results

PULSE = 1.0  # seconds between two signs of life
BYTES = "application/octet-stream"

log = logging.getLogger(__name__)

Outcome = tuple[Trained, TuningReport | None]


class How(TypedDict):
    """What a training and a tuning are both told."""

    on_epoch: Callable[[EpochMetrics], None]
    should_stop: Callable[[], bool]
    device: str


class NoAccelerator(RuntimeError):
    """The queue promises what this machine has not."""


@dataclass(frozen=True)
class Training:
    """One method of an experiment with one seed, under the lease of ``token``."""

    run: Run
    experiment: spec.Experiment
    token: str
    stop: threading.Event
    sessions: sessionmaker[Session]
    files: RunFiles

    def do(self, before_training: Callable[[], object]) -> Results:
        """Train and evaluate.

        Raises:
            Interrupted: ``stop`` was set; the checkpoint is saved.
            Stale: the lease is lost; nothing was written since.
        """
        run, experiment = self.run, self.experiment
        torch.set_num_threads(experiment.resources.threads)
        dataset = synib.data.load(experiment.dataset_of(run.seed), self.files.store / DATASETS)
        before_training()
        dataset = self._prepared(dataset)
        trained, tuning = self._train(dataset)
        if self.stop.is_set():
            raise Interrupted("stopped before the evaluation")
        from synib.evaluation.evaluate import ask, tell  # noqa: PLC0415 - a second that no start should wait for

        answers = ask(trained, dataset, experiment)
        report, table = tell(answers, trained, dataset, experiment, run.method_index, run.seed)
        kit = kit_of(trained, dataset, experiment, run.seed, answers, report)
        files: dict[str, tuple[Content, str]] = {
            WEIGHTS: (trained.save_weights, BYTES),
            DONORS: (kit.save_donors, BYTES),
            CARD: (kit.card.model_dump_json(indent=2).encode(), "application/json"),
        }
        return Results(report.model_copy(update={"tuning": tuning}), table, files)

    def _prepared(self, dataset: Dataset) -> Dataset:
        """The data set with features of its images, recordings and texts, shared by all runs."""
        pulse = Pulse(self.stop, self.files)

        def go_on() -> None:
            if pulse():
                raise Interrupted("stopped before training")

        where = device(self.run.queue)
        return prepare(dataset, self.experiment, self.files.features, device=where, on_batch=go_on)

    def _train(self, dataset: Dataset) -> Outcome:
        experiment = self.experiment
        what = (experiment, self.run.method_index, self.run.seed, dataset)
        trials = experiment.tuning.trials
        how: How = {
            "on_epoch": lambda epoch: self._record(epoch, experiment.training.epochs * max(1, trials)),
            "should_stop": Pulse(self.stop, self.files),
            "device": device(self.run.queue),
        }

        def attempt() -> Outcome:
            if not trials:
                return train(*what, checkpoint=self.files.checkpoint, **how), None
            tuned = tune(*what, folder=self.files.tuning, **how)
            return tuned.trained, tuned.report

        try:
            return attempt()
        except CorruptCheckpoint:
            log.exception("starting over", extra={"run": self.run.id})
            self.files.discard_checkpoints()
            return attempt()

    def _record(self, epoch: EpochMetrics, epochs: int) -> None:
        def work(session: Session) -> None:
            lease.record(session, self.run.id, self.token, epoch.epoch, epoch.step, epoch.values, epochs)

        persist(self.sessions, work)


class Pulse:
    """Asked before every step whether to stop; shows by the log's age that steps are made."""

    def __init__(self, stop: threading.Event, files: RunFiles) -> None:
        self._stop, self._files = stop, files
        self._next = 0.0

    def __call__(self) -> bool:
        if (now := time.monotonic()) >= self._next:
            self._files.log.touch()
            self._next = now + PULSE
        return self._stop.is_set()


def device(queue: str) -> str:
    """Where the runs of a queue are computed."""
    if queue != "train.gpu":
        return "cpu"
    if not torch.cuda.is_available():
        raise NoAccelerator("this worker of train.gpu sees no CUDA device; use resources.queue train.cpu")
    return "cuda"
