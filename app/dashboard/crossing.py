"""/models/{name}/cross: two examples of a model's data set, their modalities swapped in all ways."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from app.dashboard.forms import Filter
from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.crossing import crossing
from app.dashboard.report.media import Shown, media_of
from app.dashboard.report.pages import chart_file
from app.dashboard.templating import render
from app.db.access import Database
from app.db.tables import Run
from app.errors import Problem
from app.examples import repository, service
from app.examples.names import Names
from app.examples.params import ExamplesParams, Sort
from app.models.schemas import ModelSchema
from app.models.service import find, show
from app.projects.auth import identify
from app.runs import repository as runs
from app.scoring.crossing import cross
from app.scoring.schemas import CrossedSchema, NewCross

WAIT = 30.0  # seconds: a scorer that has just started reads torch, the model and its data first

Pair = tuple[str, str]
"""Ids of two examples."""

router = APIRouter(prefix="/models", include_in_schema=False)


class Asked(Filter):
    """Which examples; without the second, one with another label is proposed."""

    first: Annotated[str, Field(max_length=200)] = ""
    second: Annotated[str, Field(max_length=200)] = ""


@router.get("/{name}/cross")
async def page(request: Request, name: str, asked: Annotated[Asked, Query()]) -> Response:
    """The two, and what the model says of every combination; without the second, the form with a proposal."""
    database: Database = request.app.state.database
    if not (asked.first and asked.second):

        def chosen(session: Session) -> tuple[ModelSchema, Pair]:
            model, project_id = _model(request, session, name)
            return model, partners(session, model, project_id, asked.first)

        model, pair = await database.run(chosen)
        return _page(request, model, pair)
    pair = asked.first, asked.second

    def looked_at(session: Session) -> tuple[ModelSchema, list[list[Shown]]]:
        model, project_id = _model(request, session, name)
        dataset = model.card.experiment["dataset"]
        return model, [media_of(request, session, project_id, dataset, one) for one in pair]

    model, media = await database.run(looked_at)
    try:
        found = await _crossed(request, model, pair)
    except Problem as problem:
        return _page(request, model, pair, problem=problem)
    return _page(request, model, pair, found=found, media=media)


@router.get("/{name}/cross.csv")
@router.get("/{name}/cross.svg")
async def file(request: Request, name: str, asked: Annotated[Asked, Query()]) -> Response:
    """The combinations as numbers or as a picture."""
    database: Database = request.app.state.database
    model, _ = await database.run(lambda session: _model(request, session, name))
    chart = crossing(await _crossed(request, model, (asked.first, asked.second)), model.classes)
    return chart_file(request, chart, name)


def address(name: str, pair: Pair, kind: str = "") -> str:
    """Of the page, or of one of its files."""
    first, second = pair
    return f"/models/{name}/cross{kind}?{urlencode({'first': first, 'second': second})}"


def partners(session: Session, model: ModelSchema, project_id: str, first: str = "") -> Pair:
    """Two examples of different labels to begin with, those with most synergy of the run's report; empty
    where the run is gone, or has no two."""
    run = runs.owned(session, project_id, model.run_id)
    known = run and repository.names(session, run.id)
    if not run or not known:
        return first, ""
    one = _most(session, run, known, **({"example_id": first} if first else {}))
    label = one["label"] if one else None
    others = (_most(session, run, known, label=other) for other in known.classes if other != label)
    other = next((other for other in others if other is not None), None)
    return first or (one["example_id"] if one else ""), other["example_id"] if other else ""


def _most(session: Session, run: Run, known: Names, **only: str) -> dict[str, Any] | None:
    asked = ExamplesParams.model_validate({"sort": Sort.SYNERGY_DOWN, "limit": 1, **only})
    return next(iter(service.page(session, run, known, asked)["data"]), None)


def _model(request: Request, session: Session, name: str) -> tuple[ModelSchema, str]:
    """The model, and whose it is."""
    project_id = identify(request, session).project_id
    return show(find(session, project_id, name)), project_id


async def _crossed(request: Request, model: ModelSchema, pair: Pair) -> CrossedSchema:
    asked = NewCross(examples=[*pair])
    return await cross(request.app.state.exchange, model.id, model.name, asked, WAIT)


def _page(
    request: Request,
    model: ModelSchema,
    pair: Pair,
    *,
    found: CrossedSchema | None = None,
    media: list[list[Shown]] | None = None,
    problem: Problem | None = None,
) -> Response:
    def filed(chart: Chart, kind: str) -> str:
        return address(model.name, pair, f".{kind}")

    context = {"model": model, "pair": pair, "problem": problem, "media": media or [[], []]}
    told = {"found": found, "chart": found and crossing(found, model.classes), "file": filed}
    status, headers = (problem.status, problem.headers) if problem else (200, {})
    return render(request, "cross.html", status=status, headers=headers, **context, **told)
