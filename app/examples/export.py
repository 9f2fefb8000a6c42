"""All matching examples at once, as a stream of NDJSON, CSV, Arrow or Parquet with one flat column a number.

Read in stretches, each a COPY in a transaction of its own that begins behind the last row of the one before:
memory stays small, and no connection waits for a slow reader. A run's examples never change, so the stretches
fit together. pyarrow is imported by the first export, not by every start.
"""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import SQLColumnExpression
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.db.access import Database
from app.db.tables import Example
from app.examples import repository
from app.examples.names import Names
from app.examples.params import Cursor, Filter, Format, Sort

STRETCH = 10_000  # rows, or fewer where the format wants it


@dataclass(frozen=True)
class Column:
    """One flat column: its name, where it comes from, and the names that its codes stand for, if any."""

    name: str
    source: SQLColumnExpression[Any]
    kind: str
    codes: Sequence[str] | None = None


def columns(known: Names) -> list[Column]:
    """Every number of a record, by name: ``left.confidence``, ``left+right.entropy``, ``unique.left``."""
    e = Example
    flat = [
        Column("example_id", e.example_id, "string"),
        Column("position", e.position, "int32"),
        Column("split", e.split, "string"),
        Column("label", e.label, "int16", known.classes),
        Column("predicted", e.predicted, "int16", known.classes),
        Column("confidence", e.confidence, "float32"),
        Column("group", e.group, "int16", known.groups),
        Column("synergy", e.synergy, "float32"),
        Column("interaction", e.interaction, "float32"),
        Column("redundant", e.redundant, "float32"),
    ]
    begins = {name: place.start + 1 for name, place in known.places.items()}  # PostgreSQL counts from 1

    def score(name: str, of: str, i: int) -> Column:
        return Column(name, e.scores[begins[of] + i], "float32")

    def code(name: str, of: str, i: int) -> Column:
        return Column(name, e.codes[begins[of] + i], "int16", known.classes)

    flat += [score(f"unique.{modality}", "unique", i) for i, modality in enumerate(known.modalities)]
    for i, subset in enumerate(known.subsets):
        flat += [
            code(f"{subset}.predicted", "subset_predicted", i),
            score(f"{subset}.confidence", "subset_confidence", i),
            score(f"{subset}.p_true", "subset_p_true", i),
            score(f"{subset}.entropy", "subset_entropy", i),
            score(f"{subset}.information", "information", i),
        ]
    for i, modality in enumerate(known.modalities):
        flat += [
            code(f"head.{modality}.predicted", "head_predicted", i),
            score(f"head.{modality}.confidence", "head_confidence", i),
            score(f"head.{modality}.p_true", "head_p_true", i),
        ]
    return flat


async def stream(
    database: Database, run_id: str, known: Names, asked: Filter, sort: Sort, to: Format
) -> AsyncIterator[bytes]:
    """The file, piece by piece."""
    from app.examples.formats import encoder  # noqa: PLC0415 - pyarrow

    flat = columns(known)
    where = repository.conditions(run_id, asked, known)
    file = encoder(to)
    stretch = min(STRETCH, file.most)
    after: Cursor | None = None
    while True:
        begin = after

        def read(session: Session, begin: Cursor | None = begin) -> list[bytes]:
            query = repository.in_order([column.source for column in flat], where, sort, begin, stretch)
            return list(repository.copy_csv(session, query))

        rows = await database.run(read)
        piece = await run_in_threadpool(_piece, rows, flat, file)
        if piece:
            yield piece
        if len(rows) < stretch:
            break
        after = _behind(rows[-1], flat, sort)
    if end := await run_in_threadpool(file.close):
        yield end


def _piece(rows: list[bytes], flat: Sequence[Column], file: Any) -> bytes:
    from app.examples.formats import table  # noqa: PLC0415

    written: bytes = file.write(table(rows, flat, file.number))
    return written


def _behind(row: bytes, flat: Sequence[Column], sort: Sort) -> Cursor:
    """The cursor of a stretch's last row; COPY hands out one row at a time."""
    values = dict(zip((column.name for column in flat), next(csv.reader([row.decode()])), strict=True))
    return Cursor(float(values[sort.column]), int(values["position"]))
