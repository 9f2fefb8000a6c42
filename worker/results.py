"""A run's results: files first, then everything that the database says of it in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.db.tables import Artifact, Example, Run
from app.runs import lease
from app.runs.status import Status, transition
from synib.evaluation.records import ExampleTable
from synib.report import Report
from worker.files import RunFiles, replace, sha256
from worker.ingest import copy_examples

Content = bytes | Callable[[Path], None]
"""Of a file, or what writes it."""


@dataclass(frozen=True)
class Kept:
    """A file in the store."""

    name: str
    path: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Results:
    """What a run has come to."""

    report: Report | None
    """None of a file without labels."""
    table: ExampleTable | None
    files: Mapping[str, tuple[Content, str]] = field(default_factory=dict)
    """Beside the report: content and media type by name."""


def keep(files: RunFiles, attempt: int, done: Results) -> list[Kept]:
    """Write the report and whatever else there is to the store."""
    made: dict[str, tuple[Content, str]] = dict(done.files)
    if done.report is not None:
        made["report.json"] = (done.report.model_dump_json(indent=2).encode(), "application/json")
    kept = []
    for name, (content, media_type) in made.items():
        path = files.of_attempt(attempt, name)
        replace(path, content)
        kept.append(Kept(name, files.relative(path), media_type, path.stat().st_size, sha256(path)))
    return kept


def finish(session: Session, run: Run, token: str, done: Results, kept: Sequence[Kept]) -> None:
    """Examples, artifacts, report and status, all or none; done again after a lost answer it changes nothing.

    The run's row is locked only at the end: a long COPY must not keep the lease from being renewed.

    Raises:
        Stale: the lease is lost, and nothing is written.
    """
    if lease.succeeded(session, run.id, run.attempt):
        return
    session.execute(delete(Example).where(Example.run_id == run.id))
    if done.table is not None:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        copy_examples(connection, run.id, done.table)
    held = lease.held(session, run.id, token)
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.add_all(Artifact(run_id=run.id, **vars(one)) for one in kept)
    report = {} if done.report is None else {"report": done.report.model_dump(mode="json")}
    transition(session, held, Status.SUCCEEDED, **report)


def analyze(session: Session) -> None:
    """Tell the planner of many new rows now: until it knows, a filtered page sorts a whole run."""
    session.execute(text("ANALYZE example"))
