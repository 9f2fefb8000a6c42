"""Asking a question: a spec in YAML, what it would take, and what is wrong with it, line by line."""

import hashlib
import json
import uuid
from functools import lru_cache
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.dashboard.defaults import written
from app.dashboard.forms import Fields, Filter, read_spec
from app.dashboard.templating import is_fragment, render
from app.datasets import service as datasets
from app.db.access import DbSession
from app.doorbell import Doorbell
from app.errors import Problem
from app.experiments import service
from app.experiments.endpoints import own_experiment
from app.handlers import as_problem
from app.idempotency import Idempotency
from app.projects.auth import Reader, Writer
from synib import studies
from synib.plan import Plan
from synib.problems import SpecError, escape
from synib.spec import Experiment

STARTING_POINT = """\
name: parity of two digits
dataset: {kind: paired_digits, label: parity_differs, examples: 3000}
modalities:
  left: {encoder: {kind: mlp, hidden: [64], features: 64}}
  right: {encoder: {kind: mlp, hidden: [64], features: 64}}
methods:
  # The first is what the others are compared with.
  - {kind: vanilla}
  - {kind: synib, weight: 1.0, mask: {kind: random, rate: 0.5, fill: mean}}
  - {kind: confidence_penalty}
  - {kind: masking_only, mask: {kind: random, rate: 0.5, fill: mean}}
training: {epochs: 30, batch_size: 256, lr: 2e-3, early_stopping: {patience: 8}}
tuning: {trials: 2}
replication: {seeds: 10}
"""

router = APIRouter(prefix="/experiments/new", include_in_schema=False)


class Start(Filter):
    """What the editor begins with."""

    study: str | None = None
    """A study's name …"""
    part: int = 0
    """… and which of its experiments."""
    again: str | None = None
    """Or an experiment that is to be asked again, with changes."""
    dataset: str | None = None
    """Or a data set that is to be trained on."""


@router.get("")
def edit(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[Start, Query()]
) -> Response:
    """The editor, with something to start from."""
    text = STARTING_POINT
    if asked.again is not None:
        found = service.show(session, own_experiment(asked.again, principal, session))
        text = written(found.spec, Experiment)
    elif asked.dataset is not None:
        text = _on_dataset(asked.dataset)
    elif asked.study is not None:
        text = _of_study(asked.study, asked.part)
    return _page(request, text, uuid.uuid4().hex)


@router.post("")
def submit(
    request: Request, background: BackgroundTasks, principal: Writer, session: DbSession, fields: Fields
) -> Response:
    """Plan it, or ask it: by the button that was pressed."""
    text, once = fields.get("spec", ""), fields.get("once", "")
    try:
        data = datasets.resolve(session, principal.project_id, read_spec(text))
        spec, plan = service.check(data, request.app.state.settings)
    except (Problem, SpecError) as error:
        return _page(request, text, once, problem=as_problem(error))
    if fields.get("action") != "submit":
        return _page(request, text, once, plan=plan)
    mark = hashlib.sha256(json.dumps([once, text]).encode()).hexdigest()
    remembered = Idempotency(session, principal.project_id, f"page-{mark}", mark)
    if answer := remembered.answered():
        made = answer["id"]
    else:
        made, runs = service.create(session, principal.project_id, spec)
        remembered.keep(service.show(session, made))
        doorbell: Doorbell = request.app.state.doorbell
        background.add_task(doorbell.ring, [(run.id, run.attempt, run.queue) for run in runs])
    where = f"/experiments/{made}"
    if is_fragment(request):
        return Response(status_code=201, headers={"HX-Redirect": where}, background=background)
    return RedirectResponse(where, 303, background=background)


def _page(
    request: Request, text: str, once: str, *, plan: Plan | None = None, problem: Problem | None = None
) -> Response:
    status = problem.status if problem else 200
    outcome: dict[str, Any] = {"plan": plan, "problem": problem, "lines": _places(text, problem)}
    if is_fragment(request):
        return render(request, "_outcome.html", status=status, **outcome)
    return render(request, "compose.html", status=status, text=text, once=once, studies=_studies(), **outcome)


@lru_cache
def _studies() -> list[studies.Study]:
    """They come with the library and do not change."""
    return [studies.load(name) for name in studies.names()]


def _of_study(name: str, part: int) -> str:
    try:
        found = studies.load(name)
    except studies.UnknownStudy as error:
        from app.studies.endpoints import StudyNotFound  # noqa: PLC0415

        raise StudyNotFound(str(error)) from None
    chosen = found.experiments[part % len(found.experiments)]
    comment = f"# {found.question}\n"
    return comment + written(chosen.model_dump(mode="json"), Experiment)


def _on_dataset(dataset_id: str) -> str:
    """The starting point on another data set; its modalities are spelled out by the plan."""
    lines = [
        f"dataset: {{id: {dataset_id}}}" if line.startswith("dataset:") else line
        for line in STARTING_POINT.splitlines()
        if not line.startswith(("modalities:", "  left:", "  right:", "name:"))
    ]
    return "\n".join(["name: does it combine them?", *lines]) + "\n"


def _places(text: str, problem: Problem | None) -> dict[str, int]:
    """The line of each fault's field, counted from 1; of one that is missing, the line where it would be."""
    if problem is None or not problem.errors:
        return {}
    try:
        known = dict(_walk(yaml.compose(text, yaml.SafeLoader), ""))
    except yaml.YAMLError:
        return {}
    found = {}
    for fault in problem.errors:
        pointer = fault.pointer
        while pointer and pointer not in known:
            pointer = pointer.rpartition("/")[0]
        if pointer:
            found[fault.pointer] = known[pointer]
    return found


def _walk(node: yaml.Node | None, pointer: str) -> Any:
    """Pointers and lines of all that stands in a document. Aliases are refused before: it is a tree."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{pointer}/{escape(str(key.value))}"
            yield inner, key.start_mark.line + 1
            yield from _walk(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = f"{pointer}/{index}"
            yield inner, value.start_mark.line + 1
            yield from _walk(value, inner)
