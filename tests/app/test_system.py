"""Alive, ready, counted; and what happens when the database or the broker is away."""

import time

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.tables import Run, Worker
from app.runs.status import Status
from tests.app.conftest import Api, Serve, check_problem
from tests.app.rows import runs_of, start
from tests.factories import TINY, make_experiment, make_project

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def test_a_healthy_process_says_so(api: httpx.Client) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    assert api.get("/readyz").json() == {"status": "ok"}


def test_the_front_door_leads_on(api: httpx.Client) -> None:
    links = api.get("/").json()
    for name in ("experiments", "runs", "docs", "openapi"):
        assert api.get(links[name]).status_code == 200


def test_the_page_of_operations_needs_nothing_from_elsewhere(api: httpx.Client) -> None:
    page = api.get("/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert 'id="run_not_found"' in page.text
    assert "POST /v1/experiments" in page.text


def test_without_a_database_the_process_is_alive_but_not_ready(serve: Serve) -> None:
    api = serve("embedded", database_url=NOWHERE)
    with api.client() as client:
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
        assert [fault["pointer"] for fault in ready.json()["errors"]] == ["/database"]
        for path in ("/v1/runs", "/metrics"):
            refused = client.get(path)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert int(refused.headers["retry-after"]) > 0


def test_readiness_names_everything_that_is_missing(serve: Serve, tmp_path: object) -> None:
    changes = {"database_url": NOWHERE, "broker_url": "redis://127.0.0.1:1/0", "store": f"{tmp_path}/none"}
    with serve("embedded", **changes).client() as client:
        faults = client.get("/readyz").json()["errors"]
        assert [fault["pointer"] for fault in faults] == ["/database", "/broker", "/store"]


def test_an_old_revision_is_not_ready(api: httpx.Client, session: Session) -> None:
    [known] = session.scalars(text("SELECT version_num FROM alembic_version"))
    try:
        session.execute(text("UPDATE alembic_version SET version_num = 'old'"))
        session.commit()
        [fault] = api.get("/readyz").json()["errors"]
        assert fault["pointer"] == "/database"
        assert "migrate" in fault["detail"]
    finally:
        session.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": known})
        session.commit()


@pytest.mark.usefixtures("database")
def test_a_broker_that_is_away_neither_fails_nor_delays_a_post(serve: Serve, session: Session) -> None:
    # 192.0.2.0/24 is nobody's (RFC 5737): packets to it get lost, and a connection takes its whole timeout.
    for url in ("redis://127.0.0.1:1/0", "redis://192.0.2.1:6379/0"):
        with serve("embedded", broker_url=url).client() as client:
            client.get("/v1/runs")
            begin = time.monotonic()
            assert client.post("/v1/experiments", json=TINY).status_code == 201
            assert time.monotonic() - begin < 2
    session.rollback()
    assert {run.dispatched_at for run in session.query(Run)} == {None}  # for the housekeeper to ring


def test_figures_for_prometheus(api: httpx.Client, session: Session) -> None:
    first, second = runs_of(session, make_experiment(session, make_project(session)))
    start(session, first)
    session.add(Worker(name='w"1', queues=["train.cpu"]))
    session.commit()
    api.get(f"/v1/runs/{second.id}")
    scraped = api.get("/metrics")
    assert scraped.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = scraped.text.splitlines()
    assert 'synib_runs{status="running"} 1' in lines
    assert 'synib_runs{status="failed"} 0' in lines
    assert 'synib_queue_depth{queue="train.cpu"} 1' in lines
    assert "synib_workers 1" in lines
    route = 'synib_http_requests_total{method="GET",route="/v1/runs/{run_id}",status="200"}'
    assert any(line.startswith(route) for line in lines)
    assert len([line for line in lines if "synib_runs{" in line]) == len(Status)


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2:3", True), ("x" * 65, False), ("a b", False), ("", False)]
)
def test_every_answer_names_its_request(api: httpx.Client, given: str, kept: bool) -> None:
    answer = api.get("/v1/nothing", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) == kept
    assert answer.json()["instance"] == f"urn:synib:request:{answer.headers['x-request-id']}"


def test_a_fault_of_ours_is_told_without_its_innards(
    embedded: Api, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("app.runs.repository.page", broken)
    with httpx.Client(base_url=embedded.url) as plain:
        answer = plain.get("/v1/runs")
    check_problem(answer)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "hunter2" not in answer.text
    assert api.get("/v1/experiments").status_code == 200
