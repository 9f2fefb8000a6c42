"""Child processes that do not outlive us, whatever happens to us.

Three nets below one another: an ordered stop; the kernel, which signals our children when we die (even of
`kill -9`); and the sweep, which finds what our children left behind, since orphans are handed to us.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

# In the environment of every process that a supervisor starts: whose home it serves, and which start of it.
HOME_MARK, START_MARK = "SYNIB_SUPERVISED_HOME", "SYNIB_SUPERVISED_START"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies, so that the sweep finds them (Linux)."""
    if _libc:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    on_our_death: signal.Signals,
    output: IO[bytes] | int,
    errors: IO[bytes] | int = subprocess.STDOUT,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, out of reach of the terminal's Ctrl-C.

    ``on_our_death`` is what the kernel sends it when the calling *thread* ends, so call from the main one.
    """
    account: dict[str, Any] = {"user": user, "group": _group(user), "extra_groups": []} if user else {}
    child: subprocess.Popen[bytes] = subprocess.Popen(
        [str(word) for word in command],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        # Runs after the change of account, which would undo it. Our callers have no second thread yet.
        preexec_fn=_tie(os.getpid(), on_our_death),  # noqa: PLW1509
        **account,
    )
    return child


def _tie(parent: int, on_our_death: signal.Signals) -> Callable[[], None]:
    def tie() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _libc:
            _libc.prctl(PR_SET_PDEATHSIG, int(on_our_death), 0, 0, 0)
            if os.getppid() != parent:  # it died before we were tied to it
                os._exit(1)

    return tie


def _group(user: str) -> int:
    import pwd  # noqa: PLC0415 - POSIX only

    return pwd.getpwnam(user).pw_gid


def children() -> list[psutil.Process]:
    """Everything below this process, adopted orphans included."""
    return psutil.Process().children(recursive=True)


def marked(mark: str, value: str) -> list[psutil.Process]:
    """Every process on this machine whose environment has the mark with this value, ourselves excluded."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(mark) == value:
                found.append(process)
    return found


def sweep(find: Callable[[], Sequence[psutil.Process]], grace: float = 0, limit: float = 10) -> None:
    """Wait ``grace`` seconds for what ``find`` finds to end, then kill it, until nothing is left.

    Killing a parent makes new orphans, hence the rounds; ``limit`` (seconds) bounds them.
    """
    left = find()
    psutil.wait_procs(left, timeout=grace)
    for _ in range(int(limit)):
        left = find()
        if not left:
            return
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1)
