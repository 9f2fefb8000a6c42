"""Runs: the list, and one of them with its timeline, curves, log, files and spec."""

import csv
import io
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.api import id_after
from app.dashboard import repository
from app.dashboard.defaults import marked
from app.dashboard.forms import Filter
from app.dashboard.templating import render
from app.db.access import DbSession
from app.db.ids import RUN
from app.projects.auth import Reader, Writer
from app.runs import repository as runs
from app.runs import service
from app.runs.endpoints import RunList
from app.runs.own import OwnRun
from app.runs.schemas import Series
from app.runs.status import FINISHED, Status
from app.schemas import Page
from synib.spec import Experiment

EVENTS = 200  # of a timeline
TAIL = 64 * 2**10  # bytes of a log
LINES = 200
POINTS = 1000  # of each series in the table

router = APIRouter(prefix="/runs", include_in_schema=False)


class RunFilter(Filter, RunList):
    """As the API's."""


@router.get("")
def list_runs(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[RunFilter, Query()]
) -> Response:
    """The project's runs, newest first."""
    after = id_after(asked.after, RUN)
    rows = runs.page(
        session, principal.project_id, asked.limit, after, asked.experiment, asked.status, asked.method
    )
    page = Page.of(list(rows), asked.limit, lambda run: run.id) if rows else None
    names = repository.experiment_names(session, [run.experiment_id for run in rows])
    return render(request, "runs.html", page=page, names=names, asked=asked, statuses=list(Status))


@router.get("/{run_id}")
def show(request: Request, run: OwnRun, session: DbSession) -> Response:
    """One run."""
    asked = repository.asked(session, run.experiment_id)
    return render(
        request,
        "run.html",
        run=run,
        finished=run.status in FINISHED,
        events=runs.events(session, run.id, EVENTS, 0)[:EVENTS],
        artifacts=runs.artifacts(session, run.id),
        experiment=asked,
        spec=marked(asked.spec, Experiment) if asked else None,
    )


@router.get("/{run_id}/metrics")
def numbers(request: Request, run: OwnRun, session: DbSession) -> Response:
    """The curves as a table."""
    names, rows = _by_epoch(service.metrics(session, run, POINTS, []).data)
    return render(request, "_metrics.html", run=run, names=names, rows=rows)


@router.get("/{run_id}/metrics.csv")
def numbers_csv(run: OwnRun, session: DbSession) -> Response:
    """The same, every epoch of it."""
    names, rows = _by_epoch(service.metrics(session, run, 10_000, []).data)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["epoch", "step", *names])
    table.writerows([epoch, step, *(values.get(name, "") for name in names)] for epoch, step, values in rows)
    disposition = f'attachment; filename="{run.id}-metrics.csv"'
    return Response(text.getvalue(), media_type="text/csv", headers={"Content-Disposition": disposition})


@router.get("/{run_id}/log")
def log(request: Request, run: OwnRun) -> Response:
    """The end of what its trainers printed."""
    lines, cut = _tail(request.app.state.settings.store, run.id)
    return render(request, "_log.html", lines=lines, cut=cut)


@router.post("/{run_id}/cancel")
def cancel(_: Writer, run: OwnRun, session: DbSession) -> Response:
    """Ask it to stop."""
    return RedirectResponse(f"/runs/{service.cancel(session, run).id}", 303)


@router.post("/{run_id}/resume")
def resume(
    request: Request, background: BackgroundTasks, _: Writer, run: OwnRun, session: DbSession
) -> Response:
    """Queue it again."""
    run = service.resume(session, run)
    background.add_task(request.app.state.doorbell.ring, [(run.id, run.attempt, run.queue)])
    return RedirectResponse(f"/runs/{run.id}", 303)


Rows = list[tuple[int, int, dict[str, float]]]


def _by_epoch(series: list[Series]) -> tuple[list[str], Rows]:
    """Names of the metrics, and for each epoch its step and values."""
    steps: dict[int, int] = {}
    values: dict[int, dict[str, float]] = {}
    for one in series:
        for point in one.points:
            steps[point.epoch] = point.step
            values.setdefault(point.epoch, {})[one.name] = point.value
    return [one.name for one in series], [(epoch, steps[epoch], values[epoch]) for epoch in sorted(steps)]


def _tail(store: Path, run_id: str) -> tuple[list[str] | None, bool]:
    """The last lines of a run's log, and whether there were more."""
    try:
        with (store / "runs" / run_id / "trainer.log").open("rb") as opened:
            size = opened.seek(0, io.SEEK_END)
            opened.seek(max(0, size - TAIL))
            text = opened.read().decode(errors="replace")
    except FileNotFoundError:
        return None, False
    lines = text.splitlines()
    if size > TAIL:
        lines = lines[1:]  # the first is but the end of one
    return lines[-LINES:], size > TAIL or len(lines) > LINES
