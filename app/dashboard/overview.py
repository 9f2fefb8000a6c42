"""The overview: what waits, who works, what was asked last."""

from fastapi import APIRouter, Request, Response

from app.analyses import repository as analyses
from app.analyses import service as analysis_service
from app.dashboard import repository
from app.dashboard.front_door import OVERVIEW
from app.dashboard.templating import render
from app.db.access import DbSession
from app.experiments import repository as experiments
from app.experiments import service as experiment_service
from app.projects.auth import Reader
from app.runs.status import FINISHED

LATEST = 6

router = APIRouter(include_in_schema=False)


@router.get(OVERVIEW)
def overview(request: Request, principal: Reader, session: DbSession) -> Response:
    """All that somebody wants to know who has just come."""
    project = principal.project_id
    counts = repository.by_status(session, project)
    workers = repository.workers(session)
    waiting = repository.waiting(session)
    served = {queue for worker in workers for queue in worker.queues}
    recent = experiments.page(session, project, LATEST - 1, None, None, None)
    tables = analyses.page(session, project, LATEST - 1, None, None, [])
    return render(
        request,
        "overview.html",
        counts=counts,
        unfinished=sum(count for status, count in counts.items() if status not in FINISHED),
        waiting=waiting,
        unserved=sorted(set(waiting) - served),
        workers=workers,
        held=repository.held(session),
        at_work=repository.at_work(session, project, LATEST),
        experiments=experiment_service.briefs(recent),
        analyses=analysis_service.briefs(tables),
    )
