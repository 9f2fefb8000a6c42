"""How often the database is asked: lists do not ask once a row, no page reads other runs' examples."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from tests.app.conftest import Api
from tests.app.rows import examples, finish, runs_of
from tests.factories import make_experiment, make_project


@contextmanager
def asked(api: Api) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = api.app.state.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/experiments", 2),
        ("/v1/experiments/{experiment}", 4),
        ("/v1/runs", 2),
        ("/v1/runs/{run}", 2),
        ("/v1/runs/{run}/events", 3),
        ("/v1/runs/{run}/metrics", 3),
        ("/v1/runs/{run}/examples", 6),
        ("/v1/keys", 2),
    ],
)
def test_no_page_asks_once_a_row(
    embedded: Api, api: httpx.Client, session: Session, path: str, most: int
) -> None:
    project = make_project(session)
    made = [make_experiment(session, project, replication={"seeds": 3}) for _ in range(5)]
    for run in runs_of(session, made[0]):
        finish(session, run, examples(20))
    path = path.format(experiment=made[0].id, run=runs_of(session, made[0])[0].id)
    with asked(embedded) as statements:
        assert api.get(path).status_code == 200
    assert len(statements) <= most, "\n".join(statements)


def test_lists_leave_reports_where_they_are(embedded: Api, api: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session))
    run = finish(session, runs_of(session, experiment)[0])
    with asked(embedded) as statements:
        for path in ("/v1/runs", f"/v1/runs/{run.id}", "/v1/experiments", f"/v1/experiments/{experiment.id}"):
            api.get(path)
    assert not any("report" in statement for statement in statements)


@pytest.mark.parametrize("order", ["synergy DESC, position DESC", "synergy, position", "position"])
def test_pages_in_indexed_orders_do_not_sort(session: Session, order: str) -> None:
    experiment = make_experiment(session, make_project(session))
    run = finish(session, runs_of(session, experiment)[0], examples(5000))
    session.execute(text("ANALYZE example"))
    keys = order.replace(" DESC", "")
    behind = "<" if "DESC" in order else ">"
    here = "0.1::real, 2500" if "synergy" in keys else "2500"
    query = (
        f"SELECT * FROM example WHERE run_id = :run AND ({keys}) {behind} ({here}) ORDER BY {order} LIMIT 100"
    )
    plan = session.scalars(text(f"EXPLAIN {query}"), {"run": run.id.removeprefix("run_")}).all()
    assert "Index Scan" in "".join(plan)
    assert "Sort" not in "".join(plan)


def test_idle_streams_ask_together(embedded: Api, session: Session) -> None:
    runs = runs_of(session, make_experiment(session, make_project(session), replication={"seeds": 10}))
    session.commit()
    looks, others, opened = threading.Semaphore(0), [], []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "unnest" in statement:
            looks.release()
        else:
            others.append(statement)

    engine = embedded.app.state.database.engine
    with ExitStack() as stack:
        for run in runs:
            client = stack.enter_context(embedded.client())
            response = stack.enter_context(client.stream("GET", f"/v1/runs/{run.id}/stream"))
            opened.append(response.iter_raw())
            next(opened[-1])
        event.listen(engine, "before_cursor_execute", note)
        try:
            for _ in range(3):
                assert looks.acquire(timeout=30)
            others.clear()  # what they asked when they came
            for _ in range(5):
                assert looks.acquire(timeout=30)
            assert others == []
        finally:
            event.remove(engine, "before_cursor_execute", note)
