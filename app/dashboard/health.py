"""Health: whether everything that is needed is there, who works, what was answered."""

import platform
from collections import Counter
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.dashboard import repository
from app.dashboard.templating import render
from app.db.access import Database
from app.projects import auth
from app.system import metrics, readiness

router = APIRouter(include_in_schema=False)


@router.get("/health")
async def health(request: Request) -> Response:
    """As /readyz and /metrics say it. Without the database nobody can be identified: then only what /readyz,
    which is open to all, says."""
    state = request.app.state
    faults = await run_in_threadpool(readiness.faults, state.database.engine, state.settings)
    known = None
    if not any(fault.pointer == "/database" for fault in faults):
        database: Database = state.database
        known = await database.run(lambda session: _known(request, session))
    parts = {
        name: [f.detail for f in faults if f.pointer == f"/{name}"]
        for name in ("database", "broker", "store")
    }
    return render(
        request, "health.html", parts=parts, known=known, python=platform.python_version(),
        answered=_answered(state.counts),
    )  # fmt: skip


def _known(request: Request, session: Session) -> dict[str, Any]:
    """What the database says, to whom it may say it."""
    auth.identify(request, session)
    gauges = metrics.read(session)
    return {
        "runs": {labels[0][1]: int(n) for labels, n in gauges["synib_runs"].items() if n},
        "waiting": repository.waiting(session),
        "workers": repository.workers(session),
        "held": repository.held(session),
    }


def _answered(counts: Counter[tuple[str, str, int]]) -> dict[str, int]:
    """Requests that this process has answered, by kind of status."""
    kinds: Counter[str] = Counter()
    for (_, _, status), count in counts.items():
        kinds[f"{status // 100}xx"] += count
    return dict(sorted(kinds.items()))
