"""/v1/models/{name}/score and /cross: what a model sees in new examples, and in two of its own swapped."""

import re
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
from app.projects.auth import allowed, identify
from app.projects.schemas import Role
from app.projects.service import Principal
from app.scoring import crossing, parts, service, telling, wire
from app.scoring.catalogue import Catalogue, Entry
from app.scoring.exchange import DataGone, Exchange, NoAnswer, Overloaded, ScorerFailed
from app.scoring.files import SCORINGS
from app.scoring.reading import Examples, Takes, read
from app.scoring.schemas import CrossedSchema, NewCross, ScoresSchema, ScoringSchema
from app.upload import Instead, Upload, receive

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
                    "properties": {
                        "examples": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "To be scored later: a table (CSV, Parquet, Arrow), arrays (NPZ,"
                            " safetensors) or an archive of media (tar, zip) with the model's modalities,"
                            " told apart by their first bytes. It comes with no other part but `spec`.",
                        },
                        "spec": {"$ref": "#/components/schemas/Scoring"},
                        "label": {"type": "string", "description": "Of one example: its class, if known."},
                        "example_id": {"type": "string", "description": "Of one example: any text."},
                    },
                    "additionalProperties": {
                        "type": "string",
                        "contentMediaType": "application/octet-stream",
                        "description": "Of one example, answered at once: a part for each of the model's"
                        " modalities, called like it. An image (PNG, JPEG) or a recording (WAV, FLAC) as the"
                        " file, words in UTF-8, numbers in JSON; at most SYNIB_MAX_BODY together.",
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


async def _known(request: Request, name: str) -> Entry:
    """The model, if the caller may ask it."""
    catalogue: Catalogue = request.app.state.catalogue
    database: Database = request.app.state.database
    if (known := catalogue.known(request, name)) is not None:
        return known
    return await database.run(lambda session: catalogue.look_up(session, request, name))


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
    """What the model sees in each example alone, jointly and without: of a file later, of all else at once.

    Each modality alone, every subset and all together, the rest withheld as in the run's evaluation; the
    label-free interaction; with a label, the information in bits and where it comes from; and a warning where
    an input is farther from the training examples than what the model was checked on. The same example gets
    the same answer whatever it is sent with. A form has one example, a part for each modality; or a file,
    which becomes a scoring: follow it at `/v1/scorings/{id}`.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        return await _form(request, background, name, prefer)
    model_id, takes = await _known(request, name)
    given = await _examples(request, takes, request.app.state.settings.score_examples)
    return await _at_once(request, (model_id, name), given, prefer)


async def _at_once(request: Request, model: tuple[str, str], given: Examples, prefer: str | None) -> Response:
    """Examples to scores; a model by its id and its name."""
    state, (model_id, name) = request.app.state, model
    exchange: Exchange = state.exchange
    wait, said = _wait(prefer, state.settings.score_wait)
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
    known: Annotated[Entry, Depends(_known)],  # before the body is looked at
    asked: Annotated[NewCross, Depends(body_of(NewCross))],
    prefer: Prefer = None,
) -> CrossedSchema:
    """Swap the modalities of two examples in all ways, and see what changes the prediction.

    The examples are those of the data set that the model was trained on; of 2 modalities there are 4
    combinations, of 5, the most, 32. Where the data set is gone, that is a 409.
    """
    wait, said = _wait(prefer, request.app.state.settings.score_wait)
    if said:
        response.headers["Preference-Applied"] = f"wait={wait:g}"
    return await crossing.cross(request.app.state.exchange, known[0], name, asked, wait)


async def _form(request: Request, background: BackgroundTasks, name: str, prefer: str | None) -> Response:
    """One example in parts, answered at once; or a file, which only a writer may send."""
    state = request.app.state
    database: Database = state.database
    principal = await database.run(lambda session: identify(request, session))
    model_id, takes = await _known(request, name)
    instead = Instead(
        parts.names(takes), state.settings.max_body, "SYNIB_MAX_BODY", lambda: allowed(principal, Role.WRITER)
    )
    incoming = await run_in_threadpool(store.incoming, state.settings.store, SCORINGS)
    async with receive(request, incoming, "examples", ["spec"], instead) as upload:
        if upload.has_file:
            return await _later(request, background, name, principal, upload)
    with parts.told():
        given = await run_in_threadpool(parts.read, upload.parts, takes)
        return await _at_once(request, (model_id, name), given, prefer)


async def _later(
    request: Request, background: BackgroundTasks, name: str, principal: Principal, upload: Upload
) -> Response:
    """Keep a file and queue its scoring."""
    state = request.app.state
    database: Database = state.database
    spec = service.asked(upload.parts.get("spec"))
    kind = await run_in_threadpool(service.format_of, upload)

    def work(session: Session) -> tuple[ScoringSchema, Due]:
        model_id, _ = state.catalogue.look_up(session, request, name)  # it may be gone by now
        place = state.settings.store
        run = service.create(session, principal.project_id, model_id, spec, kind, upload, place)
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
