"""One supervised process: how it is started, watched, ended, and where it writes."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from app.embedded.processes import spawn

TICK = 0.05  # seconds between two looks at anything


class StartFailed(RuntimeError):
    """A part ended or did not answer in time; its log's last lines say why."""

    def __init__(self, part: str, why: str, log: Path, lines: int = 15) -> None:
        self.log = log
        with log.open(errors="replace") as file:
            self.tail = [line.rstrip("\n") for line in deque(file, maxlen=lines)]
        super().__init__(f"{part} {why}")


@dataclass
class Part:
    """A program that must run as long as the service does."""

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 5.0
    """Seconds that it may take to end."""
    on_our_death: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor dies without a word."""
    user: str | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)
    restarts: list[float] = field(default_factory=list, init=False)

    def start(self) -> None:
        """Raises StartFailed if there is no such program or it may not be run."""
        with self.log.open("ab") as log:
            try:
                self.process = spawn(
                    self.command, env=self.env, on_our_death=self.on_our_death, output=log, user=self.user
                )
            except OSError as error:
                raise StartFailed(self.name, f"cannot be started: {error}", self.log) from None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else -1

    def ended(self) -> int | None:
        """Its exit status, None while it runs."""
        return self.process.poll() if self.process else None

    def wait_until(self, ready: Callable[[], bool], limit: float, pause: Callable[[], None]) -> None:
        """Wait until it is ``ready``, calling ``pause`` in between.

        Raises:
            StartFailed: it ended, or ``limit`` seconds passed.
        """
        deadline = monotonic() + limit
        while not ready():
            if (status := self.ended()) is not None:
                raise StartFailed(self.name, f"ended with status {status}", self.log)
            if monotonic() > deadline:
                raise StartFailed(self.name, f"was not ready after {limit:g} s", self.log)
            pause()

    def finish(self, limit: float, pause: Callable[[], None]) -> None:
        """Wait until it has done its work and ended well."""
        self.wait_until(lambda: self.ended() == 0, limit, pause)

    def restart(self, most: int = 5, within: float = 60) -> bool:
        """Start it again unless it has ended too often of late."""
        now = monotonic()
        self.restarts = [*(at for at in self.restarts if now - at < within), now]
        if len(self.restarts) > most:
            return False
        sleep(0.5 * (len(self.restarts) - 1))
        self.start()
        return True

    def stop(self) -> None:
        """Ask it to end; kill it, and whatever shares its session, when its time is up."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(self.grace)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
