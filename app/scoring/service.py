"""Keeping a file that was sent, and asking for its scores."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import store
from app.body import spec_of
from app.db.ids import new_id
from app.db.tables import Run, RunEvent, Scoring
from app.errors import InvalidRequest, InvalidTable, Problem
from app.queues import ANALYSIS
from app.runs import service as runs
from app.runs.status import Status
from app.scoring import repository
from app.scoring.files import SCORES, SCORINGS
from app.scoring.schemas import FileSchema, ScoringSchema
from app.upload import Upload
from synib.problems import Problem as Fault
from synib.spec import Scoring as Spec

ATTEMPTS: Final = 3
"""How often a worker may die of it."""


class ScoringNotFound(Problem, status=404, title="No such scoring"):
    """This project has no such scoring; GET /v1/scorings lists those there are."""


class ScoresNotReady(Problem, status=404, title="No scores yet"):
    """The scores are there when the scoring has succeeded; ask for its status."""


def asked(part: bytes | None) -> Spec:
    """How the file is to be read, from the part ``spec``; without it, the defaults.

    Raises:
        MalformedJson, InvalidRequest: it is not JSON that we can keep.
        SpecError: it is not a spec of a scoring.
    """
    return spec_of(part, Spec)


def format_of(upload: Upload) -> str:
    """What the file is, by its first bytes.

    Raises:
        InvalidTable: it is nothing that can be scored.
    """
    from synib.problems import TableError  # noqa: PLC0415
    from synib.uploads import sniff  # noqa: PLC0415 - numpy and pyarrow

    try:
        kind = sniff(upload.path)
    except TableError as error:
        told = [
            Fault(f"/examples{fault.pointer.removeprefix('/file')}", fault.detail, fault.value)
            for fault in error.problems
        ]
        raise InvalidTable(told[0].detail, told) from None
    return str(kind)


def create(
    session: Session, project_id: str, model_id: str, spec: Spec, kind: str, upload: Upload, folder: Path
) -> Run:
    """Keep the file, store the scoring and queue its run, whose timeline begins here.

    The file is in its place before the transaction ends. If that fails, nobody knows of it, and it goes.
    """
    made = new_id("sco")
    place = folder / SCORINGS / f"{made}.{kind}"
    place.parent.mkdir(parents=True, exist_ok=True)
    upload.path.rename(place)
    try:
        store.sync(place.parent)
        session.add(
            Scoring(
                id=made,
                project_id=project_id,
                model_id=model_id,
                spec=spec.model_dump(mode="json"),
                path=place.relative_to(folder).as_posix(),
                format=kind,
                size=upload.size,
                sha256=upload.sha256,
                rows=None,
            )
        )
        session.flush()
        run = Run(
            project_id=project_id, scoring_id=made, method_index=0, method="scoring", seed=0,
            queue=ANALYSIS, max_attempts=ATTEMPTS, seq=1,
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add(RunEvent(run_id=run.id, seq=1, to_status=Status.QUEUED, attempt=0))
        session.flush()
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return run


def show(session: Session, scoring_id: str) -> ScoringSchema:
    """Where it is."""
    return told(repository.detail(session, scoring_id))


def told(row: Row[Any]) -> ScoringSchema:
    """A row as it is shown."""
    values = dict(row._mapping)
    values["name"] = values["spec"]["name"]
    values["file"] = FileSchema(**{name: values[name] for name in FileSchema.model_fields})
    return ScoringSchema(**{name: values[name] for name in ScoringSchema.model_fields})


def scores(session: Session, run: Run, store_: Path) -> Path:
    """The file with a line a row.

    Raises:
        ScoresNotReady: the scoring has not succeeded.
    """
    if run.status != Status.SUCCEEDED:
        raise ScoresNotReady(f"the scoring is {run.status}; its scores are there when it has succeeded")
    _, path = runs.artifact(session, run, SCORES, store_)
    return path


def page(path: Path, after: str | None, limit: int) -> dict[str, Any]:
    """Some lines, from the byte that the cursor names.

    Raises:
        InvalidRequest: the cursor is none of ours.
    """
    with path.open("rb") as file:
        if after is not None:
            begin = int(after) if after.isdecimal() and len(after) < 19 else 0
            file.seek(max(0, begin - 1))
            if not begin or file.read(1) != b"\n":
                raise InvalidRequest.at(
                    "/query/after", "is not a cursor; use next_after of the page before", after
                )
        lines = list(itertools.islice(file, limit))
        at = file.tell()
        more = bool(file.read(1))
    data = [orjson.Fragment(line.rstrip(b"\n")) for line in lines]
    return {"data": data, "has_more": more, "next_after": str(at) if more else None}


def briefs(rows: Sequence[Row[Any]]) -> list[ScoringSchema]:
    return [told(row) for row in rows]
