"""The supervisor seen from the command that wants a service: start it, hear when it is ready, stop it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from app.embedded import processes

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 45.0  # seconds for an ordered stop; each part has its own, shorter limit

Hear = Callable[[dict[str, Any]], None]


class ServiceFailed(RuntimeError):
    """The service did not start or broke down; ``tail`` is the end of the log of what failed."""

    def __init__(self, message: str, log: str | None = None, tail: list[str] | None = None) -> None:
        super().__init__(message)
        self.log, self.tail = log, tail or []


def slots() -> int:
    """Runs at a time that suit this machine: one per core that we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Service:
    """``with Service(home) as service:`` a running service at ``service.url``, and nothing of it afterwards.

    Whoever interrupts us (Ctrl-C, SIGTERM, SIGHUP) gets an ordered stop; twice, an immediate one. If we are
    killed, the kernel tells the supervisor, which stops everything; if it is killed, we sweep after it.
    """

    def __init__(
        self,
        home: Path,
        port: int = 0,
        *,
        slots: int = 1,
        temporary: bool = False,
        hear: Hear = lambda news: None,
    ) -> None:
        self.home = home.resolve()
        self.url = ""
        self._start_id = uuid.uuid4().hex
        self._hear = hear
        self._command = [
            sys.executable, "-m", "app.embedded", "--home", str(self.home), "--port", str(port),
            "--slots", str(slots), *(["--temporary"] if temporary else []),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        processes.adopt_orphans()
        try:
            self._start()
            self.url = next((news["url"] for news in self.news() if news["state"] == "ready"), "")
            if not self.url:
                raise ServiceFailed("the service was stopped before it was ready")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def news(self) -> Iterator[dict[str, Any]]:
        """What the supervisor tells, until it ends.

        Raises:
            ServiceFailed: it tells of a failure.
        """
        assert self._process
        assert self._process.stdout
        for line in self._process.stdout:
            news = json.loads(line)
            self._hear(news)
            if news["state"] == "failed":
                raise ServiceFailed(news["message"], news["log"], news["tail"])
            yield news

    def check(self) -> None:
        """Say why it has ended, if it has.

        Raises:
            ServiceFailed: with the log of what failed.
        """
        if self._process and self._process.poll() is not None:
            for _ in self.news():
                pass
            raise ServiceFailed("the supervisor has ended without a word")

    def _start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # no interrupt between birth and bookkeeping
        try:
            for number in SIGNALS:
                self._before[number] = signal.signal(number, _interrupt)
            with (self.home / "supervisor.log").open("ab") as log:
                self._process = processes.spawn(
                    self._command,
                    env={**os.environ, processes.START_MARK: self._start_id},
                    on_our_death=signal.SIGTERM,
                    output=subprocess.PIPE,
                    errors=log,
                )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _stop(self) -> None:
        """The supervisor's ordered stop; from now on an interrupt hurries it instead of interrupting us."""
        for number in self._before:
            signal.signal(number, lambda *_: self._ask_to_stop())
        if self._process and self._process.stdout:
            self._ask_to_stop()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._process.stdout.close()
        processes.sweep(lambda: processes.marked(processes.START_MARK, self._start_id), grace=5)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask_to_stop(self) -> None:
        assert self._process
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
