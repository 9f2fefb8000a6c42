"""/v1/models/{name}/score and /cross: what a model sees in new examples, and in two of its own swapped."""

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app import store
from app.api import answers
from app.body import body_of, documented
from app.db.access import Database
from app.doorbell import Due
from app.errors import (
    InvalidRequest,
    InvalidSpec,
    InvalidTable,
    MalformedForm,
    StoreFull,
    UnsupportedMediaType,
)
from app.models.service import ModelNotFound
from app.projects.auth import uploader
from app.scoring import crossing, service, telling, wire
from app.scoring.catalogue import Catalogue, Entry
from app.scoring.exchange import DataGone, Exchange, NoAnswer, Overloaded, ScorerFailed
from app.scoring.files import SCORINGS
from app.scoring.reading import Examples, Takes, read
from app.scoring.schemas import CrossedSchema, NewCross, ScoresSchema, ScoringSchema
from app.upload import receive

router = APIRouter(prefix="/v1/models", tags=["models"])

LONGEST = 60.0  # seconds that an answer may be waited for
FEW = 4_096  # numbers that are read and told on the event loop: a thread would take longer

Prefer = Annotated[
    str | None,
    Header(
        max_length=200,
        description="`wait=N`: how many seconds to wait for a scorer, at most 60 (RFC 7240). Without it, "
        "SYNIB_SCORE_WAIT.",
    ),
]


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/NewExamples"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["examples"],
                    "properties": {
                        "examples": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A table (CSV, Parquet, Arrow) or arrays (NPZ, safetensors)"
                            " with the model's modalities, told apart by their first bytes.",
                        },
                        "spec": {"$ref": "#/components/schemas/Scoring"},
                    },
                },
                "encoding": {"spec": {"contentType": "application/json"}},
            },
        },
    }
}
LATER: dict[int | str, dict[str, Any]] = {
    202: {
        "model": ScoringSchema,
        "description": "Of a file: stored; its scoring is queued, under `Location`.",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}


@router.post(
    "/{name}/score",
    response_model=ScoresSchema,
    responses=answers(
        *(ModelNotFound, InvalidRequest, Overloaded, NoAnswer, ScorerFailed),
        *(InvalidSpec, InvalidTable, MalformedForm, StoreFull),
        body=True,
    )
    | LATER,
    openapi_extra=FORM,
)
async def score(request: Request, background: BackgroundTasks, name: str, prefer: Prefer = None) -> Response:
    """What the model sees in each example alone, jointly and without: of JSON at once, of a file later.

    Each modality alone, every subset and all together, the rest withheld as in the run's evaluation; the
    label-free interaction; with a label, the information in bits and where it comes from; and a warning where
    an input is farther from the training examples than what the model was checked on. The same example gets
    the same answer whatever it is sent with. A file becomes a scoring: follow it at `/v1/scorings/{id}`.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        return await _later(request, background, name)
    state = request.app.state
    exchange: Exchange = state.exchange
    wait, said = _wait(prefer, state.settings.score_wait)
    model_id, takes = await _known(request, name)
    given = await _examples(request, takes, state.settings.score_examples)
    lengths, files = wire.pack_items(given.items)
    head = {"label": given.label, "items": lengths}
    answer = await exchange.ask(model_id, head, {**given.x, **files}, wait)
    size = sum(values.size for values in given.x.values())
    if size <= FEW:
        body = telling.told(answer, name, given)
    else:
        body = await run_in_threadpool(telling.told, answer, name, given)
    headers = {"Preference-Applied": f"wait={wait:g}"} if said else {}
    return Response(body, media_type="application/json", headers=headers)


@router.post(
    "/{name}/cross",
    responses=answers(
        *(ModelNotFound, InvalidRequest, DataGone, Overloaded, NoAnswer, ScorerFailed),
        body=True,
    ),
    openapi_extra=documented("NewCross"),
)
async def cross(
    request: Request,
    response: Response,
    name: str,
    asked: Annotated[NewCross, Depends(body_of(NewCross))],
    prefer: Prefer = None,
) -> CrossedSchema:
    """Swap the modalities of two examples in all ways, and see what changes the prediction.

    The examples are those of the data set that the model was trained on; of 2 modalities there are 4
    combinations, of 5, the most, 32. Where the data set is gone, that is a 409.
    """
    model_id, _ = await _known(request, name)
    wait, said = _wait(prefer, request.app.state.settings.score_wait)
    if said:
        response.headers["Preference-Applied"] = f"wait={wait:g}"
    return await crossing.cross(request.app.state.exchange, model_id, name, asked, wait)


async def _known(request: Request, name: str) -> Entry:
    """The model, if the caller may ask it."""
    catalogue: Catalogue = request.app.state.catalogue
    database: Database = request.app.state.database
    if (known := catalogue.known(request, name)) is not None:
        return known
    return await database.run(lambda session: catalogue.look_up(session, request, name))


async def _later(request: Request, background: BackgroundTasks, name: str) -> Response:
    """Keep a file and queue its scoring."""
    state = request.app.state
    database: Database = state.database
    folder: Path = state.settings.store
    principal = await uploader(request)
    model_id, _ = await database.run(lambda session: state.catalogue.look_up(session, request, name))
    incoming = await run_in_threadpool(store.incoming, folder, SCORINGS)
    async with receive(request, incoming, "examples", ["spec"]) as upload:
        spec = service.asked(upload.parts.get("spec"))
        kind = await run_in_threadpool(service.format_of, upload)

        def work(session: Session) -> tuple[ScoringSchema, Due]:
            run = service.create(session, principal.project_id, model_id, spec, kind, upload, folder)
            assert run.scoring_id is not None
            return service.show(session, run.scoring_id), (run.id, run.attempt, run.queue)

        shown, due = await database.change(work)
    background.add_task(state.doorbell.ring, [due])
    headers = {"Location": f"/v1/scorings/{shown.id}"}
    return Response(shown.model_dump_json(), 202, headers, "application/json", background)


async def _examples(request: Request, takes: Takes, most: int) -> Examples:
    """The body, read in a thread where it is large."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(f"{media_type or 'nothing'!r} was announced; send application/json")
    raw = await request.body()
    if len(raw) <= 4 * FEW:
        return read(raw, takes, most)
    return await run_in_threadpool(read, raw, takes, most)


def _wait(prefer: str | None, usual: float) -> tuple[float, bool]:
    """Seconds to wait, and whether that is what was asked for; preferences that we do not know count not."""
    found = re.search(r"(?:^|[\s,;])wait\s*=\s*\"?(\d{1,6})\b", prefer or "", re.IGNORECASE)
    return (min(float(found[1]), LONGEST), True) if found else (usual, False)
