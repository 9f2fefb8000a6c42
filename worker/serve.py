"""One Celery process, tied to the launcher that starts it.

``python -m worker.serve KIND PARENT NAME SLOTS QUEUES``
"""

import signal
import sys
from typing import Any

from celery import signals

from worker import logs
from worker.celery_app import app
from worker.processes import end_with


def main(kind: str, parent: str, name: str, slots: str, queues: str) -> None:
    """Serve until SIGTERM. ``train`` forks supervisors; ``system`` has threads and may hold connections."""
    end_with(int(parent))
    logs.configure()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the launcher blocks what it waits for
    if "system" in queues.split(","):
        signals.worker_ready.connect(_keep_house)
    pool = "prefork" if kind == "train" else "threads"
    app.worker_main(
        [
            *("--quiet", "worker", "--pool", pool, "--concurrency", slots, "--queues", queues),
            *("--hostname", f"{kind}@{name}", "-O", "fair"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
    )


def _keep_house(**_: Any) -> None:
    from app.settings import settings  # noqa: PLC0415
    from worker.database import sessions  # noqa: PLC0415
    from worker.housekeeper import Housekeeper  # noqa: PLC0415

    Housekeeper(sessions(), settings(), app).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
