"""The life of a run as the API shows and changes it."""

import math
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.tables import Artifact, Experiment, Project, Run, RunEvent
from app.runs.status import Status, transition
from tests.app.rows import NAMES, add_metrics, finish, runs_of, start, train
from tests.factories import make_experiment, make_project


@pytest.fixture
def run(session: Session) -> Run:
    run = runs_of(session, make_experiment(session, make_project(session)))[0]
    session.commit()
    return run


def test_a_queued_run_is_cancelled_at_once(api: httpx.Client, run: Run) -> None:
    answer = api.post(f"/v1/runs/{run.id}/cancel")
    assert answer.status_code == 202
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["reason"]["code"] == "cancel_requested"
    assert answer.json()["finished_at"] is not None


def test_a_held_run_is_told_to_stop_and_keeps_its_lease(
    api: httpx.Client, session: Session, run: Run
) -> None:
    token = start(session, run)
    session.commit()
    answers = [api.post(f"/v1/runs/{run.id}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "cancelling"
    assert answers[0].json()["cancel_requested_at"] is not None
    session.refresh(run)
    assert run.lease_token == token


@pytest.mark.parametrize("end", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(
    api: httpx.Client, session: Session, run: Run, end: Status
) -> None:
    if end is not Status.CANCELLED:
        start(session, run)
    transition(session, run, end)
    session.commit()
    refused = api.post(f"/v1/runs/{run.id}/cancel")
    assert refused.status_code == 409
    assert refused.json()["code"] == "run_finished"
    assert end in refused.json()["detail"]


def test_a_run_on_its_way_back_to_the_queue_can_be_cancelled(
    api: httpx.Client, session: Session, run: Run
) -> None:
    start(session, run)
    transition(session, run, Status.PREEMPTED)
    session.commit()
    assert api.post(f"/v1/runs/{run.id}/cancel").json()["status"] == "cancelled"


def test_a_failed_run_is_resumed_with_all_its_attempts(api: httpx.Client, session: Session, run: Run) -> None:
    start(session, run)
    transition(session, run, Status.FAILED, losses=3)
    session.execute(update(Experiment).values(comparison={"sentence": "old"}, finished_at=run.finished_at))
    session.commit()
    answer = api.post(f"/v1/runs/{run.id}/resume")
    assert answer.status_code == 202
    shown = answer.json()
    assert (shown["status"], shown["losses"], shown["attempt"]) == ("queued", 0, 1)
    assert shown["finished_at"] is None
    experiment = session.scalars(select(Experiment).execution_options(populate_existing=True)).one()
    assert experiment.comparison is None  # it will have another answer
    assert experiment.finished_at is None


def test_only_failed_and_cancelled_runs_are_resumed(api: httpx.Client, session: Session, run: Run) -> None:
    def refused() -> bool:
        answer = api.post(f"/v1/runs/{run.id}/resume")
        return answer.status_code == 409 and answer.json()["code"] == "run_not_resumable"

    assert refused()
    start(session, run)
    session.commit()
    assert refused()
    transition(session, run, Status.SUCCEEDED)
    session.commit()
    assert refused()


def test_runs_are_listed_by_experiment_status_and_method(
    api: httpx.Client, session: Session, run: Run
) -> None:
    other = make_experiment(session, session.scalars(select(Project)).one())
    transition(session, run, Status.CANCELLED)
    session.commit()

    def found(**params: object) -> int:
        return len(api.get("/v1/runs", params=params).json()["data"])

    assert found() == 4
    assert found(experiment=other.id) == 2
    assert found(status=["cancelled", "queued"]) == 4
    assert found(status="cancelled") == 1
    assert found(method="synib") == 2
    assert found(method="synib", status="cancelled") == 0


def test_pages_of_runs_hold_every_run_once(api: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session), replication={"seeds": 9})
    session.commit()
    seen, after = [], None
    while True:
        page = api.get("/v1/runs", params={"limit": 4} | ({"after": after} if after else {})).json()
        seen += [shown["id"] for shown in page["data"]]
        if not page["has_more"]:
            break
        after = page["next_after"]
    assert seen == sorted((run.id for run in runs_of(session, experiment)), reverse=True)


def test_events_are_paged_by_their_number(api: httpx.Client, session: Session, run: Run) -> None:
    train(session, run, 3)
    transition(session, run, Status.SUCCEEDED)
    session.commit()
    page = api.get(f"/v1/runs/{run.id}/events?limit=2").json()
    assert [event["to_status"] for event in page["data"]] == ["starting", "running"]
    rest = api.get(f"/v1/runs/{run.id}/events?after={page['next_after']}").json()
    assert [event["to_status"] for event in rest["data"]] == ["succeeded"]
    assert rest["next_after"] is None


def test_a_long_series_is_thinned_out_and_keeps_its_extremes(
    api: httpx.Client, session: Session, run: Run
) -> None:
    values = [{"loss": math.sin(epoch / 300), "flat": 1.0} for epoch in range(5000)]
    values[1234]["loss"] = 9.0
    values[4321]["loss"] = -9.0
    values[7]["rare"] = 0.5
    add_metrics(session, run, values)
    shown = api.get(f"/v1/runs/{run.id}/metrics", params={"max_points": 100}).json()["data"]
    series = {one["name"]: one for one in shown}
    assert series.keys() == {"flat", "loss", "rare"}
    loss = series["loss"]
    assert loss["total"] == 5000
    assert 50 <= len(loss["points"]) <= 100
    epochs = [point["epoch"] for point in loss["points"]]
    assert epochs == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (1, 5000)
    by_epoch = {point["epoch"]: point for point in loss["points"]}
    assert by_epoch[1235] == {"epoch": 1235, "step": 12350, "value": 9.0}
    assert by_epoch[4322]["value"] == -9.0
    assert series["rare"]["points"] == [{"epoch": 8, "step": 80, "value": 0.5}]


def test_a_short_series_is_whole_and_series_are_chosen_by_name(
    api: httpx.Client, session: Session, run: Run
) -> None:
    train(session, run, 10)
    [series] = api.get(f"/v1/runs/{run.id}/metrics?max_points=10&names=train_loss").json()["data"]
    assert [point["value"] for point in series["points"]] == [1 / epoch for epoch in range(1, 11)]
    assert api.get(f"/v1/runs/{run.id}/metrics?names=nothing").json()["data"] == []


def test_the_report_is_there_when_the_run_has_succeeded(
    api: httpx.Client, session: Session, run: Run
) -> None:
    refused = api.get(f"/v1/runs/{run.id}/report")
    assert refused.status_code == 404
    assert refused.json()["code"] == "report_not_ready"
    assert "queued" in refused.json()["detail"]
    finish(session, run)
    assert api.get(f"/v1/runs/{run.id}/report").json() == NAMES


def test_a_file_is_served_from_the_store(api: httpx.Client, session: Session, run: Run, store: Path) -> None:
    add_artifact(session, run, "model.safetensors", f"{run.id}/model.safetensors")
    path = store / run.id / "model.safetensors"
    gone = api.get(f"/v1/runs/{run.id}/artifacts/model.safetensors")
    assert (gone.status_code, gone.json()["code"]) == (404, "artifact_not_found")
    path.parent.mkdir()
    path.write_bytes(b"weights")
    [listed] = api.get(f"/v1/runs/{run.id}/artifacts").json()["data"]
    assert (listed["name"], listed["size"]) == ("model.safetensors", 7)
    file = api.get(f"/v1/runs/{run.id}/artifacts/model.safetensors")
    assert file.content == b"weights"
    assert file.headers["content-type"] == "application/octet-stream"
    assert "attachment" in file.headers["content-disposition"]
    part = api.get(f"/v1/runs/{run.id}/artifacts/model.safetensors", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"igh")
    for wanted in ("bytes=9-", "bytes=5-2", "bytes=-0", "lines=1-2", "bytes=0-1,3-4", "bytes=-"):
        whole = api.get(f"/v1/runs/{run.id}/artifacts/model.safetensors", headers={"Range": wanted})
        assert (whole.status_code, whole.content) == (200, b"weights")
    assert api.get(f"/v1/runs/{run.id}/artifacts/other").status_code == 404


def test_nothing_outside_the_store_is_served(
    api: httpx.Client, session: Session, run: Run, store: Path
) -> None:
    secret = store.parent / "secret"
    secret.write_bytes(b"secret")
    (store / "link").symlink_to(secret)
    for number, path in enumerate(("../secret", str(secret), "link", "a/../../secret", ".", "")):
        add_artifact(session, run, f"f{number}", path)
        assert api.get(f"/v1/runs/{run.id}/artifacts/f{number}").status_code == 404
    for name in ("..%2Fsecret", "..", "%2e%2e%2fsecret"):
        assert api.get(f"/v1/runs/{run.id}/artifacts/{name}").status_code in (404, 200)
        assert api.get(f"/v1/runs/{run.id}/artifacts/{name}").content != b"secret"


def add_artifact(session: Session, run: Run, name: str, path: str) -> None:
    session.add(
        Artifact(
            run_id=run.id, name=name, path=path, media_type="application/octet-stream", size=7, sha256="0"
        )
    )
    session.commit()


def test_an_event_is_written_for_every_change(api: httpx.Client, session: Session, run: Run) -> None:
    api.post(f"/v1/runs/{run.id}/cancel")
    api.post(f"/v1/runs/{run.id}/resume")
    changes = session.execute(
        select(RunEvent.seq, RunEvent.from_status, RunEvent.to_status).order_by(RunEvent.seq)
    ).all()
    assert [tuple(change) for change in changes] == [
        (1, "queued", "cancelled"),
        (2, "cancelled", "queued"),
    ]
