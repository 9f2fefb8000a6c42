"""Queries for a run's examples: filtered, in order, a page at a time."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Uuid,
    any_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, REAL
from sqlalchemy.orm import Session
from sqlalchemy.types import NULLTYPE, TypeEngine

from app.db.tables import Example, Run
from app.errors import InvalidRequest
from app.examples.names import Names, code
from app.examples.params import Cursor, ExamplesParams, Filter, Sort, single
from app.runs.status import Status

_run = type_coerce(Example.run_id, Uuid())

RECORD = [
    type_coerce(column, NULLTYPE) if isinstance(column.type, ARRAY) else column
    for column in Example.__table__.c
    if column.name != "run_id"
]
"""Everything that a record tells; the driver's lists as they are, without a look at every element."""


STAY = text("SET LOCAL enable_seqscan = off")
SWEEP = text("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")


def names(session: Session, run_id: str) -> Names | None:
    """What the codes of the run's examples stand for; None while there are none."""
    parts = (
        Run.report[part] for part in ("classes", "groups", "modalities", "subsets", "base_rate", "alone")
    )
    row = session.execute(select(*parts).where(Run.id == run_id, Run.report.is_not(None))).one_or_none()
    if row is None:
        return None
    classes, groups, modalities, subsets, base_rate, alone = row
    standing = [one["by"] for one in alone or ()]
    return Names(classes, groups, modalities, subsets, base_rate or (), standing)


def conditions(run_id: str, asked: Filter, known: Names) -> list[ColumnElement[bool]]:
    """The filter, in SQL.

    Raises:
        InvalidRequest: it names a class or group that the run does not have.
    """
    run = uuid.UUID(run_id.partition("_")[2])
    found: list[ColumnElement[bool]] = [_run == run]
    if asked.group is not None:
        found.append(Example.group == code(known.groups, "group", asked.group))
    if asked.label is not None:
        found.append(Example.label == code(known.classes, "label", asked.label))
    if asked.predicted is not None:
        found.append(Example.predicted == code(known.classes, "predicted", asked.predicted))
    if asked.correct is not None:
        right = Example.label == Example.predicted
        found.append(right if asked.correct else ~right)
    if asked.min_synergy is not None:
        found.append(Example.synergy >= _real(asked.min_synergy))
    if asked.max_synergy is not None:
        found.append(Example.synergy <= _real(asked.max_synergy))
    if asked.min_confidence is not None:
        found.append(Example.confidence >= _real(asked.min_confidence))
    if asked.max_confidence is not None:
        found.append(Example.confidence <= _real(asked.max_confidence))
    if asked.min_alone is not None:
        found.append(alone_confidence(known) >= _real(asked.min_alone))
    if asked.max_alone is not None:
        found.append(alone_confidence(known) <= _real(asked.max_alone))
    if asked.split is not None:
        found.append(Example.split == asked.split)
    if asked.example_id is not None:
        found.append(Example.example_id == asked.example_id)
    return found


def alone_confidence(known: Names) -> ColumnElement[float]:
    """Highest confidence of what stands for a single modality in the report.

    That is its head, the model with the rest withheld, or the base rate.

    Raises:
        InvalidRequest: the report does not say what that is.
    """
    if not known.standing:
        detail = (
            "this report does not say what stands for a single modality; leave min_alone and max_alone out"
        )
        raise InvalidRequest.at("/query/min_alone", detail)
    begins = {name: place.start + 1 for name, place in known.places.items()}  # PostgreSQL counts from 1
    candidates: list[ColumnElement[float]] = []
    for i, (modality, by) in enumerate(zip(known.modalities, known.standing, strict=True)):
        if by == "base rate":
            candidates.append(_real(max(known.base_rate)))
        elif by == "head":
            candidates.append(Example.scores[begins["head_confidence"] + i])
        else:
            place = known.subsets.index(modality)
            candidates.append(Example.scores[begins["subset_confidence"] + place])
    return func.greatest(*candidates, type_=REAL())


