"""How often pages ask the database: not once a row, and never for the examples of other runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from app.db.tables import Example
from app.examples.params import Sort
from tests.app.conftest import Api
from tests.app.dashboard.report.reports import world
from tests.app.dashboard.report.stored import experiment_with, succeed
from tests.app.rows import runs_of, start
from tests.app.test_queries import asked
from tests.factories import make_experiment, make_project


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/overview", 10),
        ("/experiments", 2),
        ("/experiments?status=failed", 2),
        ("/experiments/{done}", 5),
        ("/runs", 3),
        ("/runs?status=running&method=vanilla", 3),
        ("/runs/{run}", 5),
        ("/runs/{run}/metrics", 3),
        ("/datasets", 2),
        ("/models", 2),
        ("/analyses", 2),
        ("/analyses/{analysis}", 4),
        ("/settings", 2),
        ("/health", 9),
    ],
)
def test_no_page_for_people_asks_once_a_row(
    embedded: Api, pages: httpx.Client, ids: dict[str, str], path: str, most: int
) -> None:
    with asked(embedded) as statements:
        assert pages.get(path.format(**ids)).status_code == 200
    assert len(statements) <= most, "\n".join(statements)


def test_a_comparison_asks_as_often_whatever_the_seeds(
    embedded: Api, pages: httpx.Client, session: Session
) -> None:
    experiment = experiment_with(session)
    with asked(embedded) as statements:
        assert pages.get(f"/experiments/{experiment.id}/comparison").status_code == 200
    assert len(statements) <= 5, "\n".join(statements)


@contextmanager
def plans(api: Api) -> Iterator[list[str]]:
    """How PostgreSQL means to answer each question about examples, with the settings of that moment."""
    found: list[str] = []

    def explain(
        connection: Any, cursor: Any, statement: str, parameters: Any, _context: object, _many: bool
    ) -> None:
        if "FROM example" in statement:
            with cursor.connection.cursor() as other:
                plan = other.execute(f"EXPLAIN {statement}", parameters).fetchall()
            found.append("\n".join([statement, *(line for (line,) in plan)]))

    engine = api.app.state.database.engine
    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def test_no_page_reads_the_examples_of_other_runs(
    embedded: Api, pages: httpx.Client, session: Session
) -> None:
    project = make_project(session)
    runs = runs_of(session, make_experiment(session, project))
    assert len(runs) == 2  # half of the table is what PostgreSQL would rather read as a whole
    for run in runs:
        start(session, run)
        succeed(session, run, *world("together", rows=3000))
    session.execute(text("ANALYZE example"))
    session.commit()
    some = session.scalars(select(Example.example_id).where(Example.run_id == runs[0].id).limit(1)).one()
    report, records = f"/runs/{runs[0].id}/report", f"/v1/runs/{runs[0].id}/examples"
    filters = ("", "group=only_joint", "label=even", "correct=false", "min_alone=0.4&max_alone=0.6",
               "min_synergy=0.5", "max_confidence=0.51", "split=test")  # fmt: skip
    addresses = [
        f"{page}?sort={sort}&{only}" for page in (report, records) for sort in Sort for only in filters
    ]
    addresses += [f"{report}/scatter.svg", f"/runs/{runs[0].id}/examples/{some}"]
    with plans(embedded) as found:
        for address in addresses:
            headers = {"HX-Request": "true", "Accept": "text/html, application/json"}
            assert pages.get(address, headers=headers).status_code == 200
    assert len(found) >= len(addresses)
    assert not [plan for plan in found if "Seq Scan" in plan]
