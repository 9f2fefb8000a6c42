"""One run from what was asked to its report, under the run's lease."""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import torch
from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Analysis, Dataset, Experiment, Run, Scoring
from app.runs import lease
from app.runs.status import Stale, Status, transition
from app.settings import settings
from synib import spec
from synib.data.sources import MissingData
from synib.data.stored import StoredDataLost
from synib.evaluation.analyse import NothingToReport
from synib.features import FeatureError
from synib.problems import TableError
from synib.spec.weights import ModelError
from synib.training import Diverged, Interrupted
from worker import analysing, exits, reading, results, scoring_job
from worker.database import persist, sessions
from worker.ending import SMALLER
from worker.files import RunFiles, replace
from worker.training import NoAccelerator, Training

MANY = 10_000  # examples

log = logging.getLogger(__name__)


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
        """Do what was asked, write the results down.

        Raises:
            Interrupted: ``stop`` was set; the checkpoint is saved.
            Stale: the lease is lost; nothing was written since.
        """
        run, origin = persist(self.sessions, self._begin)
        log.info("started", extra={"run": run.id, "attempt": run.attempt, "method": run.method})
        if isinstance(origin, Dataset):
            here = (self.token, self.stop, self.sessions, settings())
            reading.Reading(run, origin, *here).do(before_training)
            log.info("succeeded", extra={"run": run.id, "dataset": origin.id})
            return
        if isinstance(origin, Analysis):
            done = analysing.analyse(origin, self.files.store)
        elif isinstance(origin, Scoring):
            here = (self.token, self.stop, self.sessions, settings())
            done = scoring_job.ScoringJob(run, origin, *here).do(before_training)
        else:
            experiment = spec.Experiment.model_validate(origin.spec)
            training = Training(run, experiment, self.token, self.stop, self.sessions, self.files)
            done = training.do(before_training)
        kept = results.keep(self.files, run.attempt, done)
        persist(self.sessions, lambda session: results.finish(session, run, self.token, done, kept))
        self.files.discard_checkpoints()
        examples = 0 if done.table is None else len(done.table)
        if examples >= MANY:
            persist(self.sessions, results.analyze)
        log.info("succeeded", extra={"run": run.id, "examples": examples})

    def _begin(self, session: Session) -> tuple[Run, Experiment | Analysis | Dataset | Scoring]:
        """The run, now running, and what it belongs to."""
        run = lease.held(session, self.run_id, self.token)
        if run.status == Status.CANCELLING:
            raise Interrupted("cancelled before it started")
        if run.status == Status.STARTING:
            transition(session, run, Status.RUNNING)
        if run.analysis_id is not None:
            return run, session.get_one(Analysis, run.analysis_id)
        if run.dataset_id is not None:
            return run, session.get_one(Dataset, run.dataset_id)
        if run.scoring_id is not None:
            return run, session.get_one(Scoring, run.scoring_id)
        return run, session.get_one(Experiment, run.experiment_id)


def explain(error: Exception, files: RunFiles) -> int:
    """Leave a failure's reason for the supervisor; the exit code."""
    match error:
        case Interrupted():
            log.info("interrupted", extra={"at": str(error)})
            return exits.INTERRUPTED
        case Stale():
            log.warning("the lease is lost")
            return exits.FENCED
        case MemoryError() | torch.OutOfMemoryError():
            code, message = "out_of_memory", f"Not enough memory. {SMALLER}"
        case _:
            told = next((code for kind, code in TOLD.items() if isinstance(error, kind)), None)
            code, message = (told, str(error)) if told else ("crashed", f"{type(error).__name__}: {error}")
    log.error("failed", exc_info=error)
    text = json.dumps({"code": code, "message": message, "type": type(error).__name__})
    replace(files.error, text.encode())
    return exits.FAILED


TOLD: dict[type[Exception], str] = {
    Diverged: "diverged",
    NoAccelerator: "no_accelerator",
    MissingData: "missing_data",
    TableError: "invalid_table",
    NothingToReport: "nothing_to_report",
    FeatureError: "unreadable_media",
    ModelError: "invalid_model",
    analysing.TableLost: "table_lost",
    scoring_job.FileLost: "file_lost",
    reading.Refused: "invalid_data",
    reading.DataLost: "data_lost",
    StoredDataLost: "data_lost",
}
"""Errors whose own words say all that their reader needs, and the code that programs get."""
