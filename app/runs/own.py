"""The run that an address names, if it is the caller's."""

from typing import Annotated

from fastapi import Depends

from app.db.access import DbSession
from app.db.ids import RUN
from app.db.tables import Run
from app.errors import Problem
from app.projects.auth import Reader
from app.runs import repository


class RunNotFound(Problem, status=404, title="No such run"):
    """This project has no such run; GET /v1/runs lists those there are."""


def own_run(run_id: str, principal: Reader, session: DbSession) -> Run:
    """A run of the caller's project."""
    run = repository.owned(session, principal.project_id, run_id) if RUN.is_valid(run_id) else None
    if run is None:
        raise RunNotFound(f"there is no run {run_id!r}; GET /v1/runs lists yours")
    return run


OwnRun = Annotated[Run, Depends(own_run)]
