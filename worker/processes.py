"""Processes that end with the one that started them (Linux)."""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36  # linux/prctl.h

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Be killed when the thread of ``parent`` that started this process ends, even by ``kill -9``.

    For a process to call first thing. Its parent must have started it from its main thread.
    """
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it ended before we were tied to it
        os._exit(1)


def rename(name: str) -> None:
    """What ``ps -o comm`` and ``top`` call this process, in at most 15 letters."""
    if _libc:
        _libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none gets out of sight."""
    if _libc:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Adopt orphans meanwhile; whose parent ends later goes to the next above that adopts."""
    adopt_orphans()
    try:
        yield
    finally:
        if _libc:
            _libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children() -> list[int]:
    """Direct children of this process, adopted ones and dead ones included."""
    found: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def sweep(limit: float = 10) -> None:
    """Kill all that is left below this process, which has adopted orphans, and wait until it is gone.

    Killing a parent hands us its children, hence the rounds; ``limit`` (seconds) bounds them.
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        for pid in children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        time.sleep(0.02)
