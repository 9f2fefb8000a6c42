"""Looking at a table that was sent, keeping it, and asking for its report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import store
from app.analyses import repository
from app.analyses.schemas import AnalysisBrief, AnalysisSchema, TableSchema
from app.body import spec_of
from app.db.ids import new_id
from app.db.tables import Analysis, Run, RunEvent
from app.queues import ANALYSIS
from app.runs.status import Status
from app.upload import Upload
from synib.problems import Problem as Fault
from synib.problems import TableError
from synib.spec import Analysis as Spec

READ: Final = 64 * 2**20
"""Bytes of a file up to which all of it is read before it is accepted, in a second or two."""
UNPACKED: Final = 4 * READ
"""The same of what it says it takes in memory."""
ATTEMPTS: Final = 3
"""How often a worker may die of it."""

MEMBERS: Final = ("format", "size", "sha256", "rows", "modalities", "classes")


def asked(part: bytes | None) -> Spec:
    """What is asked, from the part ``spec``; without it, the defaults.

    Raises:
        MalformedJson, InvalidRequest: it is not JSON that we can keep.
        SpecError: it is not a spec of an analysis.
    """
    return spec_of(part, Spec)


def examine(upload: Upload) -> TableSchema:
    """What the table is. All of it is read, or of a large one the names and types of its columns.

    Raises:
        TableError: it is no table of predictions.
    """
    from synib.tables import read_header, read_predictions  # noqa: PLC0415 - numpy and pyarrow

    header = read_header(upload.path)
    rows = header.rows
    if upload.size <= READ and (header.unpacked or 0) <= UNPACKED:
        predictions = read_predictions(upload.path, header.format)
        rows = len(predictions)
        if predictions.split is not None and {*predictions.split.tolist()} <= {"train", "validation"}:
            detail = "every row is of split train or validation; those of any other split are reported on"
            raise TableError([Fault("/table/split", detail)])
    return TableSchema(
        format=header.format,
        size=upload.size,
        sha256=upload.sha256,
        rows=rows,
        modalities=list(header.modalities),
        classes=list(header.classes),
    )


def create(
    session: Session, project_id: str, spec: Spec, table: TableSchema, file: Path, folder: Path
) -> Run:
    """Keep the table, store the analysis and queue its run, whose timeline begins here.

    The file is in its place before the transaction ends. If that fails, nobody knows of the file, and it
    goes: here, or with the housekeeper where the transaction's end is not known.
    """
    made = new_id("ana")
    place = folder / store.TABLES / f"{made}.{table.format}"
    file.rename(place)
    try:
        store.sync(place.parent)
        session.add(
            Analysis(
                id=made,
                project_id=project_id,
                name=spec.name,
                spec=spec.model_dump(mode="json"),
                path=place.relative_to(folder).as_posix(),
                **table.model_dump(),
            )
        )
        session.flush()
        run = Run(
            project_id=project_id,
            analysis_id=made,
            method_index=0,
            method="analysis",
            seed=spec.seed,
            queue=ANALYSIS,
            max_attempts=ATTEMPTS,
            seq=1,
        )
        session.add(run)
        session.flush()
        session.add(RunEvent(run_id=run.id, seq=1, to_status=Status.QUEUED, attempt=0))
        session.flush()
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return run


def briefs(rows: Sequence[Row[Any]]) -> list[AnalysisBrief]:
    """Rows of a page as they are shown."""
    return [AnalysisBrief(**_brief(row)) for row in rows]


def show(session: Session, analysis_id: str) -> AnalysisSchema:
    """The analysis as it stands, without its report."""
    row = repository.detail(session, analysis_id)
    return AnalysisSchema(**_brief(row), spec=row.spec)


def whole(session: Session, analysis_id: str) -> bytes:
    """The same with its report, as JSON: what is stored was checked when it was made."""
    row = repository.detail(session, analysis_id)
    told = AnalysisSchema(**_brief(row), spec=row.spec).model_dump(mode="json")
    return orjson.dumps(told | {"report": row.report})


def _brief(row: Row[Any]) -> dict[str, Any]:
    values = row._mapping
    shown = {name: values[name] for name in AnalysisBrief.model_fields if name != "table"}
    return shown | {"table": TableSchema(**{name: values[name] for name in MEMBERS})}
