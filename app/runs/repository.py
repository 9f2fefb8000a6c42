"""Queries for runs, their events, numbers and files."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Float, Row, cast, column, func, literal, null, or_, select, true, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, JSONB
from sqlalchemy.orm import Session, defer

from app.db.ids import RUN
from app.db.tables import Artifact, Experiment, Metric, Run, RunEvent
from app.runs.status import Status

WITHOUT_REPORT = defer(Run.report, raiseload=True)  # hundreds of kilobytes that only one endpoint shows


def owned(session: Session, project_id: str, run_id: str) -> Run | None:
    """A run of the project."""
    query = select(Run).where(Run.id == run_id, Run.project_id == project_id)
    return session.scalar(query.options(WITHOUT_REPORT))


def page(
    session: Session,
    project_id: str,
    limit: int,
    after: str | None,
    experiment: str | None,
    status: Sequence[Status],
    method: str | None,
) -> Sequence[Run]:
    """Runs of a project, newest first, one more than asked for."""
    query = select(Run).where(Run.project_id == project_id).options(WITHOUT_REPORT)
    if after is not None:
        query = query.where(Run.id < after)
    if experiment is not None:
        query = query.where(Run.experiment_id == experiment)
    if status:
        query = query.where(Run.status.in_(status))
    if method is not None:
        query = query.where(Run.method == method)
    return session.scalars(query.order_by(Run.id.desc()).limit(limit + 1)).all()


def lock(session: Session, run: Run) -> Run:
    """The run as it is now, and nobody else's to change until the transaction ends."""
    return session.scalars(
        select(Run)
        .where(Run.id == run.id)
        .options(WITHOUT_REPORT)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def reopen(session: Session, experiment_id: str) -> None:
    """Take an experiment's answer back: it will have another."""
    session.execute(
        update(Experiment)
        .where(Experiment.id == experiment_id)
        .values(finished_at=None, comparison=null())
        .execution_options(synchronize_session=False)
    )


def events(session: Session, run_id: str, limit: int, after: int) -> Sequence[RunEvent]:
    """Changes of status after number ``after``, oldest first, one more than asked for."""
    query = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.seq > after)
    return session.scalars(query.order_by(RunEvent.seq).limit(limit + 1)).all()


def news(session: Session, run_id: str, after: int, limit: int) -> tuple[Status, int, Sequence[Row[Any]]]:
    """Status and last number of a run, then events and epochs after number ``after`` in their order.

    The run is read first: rows up to its number are there then, since numbers are given out under its lock.
    One statement reads both kinds, so that no event is missed between two looks.
    """
    status, seq = session.execute(select(Run.status, Run.seq).where(Run.id == run_id)).one()
    changes = select(
        RunEvent.seq,
        RunEvent.at,
        literal("status").label("kind"),
        func.jsonb_build_object(
            "from_status", RunEvent.from_status, "to_status", RunEvent.to_status,
            "reason", RunEvent.reason, "attempt", RunEvent.attempt,
            type_=JSONB,
        ).label("body"),
    ).where(RunEvent.run_id == run_id, RunEvent.seq > after)  # fmt: skip
    epochs = select(
        Metric.seq,
        Metric.at,
        literal("metrics"),
        func.jsonb_build_object(
            "epoch", Metric.epoch, "step", Metric.step, "values", Metric.values, type_=JSONB
        ),
    ).where(Metric.run_id == run_id, Metric.seq > after)
    both = union_all(changes, epochs).subquery()
    rows = session.execute(select(both).order_by(both.c.seq).limit(limit)).all()
    return Status(status), seq, rows


def moved(session: Session, seen: Mapping[str, int]) -> list[tuple[str, int | None]]:
    """Of runs and the number last seen of each: those that have had another since, and it; None of a run that
    is gone."""
    ids, numbers = literal([*seen], ARRAY(RUN)), literal([*seen.values()], ARRAY(INTEGER))
    known = func.unnest(ids, numbers).table_valued(column("id", RUN), column("seq", INTEGER)).render_derived()
    query = (
        select(known.c.id, Run.seq)
        .join_from(known, Run, Run.id == known.c.id, isouter=True)
        .where(or_(Run.seq > known.c.seq, Run.id.is_(None)))
    )
    return [(run_id, seq) for run_id, seq in session.execute(query)]


def series(session: Session, run_id: str, max_points: int, names: Sequence[str]) -> Sequence[Any]:
    """Points of each metric by name and epoch, with the number of points that there are.

    Of more than ``max_points``: the first, the last, and the lowest and highest of each stretch.
    """
    entry = func.jsonb_each(Metric.values).table_valued("key", column("value", JSONB)).lateral("entry")
    points = (
        select(
            entry.c.key.label("name"),
            Metric.epoch,
            Metric.step,
            cast(entry.c.value, Float).label("value"),
        )
        .join_from(Metric, entry, true())
        .where(Metric.run_id == run_id, func.jsonb_typeof(entry.c.value) == "number")
    )
    if names:
        points = points.where(entry.c.key.in_(names))
    p = points.subquery("points").c
    stretches = max(1, (max_points - 2) // 2)
    n = (
        select(
            *p,
            func.ntile(stretches).over(partition_by=p.name, order_by=p.epoch).label("stretch"),
            func.row_number().over(partition_by=p.name, order_by=p.epoch).label("place"),
            func.count().over(partition_by=p.name).label("total"),
        )
        .subquery("numbered")
        .c
    )
    stretch = (n.name, n.stretch)
    r = (
        select(
            *n,
            func.row_number().over(partition_by=stretch, order_by=(n.value, n.epoch)).label("low"),
            func.row_number().over(partition_by=stretch, order_by=(n.value.desc(), n.epoch)).label("high"),
        )
        .subquery("ranked")
        .c
    )
    kept = or_(r.total <= max_points, r.place == 1, r.place == r.total, r.low == 1, r.high == 1)
    shown = (r.name, r.total, r.epoch, r.step, r.value)
    return session.execute(select(*shown).where(kept).order_by(r.name, r.epoch)).all()


def artifacts(session: Session, run_id: str) -> Sequence[Artifact]:
    """Files that the run left."""
    return session.scalars(select(Artifact).where(Artifact.run_id == run_id).order_by(Artifact.name)).all()


def artifact(session: Session, run_id: str, name: str) -> Artifact | None:
    """One of them."""
    return session.scalar(select(Artifact).where(Artifact.run_id == run_id, Artifact.name == name))


def report(session: Session, run_id: str) -> dict[str, Any] | None:
    """What the run says, once it has succeeded."""
    return session.scalar(select(Run.report).where(Run.id == run_id))
