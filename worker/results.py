"""A run's results: files first, then everything that the database says of it in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.db.tables import Artifact, Example, Run
from app.runs import lease
from app.runs.status import Status, transition
from synib.evaluation.records import ExampleTable
from synib.report import Report
from synib.training import Trained
from worker.files import RunFiles, replace, sha256
from worker.ingest import copy_examples


@dataclass(frozen=True)
class Kept:
    """A file in the store."""

    name: str
    path: str
    media_type: str
    size: int
    sha256: str


def keep(files: RunFiles, attempt: int, trained: Trained, report: Report) -> list[Kept]:
    """Write weights and report to the store."""
    files_of_run: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
        "model.safetensors": (trained.save_weights, "application/octet-stream"),
        "report.json": (report.model_dump_json(indent=2).encode(), "application/json"),
    }
    kept = []
    for name, (content, media_type) in files_of_run.items():
        path = files.of_attempt(attempt, name)
        replace(path, content)
        kept.append(Kept(name, files.relative(path), media_type, path.stat().st_size, sha256(path)))
    return kept


def finish(
    session: Session, run: Run, token: str, report: Report, table: ExampleTable, kept: Sequence[Kept]
) -> None:
    """Examples, artifacts, report and status, all or none; done again after a lost answer it changes nothing.

    The run's row is locked only at the end: a long COPY must not keep the lease from being renewed.

    Raises:
        Stale: the lease is lost, and nothing is written.
    """
    if lease.succeeded(session, run.id, run.attempt):
        return
    session.execute(delete(Example).where(Example.run_id == run.id))
    connection = session.connection().connection.driver_connection
    assert connection is not None
    copy_examples(connection, run.id, table)
    held = lease.held(session, run.id, token)
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.add_all(Artifact(run_id=run.id, **vars(one)) for one in kept)
    transition(session, held, Status.SUCCEEDED, report=report.model_dump(mode="json"))


def analyze(session: Session) -> None:
    """Tell the planner of many new rows now: until it knows, a filtered page sorts a whole run."""
    session.execute(text("ANALYZE example"))
