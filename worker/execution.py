"""One run from its spec to its report, every step of it told to the database under the run's lease."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import torch
from sqlalchemy.orm import Session, sessionmaker

import synib.data
from app.db.tables import Experiment, Run
from app.runs import lease
from app.runs.status import Stale, Status, transition
from app.settings import settings
from synib import spec
from synib.data import Dataset
from synib.report import TuningReport
from synib.training import CorruptCheckpoint, Diverged, EpochMetrics, Interrupted, Trained, train, tune
from worker import exits, results
from worker.database import persist, sessions
from worker.ending import SMALLER
from worker.files import RunFiles, replace

PULSE = 1.0  # seconds between two signs of life
MANY = 10_000  # examples

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
class Execution:
    """A run that this process holds."""

    run_id: str
    token: str
    stop: threading.Event
    sessions: sessionmaker[Session]
    files: RunFiles

    @classmethod
    def of(cls, run_id: str, token: str, stop: threading.Event) -> "Execution":
        return cls(run_id, token, stop, sessions(), RunFiles(settings().store, run_id))

    def run(self, before_training: Callable[[], object]) -> None:
        """Train, evaluate, write the results down.

        Raises:
            Interrupted: ``stop`` was set; the checkpoint is saved.
            Stale: the lease is lost; nothing was written since.
        """
        run, experiment = persist(self.sessions, self._begin)
        log.info("started", extra={"run": run.id, "attempt": run.attempt, "method": run.method})
        torch.set_num_threads(experiment.resources.threads)
        dataset = synib.data.load(experiment.dataset_of(run.seed))
        before_training()
        trained, tuning = self._train(run, experiment, dataset)
        if self.stop.is_set():
            raise Interrupted("stopped before the evaluation")
        from synib.evaluation.evaluate import evaluate  # noqa: PLC0415 - a second that no start should wait for

        report, table = evaluate(trained, dataset, experiment, run.method_index, run.seed)
        report = report.model_copy(update={"tuning": tuning})
        kept = results.keep(self.files, run.attempt, trained, report)
        persist(self.sessions, lambda session: results.finish(session, run, self.token, report, table, kept))
        self.files.discard_checkpoints()
        if len(table) >= MANY:
            persist(self.sessions, results.analyze)
        log.info("succeeded", extra={"run": run.id, "examples": len(table)})

    def _begin(self, session: Session) -> tuple[Run, spec.Experiment]:
        run = lease.held(session, self.run_id, self.token)
        if run.status == Status.CANCELLING:
            raise Interrupted("cancelled before it started")
        if run.status == Status.STARTING:
            transition(session, run, Status.RUNNING)
        return run, spec.Experiment.model_validate(session.get_one(Experiment, run.experiment_id).spec)

    def _train(self, run: Run, experiment: spec.Experiment, dataset: Dataset) -> Outcome:
        what = (experiment, run.method_index, run.seed, dataset)
        trials = experiment.tuning.trials
        how: How = {
            "on_epoch": lambda epoch: self._record(epoch, experiment.training.epochs * max(1, trials)),
            "should_stop": Pulse(self.stop, self.files),
            "device": device(run.queue),
        }

        def attempt() -> Outcome:
            if not trials:
                return train(*what, checkpoint=self.files.checkpoint, **how), None
            tuned = tune(*what, folder=self.files.tuning, **how)
            return tuned.trained, tuned.report

        try:
            return attempt()
        except CorruptCheckpoint:
            log.exception("starting over", extra={"run": run.id})
            self.files.discard_checkpoints()
            return attempt()

    def _record(self, epoch: EpochMetrics, epochs: int) -> None:
        def work(session: Session) -> None:
            lease.record(session, self.run_id, self.token, epoch.epoch, epoch.step, epoch.values, epochs)

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


def explain(error: Exception, files: RunFiles) -> int:
    """Leave a failure's reason for the supervisor; the exit code."""
    match error:
        case Interrupted():
            log.info("interrupted", extra={"at": str(error)})
            return exits.INTERRUPTED
        case Stale():
            log.warning("the lease is lost")
            return exits.FENCED
        case Diverged():
            code, message = "diverged", str(error)
        case MemoryError() | torch.OutOfMemoryError():
            code, message = "out_of_memory", f"Not enough memory. {SMALLER}"
        case NoAccelerator():
            code, message = "no_accelerator", str(error)
        case _:
            code, message = "crashed", f"{type(error).__name__}: {error}"
    log.error("failed", exc_info=error)
    text = json.dumps({"code": code, "message": message, "type": type(error).__name__})
    replace(files.error, text.encode())
    return exits.FAILED
