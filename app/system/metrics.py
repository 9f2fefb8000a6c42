"""Figures for Prometheus, in its text format."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.tables import Run, Worker
from app.runs.status import Status

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
RECENT = timedelta(minutes=2)

Labels = tuple[tuple[str, str], ...]
Samples = dict[Labels, float]


def read(session: Session) -> dict[str, Samples]:
    """What the database knows."""
    by_status = dict.fromkeys(Status, 0) | {
        Status(status): count
        for status, count in session.execute(select(Run.status, func.count()).group_by(Run.status))
    }
    depth = select(Run.queue, func.count()).where(Run.status == Status.QUEUED).group_by(Run.queue)
    seen = select(func.count()).where(Worker.seen_at > func.now() - RECENT)
    return {
        "synib_runs": {(("status", status),): count for status, count in by_status.items()},
        "synib_queue_depth": {(("queue", queue),): n for queue, n in session.execute(depth)},
        "synib_workers": {(): session.scalars(seen).one()},
    }


HELP = {
    "synib_runs": ("gauge", "Runs by status, of all projects."),
    "synib_queue_depth": ("gauge", "Runs that wait for a worker."),
    "synib_workers": ("gauge", "Workers seen in the last two minutes."),
    "synib_http_requests_total": ("counter", "Requests answered by this process."),
}


def text(gauges: Mapping[str, Samples], requests: Counter[tuple[str, str, int]]) -> str:
    """Everything in the format that Prometheus scrapes."""
    answered: Samples = {
        (("method", method), ("route", route), ("status", str(status))): count
        for (method, route, status), count in sorted(requests.items())
    }
    lines = _lines({**gauges, "synib_http_requests_total": answered})
    return "\n".join(lines) + "\n"


def _lines(metrics: Mapping[str, Samples]) -> Iterable[str]:
    for name, samples in metrics.items():
        kind, meaning = HELP[name]
        yield f"# HELP {name} {meaning}"
        yield f"# TYPE {name} {kind}"
        for labels, value in samples.items():
            shown = ",".join(f'{label}="{_escape(content)}"' for label, content in labels)
            yield f"{name}{{{shown}}} {value:g}" if shown else f"{name} {value:g}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
