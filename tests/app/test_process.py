"""The API as a process of its own: started by uvicorn, stopped by a signal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from tests.app.rows import runs_of
from tests.factories import make_experiment, make_project

Process = tuple[subprocess.Popen[bytes], str]


@pytest.fixture
def process(
    postgres_url: str, valkey_url: str, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "SYNIB_MODE": "embedded",
        "SYNIB_DATABASE_URL": postgres_url,
        "SYNIB_BROKER_URL": valkey_url,
        "SYNIB_STORE": str(tmp_path),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app", "--port", str(port)]
    started = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz")
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield started, url
    started.kill()
    started.wait()
    if started.stderr:
        started.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_keep_a_process_that_was_told_to_stop(
    process: Process, session: Session, number: signal.Signals
) -> None:
    started, url = process
    run = runs_of(session, make_experiment(session, make_project(session)))[0]
    session.commit()
    with httpx.Client(base_url=url) as client:
        path = f"/v1/runs/{run.id}/stream"
        streams = [client.send(client.build_request("GET", path), stream=True) for _ in range(5)]
        for stream in streams:
            next(stream.iter_raw())
        begin = time.monotonic()
        started.send_signal(number)
        started.wait(timeout=10)  # uvicorn alone waits without end
        assert time.monotonic() - begin < 5
        for stream in streams:
            stream.close()
    _, log = started.communicate()
    assert b"Traceback" not in log
    assert b"Cancel" not in log


def test_the_api_starts_without_torch_and_what_else_is_slow() -> None:
    code = "import sys, app.main; app.main.create_app(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert not {"torch", "scipy", "pyarrow", "alembic", "celery.app"} & set(loaded.split())