def count(
    session: Session, where: Sequence[ColumnElement[bool]], few: int = 0
) -> tuple[int, Sequence[int] | None]:
    """How many examples there are; and at which positions, if they are no more than ``few``."""
    n = func.count()
    with within_run(session, sweep=True):
        at = case((n.between(1, few), func.array_agg(Example.position)))
        number, positions = session.execute(select(n, at).select_from(Example).where(*where)).one()
        return number, positions


def page(
    session: Session,
    run_id: str,
    asked: ExamplesParams,
    known: Names,
    limit: int,
    among: Sequence[int] | None = None,
) -> Sequence[Row[Any]]:
    """Records behind the cursor, in order; ``among`` has the positions of all that match, if known."""
    after = None if asked.after is None else Cursor.decode(asked.after, asked.sort)
    where = conditions(run_id, asked, known)
    if among is not None:
        where.append(Example.position == any_(_array(among, INTEGER())))
    query = in_order(RECORD, where, asked.sort, after, limit)
    sweep = among is not None or asked.example_id is not None or not asked.sort.indexed
    with within_run(session, sweep=sweep) if sweep or len(where) > 1 else nullcontext():
        return session.execute(query).all()


@contextmanager
def within_run(session: Session, *, sweep: bool) -> Iterator[None]:
    """Have PostgreSQL look at no other run's rows; with ``sweep`` at all of this run's, as they lie on disk.

    It does not know that a run's rows lie together, by rising synergy. Left alone it reads the whole table,
    or takes the rows by position, each from another page: of 200,000 among 1,200,000 that takes two to three
    times as long (benchmarks.pages). The settings end with a transaction of their own, so the session must be
    one that only looks (`app.db.access`).
    """
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.transaction():
        session.execute(SWEEP if sweep else STAY)
        yield


def in_order(
    columns: Sequence[SQLColumnExpression[Any]],
    where: Sequence[ColumnElement[bool]],
    sort: Sort,
    after: Cursor | None,
    limit: int,
) -> Select[Any]:
    """Rows behind the cursor. Sort value and position run the same way: one index serves both directions."""
    column = getattr(Example, sort.column)
    keys = (Example.position,) if sort.column == "position" else (column, Example.position)
    query = select(*columns).where(*where)
    if after is not None:
        here = (after.position,) if len(keys) == 1 else (_real(after.value), after.position)
        behind = tuple_(*keys) < tuple_(*here) if sort.descending else tuple_(*keys) > tuple_(*here)
        query = query.where(behind)
    order = [key.desc() if sort.descending else key.asc() for key in keys]
    # Not a parameter: a plan for any limit takes the rows for a tenth of the run and sorts them all.
    return query.order_by(*order).limit(literal_column(str(limit)))


def seed_statistics(session: Session, run: Run, positions: Sequence[int]) -> Sequence[Row[Any]]:
    """Count, mean and spread of synergy at each position, over the succeeded runs of the same method."""
    if run.experiment_id is None:  # an analysis has no other seeds
        return []
    siblings = session.scalars(
        select(type_coerce(Run.id, Uuid())).where(
            Run.experiment_id == run.experiment_id,
            Run.method_index == run.method_index,
            Run.status == Status.SUCCEEDED,
        )
    ).all()
    if len(siblings) < 2 or not positions:
        return []
    return session.execute(
        select(
            Example.position,
            func.count().label("n"),
            func.avg(Example.synergy).label("mean"),
            func.stddev_samp(Example.synergy).label("spread"),
        )
        .where(_run == any_(_array(siblings, Uuid())))
        .where(Example.position == any_(_array(positions, INTEGER())))
        .group_by(Example.position)
    ).all()


def copy_csv(session: Session, query: Select[Any]) -> Iterator[bytes]:
    """The rows of a query as CSV out of PostgreSQL's COPY, one row after another, at some 100,000 rows/s."""
    compiled = query.compile(session.get_bind())
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({compiled}) TO STDOUT (FORMAT csv)", compiled.params) as rows,
    ):
        yield from map(bytes, rows)


def _array(values: Sequence[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """One parameter for all values: an IN of a thousand is a long statement, parsed anew every time."""
    return literal(list(values), ARRAY(kind))


def _real(value: float) -> ColumnElement[float]:
    return cast(single(value), REAL)
