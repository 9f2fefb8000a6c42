"""Experiments: asked, planned, listed, cancelled, compared."""

import time

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.tables import Experiment, Run, RunEvent
from app.runs.status import Status, transition
from tests.app.rows import finish, runs_of, start
from tests.factories import TINY, make_experiment, make_project


def test_a_posted_experiment_has_a_queued_run_per_method_and_seed(
    api: httpx.Client, session: Session
) -> None:
    answer = api.post("/v1/experiments", json=TINY | {"replication": {"seeds": 3}})
    assert answer.status_code == 201
    shown = answer.json()
    assert answer.headers["location"] == f"/v1/experiments/{shown['id']}"
    assert shown["status"] == "queued"
    assert shown["progress"] == {"runs": 6, "by_status": {"queued": 6}, "fraction": 0}
    assert [(run["method"], run["seed"]) for run in shown["runs"]] == [
        (method, seed) for method in ("vanilla", "synib") for seed in range(3)
    ]
    assert shown["spec"]["modalities"].keys() == {"x1", "x2"}  # resolved
    assert api.get(answer.headers["location"]).json() == shown
    assert session.scalar(select(func.count()).select_from(Run)) == 6


def test_a_timeline_begins_with_queued(api: httpx.Client) -> None:
    run = api.post("/v1/experiments", json=TINY).json()["runs"][0]
    [event] = api.get(f"/v1/runs/{run['id']}/events").json()["data"]
    assert (event["seq"], event["from_status"], event["to_status"]) == (1, None, "queued")


def test_doorbells_are_rung_after_the_commit(api: httpx.Client, session: Session) -> None:
    api.post("/v1/experiments", json=TINY)
    query = select(func.count()).where(Run.dispatched_at.is_not(None))
    deadline = time.monotonic() + 10
    while session.scalar(query) != 2:
        assert time.monotonic() < deadline
        session.rollback()
        time.sleep(0.02)


def test_a_dry_run_tells_the_plan_and_stores_nothing(api: httpx.Client, session: Session) -> None:
    answer = api.post("/v1/experiments?dry_run=true", json=TINY, headers={"Idempotency-Key": "dry"})
    assert answer.status_code == 200
    assert len(answer.json()["runs"]) == 2
    assert session.scalar(select(func.count()).select_from(Experiment)) == 0
    assert api.post("/v1/experiments", json=TINY, headers={"Idempotency-Key": "dry"}).status_code == 201


def test_the_status_of_an_experiment_follows_from_its_runs(api: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session))
    first, second = runs_of(session, experiment)
    session.commit()

    def status() -> tuple[str, float]:
        shown = api.get(f"/v1/experiments/{experiment.id}").json()
        [listed] = api.get("/v1/experiments").json()["data"]
        assert listed.items() <= shown.items()
        return shown["status"], shown["progress"]["fraction"]

    assert status() == ("queued", 0)
    start(session, first)
    session.execute(update(Run).where(Run.id == first.id).values(progress={"epoch": 1, "epochs": 2}))
    session.commit()
    assert status() == ("running", 0.25)
    transition(session, first, Status.SUCCEEDED)
    session.commit()
    assert status() == ("running", 0.5)
    finish(session, second)
    assert status() == ("succeeded", 1)


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ((Status.SUCCEEDED, Status.FAILED), "failed"),
        ((Status.CANCELLED, Status.FAILED), "failed"),
        ((Status.SUCCEEDED, Status.CANCELLED), "cancelled"),
    ],
)
def test_one_run_that_did_not_succeed_colours_the_experiment(
    api: httpx.Client, session: Session, ends: tuple[Status, Status], status: str
) -> None:
    experiment = make_experiment(session, make_project(session))
    for run, end in zip(runs_of(session, experiment), ends, strict=True):
        if end is not Status.CANCELLED:
            start(session, run)
        transition(session, run, end)
    session.commit()
    assert api.get(f"/v1/experiments/{experiment.id}").json()["status"] == status
    assert len(api.get("/v1/experiments", params={"status": status}).json()["data"]) == 1
    assert api.get("/v1/experiments", params={"status": "queued"}).json()["data"] == []


def test_cancelling_an_experiment_stops_what_has_not_finished(api: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session), replication={"seeds": 2})
    done, held, queued, _ = runs_of(session, experiment)
    finish(session, done)
    start(session, held)
    session.commit()
    for _ in range(2):  # twice is the same
        answer = api.post(f"/v1/experiments/{experiment.id}/cancel")
        assert answer.status_code == 202
        counts = {"succeeded": 1, "cancelling": 1, "cancelled": 2}
        assert answer.json()["progress"]["by_status"] == counts
    events = session.scalars(select(RunEvent.to_status).where(RunEvent.run_id == queued.id)).all()
    assert events == ["cancelled"]


def test_experiments_are_found_by_part_of_their_name(api: httpx.Client) -> None:
    for name in ("Parity of digits", "50% watermark", "noise"):
        api.post("/v1/experiments", json=TINY | {"name": name})

    def found(part: str) -> list[str]:
        return [e["name"] for e in api.get("/v1/experiments", params={"name": part}).json()["data"]]

    assert found("DIGITS") == ["Parity of digits"]
    assert found("%") == ["50% watermark"]  # no wildcard
    assert found("_") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_hold_every_experiment_once_newest_first(
    api: httpx.Client, session: Session, limit: int
) -> None:
    project = make_project(session)
    made = sorted((make_experiment(session, project).id for _ in range(7)), reverse=True)
    session.commit()
    seen, after, pages = [], None, 0
    while pages == 0 or after:
        params = {"limit": limit} | ({"after": after} if after else {})
        page = api.get("/v1/experiments", params=params).json()
        seen += [experiment["id"] for experiment in page["data"]]
        assert page["has_more"] == (page["next_after"] is not None)
        after, pages = page["next_after"], pages + 1
    assert seen == made
    assert pages == -(-7 // limit)


def test_the_comparison_is_not_there_before_it_is_made(api: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session))
    session.commit()
    refused = api.get(f"/v1/experiments/{experiment.id}/comparison")
    assert refused.status_code == 404
    assert refused.json()["code"] == "comparison_not_ready"
    assert "2 queued" in refused.json()["detail"]
    said = {"baseline": "vanilla", "tables": [], "excluded": [], "sentence": "No difference was found."}
    session.execute(update(Experiment).values(comparison=said))
    session.commit()
    assert api.get(f"/v1/experiments/{experiment.id}/comparison").json() == said
