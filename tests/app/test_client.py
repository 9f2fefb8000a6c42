"""Both clients against a server that misbehaves: what they try again, and what they read meanwhile."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.client import BrokenOff, Client, NotUnderstood, ProblemError, Unreachable
from app.client.sse import Event, Parser
from app.runs.schemas import EventSchema
from tests.app.driven import Connect

PROBLEM = {
    "type": "/docs#unavailable", "title": "Not available", "status": 503, "detail": "Try again.",
    "code": "unavailable", "instance": "urn:synib:request:1", "errors": [],
}  # fmt: skip
RUN = {
    "id": "run_1", "method": "vanilla", "seed": 0, "status": "queued", "progress": {}, "queue": "train.cpu",
    "experiment_id": "exp_1", "method_index": 0, "reason": None, "attempt": 0, "losses": 0, "max_attempts": 3,
    "worker": None, "seq": 1, "created_at": "2026-01-01T00:00:00Z", "started_at": None,
    "cancel_requested_at": None, "finished_at": None,
}  # fmt: skip
PLAN = {
    "runs": [], "parameters": {}, "total_parameters": 0, "examples": {}, "steps_per_run": 0, "total_steps": 0,
    "memory": [], "peak_memory_bytes": 0,
}  # fmt: skip
KEY = {
    "id": "key_1", "name": "a", "role": "writer", "prefix": "0", "created_at": "2026-01-01T00:00:00Z",
    "last_used_at": None, "key": "synib_0_secret",
}  # fmt: skip


class Script:
    """A server that gives the answers it is told to, one after another, and notes what it was asked.

    An answer is (status, headers, body); None closes the connection without one.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes] | None] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                script.asked.append((self.command, self.path, headers))
                told = script.answers.pop(0)
                self.close_connection = True
                if told is None:
                    return
                status, headers, body = told
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base class calls them so

            def log_message(self, *arguments: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def json(self, status: int, body: Any, **headers: str) -> None:
        kind = "application/problem+json" if status >= 400 else "application/json"
        self.answers.append((status, {"Content-Type": kind, **headers}, json.dumps(body).encode()))


@pytest.fixture
def script() -> Iterator[Script]:
    made = Script()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def client(script: Script, connect: Connect) -> Client:
    return connect(script.url, "synib_0_secret")


def test_a_busy_service_is_asked_again_when_it_says_so(script: Script, client: Client) -> None:
    script.json(503, PROBLEM, **{"Retry-After": "1"})
    script.json(200, RUN)
    assert client.runs.get("run_1").status == "queued"
    assert [path for _, path, _ in script.asked] == ["/v1/runs/run_1"] * 2
    assert script.asked[0][2]["authorization"] == "Bearer synib_0_secret"


def test_a_service_that_stays_busy_is_reported_as_such(script: Script, client: Client) -> None:
    script.json(503, PROBLEM, **{"Retry-After": "60"})
    with pytest.raises(ProblemError) as refused:
        client.runs.get("run_1")
    assert refused.value.status == 503
    assert refused.value.code == "unavailable"


def test_a_create_whose_answer_got_lost_is_sent_again_with_the_same_key(
    script: Script, client: Client
) -> None:
    script.answers.append(None)
    script.json(201, KEY)
    assert client.keys.create("a").key == "synib_0_secret"
    keys = [headers["idempotency-key"] for _, _, headers in script.asked]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_a_resume_whose_answer_got_lost_is_not_sent_again(script: Script, client: Client) -> None:
    script.answers.append(None)
    with pytest.raises(Unreachable):
        client.runs.resume("run_1")
    assert len(script.asked) == 1


def test_a_dry_run_asks_for_the_plan_and_stores_nothing(script: Script, client: Client) -> None:
    script.json(200, PLAN)
    assert client.experiments.plan({"dataset": {}}).runs == []
    assert script.asked[0][:2] == ("POST", "/v1/experiments?dry_run=true")


def test_a_refusal_has_the_problems_fields(script: Script, client: Client) -> None:
    fault = {"pointer": "/methods/1/mask/rate", "detail": "must be at most 1", "value": "1.4"}
    script.json(422, PROBLEM | {"status": 422, "code": "invalid_spec", "errors": [fault]})
    with pytest.raises(ProblemError, match="/methods/1/mask/rate: must be at most 1") as refused:
        client.experiments.submit({})
    assert refused.value.code == "invalid_spec"
    assert refused.value.errors[0].pointer == "/methods/1/mask/rate"


def test_somebody_elses_error_page_is_a_problem_too(script: Script, client: Client) -> None:
    script.answers.append((404, {"Content-Type": "text/html"}, b"<h1>nginx</h1>"))
    with pytest.raises(ProblemError, match="nginx") as refused:
        client.runs.get("run_1")
    assert refused.value.code == "not_ours"


def test_an_answer_of_another_version_is_said_to_be_one(script: Script, client: Client) -> None:
    script.json(201, {name: value for name, value in KEY.items() if name != "prefix"})
    with pytest.raises(NotUnderstood, match=r"does not know \(prefix: Field required\)"):
        client.keys.create("a")


def test_nobody_there_is_said_with_the_address_and_what_to_do(connect: Connect) -> None:
    client = connect("http://127.0.0.1:1", patience=0.2)
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 .*synib up"):
        client.runs.get("run_1")
    assert not client.health()


def test_an_answer_that_breaks_off_is_asked_for_again(script: Script, client: Client) -> None:
    script.answers.append((200, {"Content-Length": "1000"}, b'{"id": "run_1"'))
    script.json(200, RUN)
    assert client.runs.get("run_1").id == "run_1"
    assert len(script.asked) == 2


def test_a_file_that_breaks_off_is_no_file(script: Script, client: Client, tmp_path: Path) -> None:
    script.answers.append((200, {"Content-Length": "1000"}, b"<html>"))
    with pytest.raises(BrokenOff, match="broke off"):
        client.runs.report_file("run_1", tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_waiting_ends_when_the_run_has_or_the_time_is_over(script: Script, client: Client) -> None:
    for status in ("queued", "running", "succeeded", "running", "running"):
        script.json(200, RUN | {"status": status})
    seen: list[str] = []
    ended = client.runs.wait("run_1", every=0, seen=lambda run: seen.append(run.status))
    assert (ended.status, seen) == ("succeeded", ["queued", "running", "succeeded"])
    with pytest.raises(TimeoutError, match="run_1 is still running after 0 s"):
        client.runs.wait("run_1", timeout=0)


def test_lists_go_on_from_page_to_page(script: Script, client: Client) -> None:
    script.json(200, {"data": [RUN], "has_more": True, "next_after": "run_1"})
    script.json(200, {"data": [RUN | {"id": "run_2"}], "has_more": False, "next_after": None})
    assert [run.id for run in client.runs.list(method="vanilla")] == ["run_1", "run_2"]
    assert script.asked[1][1] == "/v1/runs?method=vanilla&after=run_1"


def test_a_broken_stream_is_taken_up_where_it_broke(script: Script, client: Client) -> None:
    kind = {"Content-Type": "text/event-stream"}
    script.answers.append((200, kind, status(1, "queued") + status(2, "starting") + b"id: 3\ndata: {half"))
    script.answers.append(None)
    script.answers.append(
        (200, kind, b": alive\n\n" + status(3, "running") + event("end", 3, {"status": "x"}))
    )
    seen = list(client.runs.stream("run_1"))
    assert [news.seq for news in seen] == [1, 2, 3]
    assert all(isinstance(news, EventSchema) for news in seen)
    assert [headers["last-event-id"] for _, _, headers in script.asked] == ["0", "2", "2"]


def test_events_are_read_as_the_standard_says() -> None:
    lines = [": comment", "", "event: metrics", "id: 7", "data: {", "data: }", "", "data: no end"]
    parser = Parser()
    assert [event for line in lines if (event := parser.feed(line))] == [Event("metrics", 7, "{\n}")]


def status(seq: int, to: str) -> bytes:
    body = {"seq": seq, "at": "2026-01-01T00:00:00Z", "from_status": None, "to_status": to, "reason": None}
    return event("status", seq, body | {"attempt": 0})


def event(kind: str, seq: int, body: dict[str, Any]) -> bytes:
    return f"event: {kind}\nid: {seq}\ndata: {json.dumps(body)}\n\n".encode()
