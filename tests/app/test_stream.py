"""Following a run: every event once, in order, whatever breaks in between."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Run
from app.runs import lease
from app.runs.status import Status, transition
from tests.app.conftest import Api
from tests.app.rows import runs_of, start, train
from tests.factories import make_experiment, make_project


@dataclass
class Sent:
    kind: str
    id: int
    data: dict[str, Any]


def sent(response: httpx.Response) -> Iterator[Sent]:
    """Events of a text/event-stream, comments left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and fields:
            yield Sent(fields["event"], int(fields["id"]), json.loads(fields["data"]))
            fields = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


@pytest.fixture
def run(session: Session) -> Run:
    run = runs_of(session, make_experiment(session, make_project(session)))[0]
    session.commit()
    return run


def test_a_finished_run_is_replayed_from_its_beginning(api: httpx.Client, session: Session, run: Run) -> None:
    train(session, run, 3)
    transition(session, run, Status.SUCCEEDED)
    session.commit()
    with api.stream("GET", f"/v1/runs/{run.id}/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(sent(response))
    assert [event.kind for event in events] == ["status"] * 2 + ["metrics"] * 3 + ["status", "end"]
    assert [event.id for event in events] == [1, 2, 3, 4, 5, 6, 6]
    assert events[1].data["to_status"] == "running"
    assert events[2].data["values"] == {"train_loss": 1.0}
    assert events[-1].data == {"status": "succeeded"}


@pytest.mark.parametrize("after", range(8))
def test_a_stream_goes_on_behind_the_last_event_seen(
    api: httpx.Client, session: Session, run: Run, after: int
) -> None:
    train(session, run, 3)
    transition(session, run, Status.FAILED)
    session.commit()
    path = f"/v1/runs/{run.id}/stream"
    for asked in ({"headers": {"Last-Event-ID": str(after)}}, {"params": {"after": after}}):
        with api.stream("GET", path, **asked) as response:
            *events, end = sent(response)
        assert end.kind == "end"
        assert [event.id for event in events] == list(range(after + 1, 7))


def test_a_live_run_is_followed_without_gap_or_repetition(
    embedded: Api, database: Engine, session: Session, run: Run
) -> None:
    sessions = session_factory(database)
    epochs = 60

    def work() -> None:
        with sessions.begin() as other:
            mine = other.get_one(Run, run.id)
            token = start(other, mine)
        for epoch in range(1, epochs + 1):
            with sessions.begin() as other:
                lease.record(other, run.id, token, epoch, epoch, {"loss": 1.0}, epochs)
        with sessions.begin() as other:
            transition(other, lease.held(other, run.id, token), Status.SUCCEEDED)

    worker = threading.Thread(target=work)
    worker.start()
    seen: list[Sent] = []
    with embedded.client() as client:
        while not seen or seen[-1].kind != "end":  # hang up after every seventh event
            headers = {"Last-Event-ID": str(seen[-1].id)} if seen else {}
            with client.stream("GET", f"/v1/runs/{run.id}/stream", headers=headers) as response:
                for event, _ in zip(sent(response), range(7), strict=False):
                    seen.append(event)
    worker.join()
    assert [event.id for event in seen[:-1]] == list(range(1, epochs + 4))


def test_a_resumed_run_goes_on_in_the_same_stream(api: httpx.Client, session: Session, run: Run) -> None:
    transition(session, run, Status.CANCELLED)
    session.commit()
    with api.stream("GET", f"/v1/runs/{run.id}/stream") as response:
        assert [event.kind for event in sent(response)] == ["status", "end"]
    api.post(f"/v1/runs/{run.id}/resume")
    timer = threading.Timer(0.3, lambda: api.post(f"/v1/runs/{run.id}/cancel"))
    timer.start()
    with api.stream("GET", f"/v1/runs/{run.id}/stream?after=1") as response:
        events = [(event.id, event.data.get("to_status")) for event in sent(response)]
    timer.join()
    assert events == [(2, "queued"), (3, "cancelled"), (3, None)]


def test_more_streams_than_connections_leave_room_for_requests(
    embedded: Api, api: httpx.Client, session: Session, run: Run
) -> None:
    clients = [embedded.client() for _ in range(30)]  # more than there are connections
    path = f"/v1/runs/{run.id}/stream"
    try:
        streams = [client.send(client.build_request("GET", path), stream=True) for client in clients]
        assert {response.status_code for response in streams} == {200}
        times = []
        for _ in range(20):
            begin = time.monotonic()
            assert api.get(f"/v1/runs/{run.id}").status_code == 200
            times.append(time.monotonic() - begin)
        assert sorted(times)[10] < 1
        api.post(f"/v1/runs/{run.id}/cancel")
        assert all([event.kind for event in sent(response)][-1] == "end" for response in streams)
    finally:
        for client in clients:
            client.close()


def test_a_stream_outlives_the_loss_of_its_connections(
    embedded: Api, api: httpx.Client, session: Session, run: Run
) -> None:
    def disturb() -> None:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'synib-api'"
            )
        )
        session.rollback()
        with embedded.client() as other:
            other.post(f"/v1/runs/{run.id}/cancel")

    timer = threading.Timer(0.3, disturb)
    timer.start()
    with api.stream("GET", f"/v1/runs/{run.id}/stream") as response:
        assert [event.kind for event in sent(response)] == ["status", "end"]
    timer.join()
