"""/v1/datasets: bring data, see what is in it, train on it."""

import base64
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Request, Response
from fastapi import Path as PathParam
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app import store
from app.api import answers, created, id_after
from app.body import json_body, parse
from app.datasets import media, repository, service
from app.datasets.files import DATASETS, DatasetFiles
from app.datasets.media import ExampleNotFound
from app.datasets.schemas import (
    PARTS,
    DatasetBrief,
    DatasetList,
    DatasetSchema,
    NewDataset,
    PartSchema,
    State,
)
from app.datasets.service import (
    DatasetComplete,
    DatasetIncomplete,
    DatasetInUse,
    DatasetNotFound,
    DatasetNotReady,
)
from app.db.access import Database, DbSession
from app.db.ids import DATASET
from app.db.tables import Run
from app.doorbell import Due
from app.errors import InvalidRequest, InvalidSpec, MalformedForm, Problem, StoreFull, UnsupportedMediaType
from app.idempotency import Idempotency, Key, KeyReused, fingerprint
from app.projects.auth import Reader, Uploader, Writer
from app.runs import repository as runs
from app.runs import service as run_service
from app.runs.endpoints import EventList, whole_or_part
from app.runs.schemas import EventSchema
from app.runs.service import RunFinished
from app.schemas import Page
from app.settings import Settings
from app.upload import Upload, receive, receive_raw
from synib.spec import parse_upload

router = APIRouter(prefix="/v1/datasets", tags=["datasets"])


class DatasetNotRead(Problem, status=409, title="Nobody reads it yet"):
    """The data set is still receiving its parts; complete it to have it read, or delete it."""


class DigestMismatch(Problem, status=422, title="Not what was announced"):
    """The part is not what its Content-Digest says; it was damaged on its way. Send it again."""


def own_dataset(dataset_id: str, principal: Reader, session: DbSession) -> str:
    """The id of a data set of the caller's project."""
    if (
        not DATASET.is_valid(dataset_id)
        or repository.state(session, principal.project_id, dataset_id) is None
    ):
        raise service.not_found(dataset_id)
    return dataset_id


OwnDataset = Annotated[str, Depends(own_dataset)]


def own_run(dataset: OwnDataset, session: DbSession) -> Run:
    """The run that reads it."""
    run = repository.run_of(session, dataset)
    if run is None:
        raise DatasetNotRead(f"{dataset} is still receiving its parts; complete it to have it read")
    return run


OwnRun = Annotated[Run, Depends(own_run)]


async def sent(request: Request, _: Uploader) -> AsyncIterator[Upload | NewDataset]:
    """The file, once it is known who sends it; or, in JSON, what is going to be sent in parts."""
    settings: Settings = request.app.state.settings
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        announced = request.headers.get("content-length", "")
        if announced.isdecimal():
            await run_in_threadpool(service.make_room, settings.store, int(announced))
        folder = await run_in_threadpool(store.incoming, settings.store, DATASETS)
        async with receive(request, folder, "file", ["spec"]) as upload:
            yield upload
    else:
        yield service.announced(await json_body(request), settings)


Digest = Annotated[
    str | None,
    Header(
        alias="Content-Digest",
        max_length=1000,
        description="`sha-256=:…:` with the base64 of the part's SHA-256 (RFC 9530); it is compared.",
    ),
]
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A table (CSV, Parquet, Arrow), arrays (NPZ, safetensors) or media"
                            " with metadata (tar, zip), told apart by their first bytes.",
                        },
                        "spec": {"$ref": "#/components/schemas/Upload"},
                    },
                },
                "encoding": {"spec": {"contentType": "application/json"}},
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/NewDataset"}},
        },
    }
}
SANDBOX = {
    "Content-Security-Policy": "default-src 'none'; sandbox",  # nobody's file may act in our name
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=86400",
}
MEDIUM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What it is. Numbers are `{shape, values}`, null where one is missing.",
        "content": {
            name: {}
            for name in (
                *(f"image/{kind}" for kind in ("png", "jpeg")),
                "audio/wav",
                "audio/flac",
                "text/plain",
                "application/json",
            )
        },
    },
    206: {"description": "A part of a recording."},
}
RAW: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "",
    status_code=201,
    response_model=DatasetSchema,
    responses=answers(InvalidSpec, MalformedForm, KeyReused, StoreFull, body=True)
    | created("Stored: queued to be read, or waiting for its parts.", "Location"),
    openapi_extra=FORM,
)
async def create(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    principal: Uploader,
    given: Annotated[Upload | NewDataset, Depends(sent, scope="function")],
    key: Key = None,
) -> DatasetSchema:
    """Bring a data set: all of it as a form, or what will come in parts as JSON.

    A row is an example. A table has columns `<modality>:<name>`, `label` and, where known, `example_id`,
    `split` and `group`; arrays are called `<modality>`, `label`, …, of shape (N, d) or (N, T, d); an archive
    has `metadata.csv` or `metadata.jsonl` with `<modality>_file_name`, `label`, … beside PNG and JPEG images,
    WAV and FLAC recordings and UTF-8 texts. It is read by a worker: follow its `state`.
    """
    state = request.app.state
    settings: Settings = state.settings
    whole = isinstance(given, Upload)
    told = _spec_part(given) if isinstance(given, Upload) else given.spec
    spec = parse_upload(told, "/spec")

    def work(session: Session) -> tuple[DatasetSchema, bool, Due | None]:
        mark = fingerprint(request, [spec.model_dump(mode="json"), whole, given.size, given.sha256])
        once = Idempotency(session, principal.project_id, key, mark)
        if answer := once.answered():
            return DatasetSchema.model_validate(answer), True, None
        due: Due | None = None
        if isinstance(given, Upload):
            run = service.create_whole(session, principal.project_id, spec, given, settings.store)
            due, made = (run.id, run.attempt, run.queue), run.dataset_id
        else:
            made = service.create(session, principal.project_id, spec, given).id
        assert made is not None
        shown = service.show(session, made)
        once.keep(shown)
        return shown, False, due

    database: Database = state.database
    shown, replayed, due = await database.change(work)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if due is not None:
        background.add_task(state.doorbell.ring, [due])
    response.headers["Location"] = f"/v1/datasets/{shown.id}"
    return shown


def _spec_part(upload: Upload) -> Any:
    """What the form says of the file; nothing needs to be said."""
    return parse(upload.parts["spec"], "/spec") if "spec" in upload.parts else {}


async def sent_part(
    request: Request, principal: Uploader, dataset_id: str, content_digest: Digest = None
) -> AsyncIterator[Upload]:
    """A part, once it is known that it is wanted."""
    state = request.app.state
    database: Database = state.database
    await database.run(lambda session: service.receiving(session, principal.project_id, dataset_id))
    expected = _expected(content_digest)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise UnsupportedMediaType("a form was announced; send the bytes alone, application/octet-stream")
    folder = await run_in_threadpool(store.incoming, state.settings.store, DATASETS)
    async with receive_raw(request, folder) as part:
        if expected is not None and part.sha256 != expected:
            detail = f"{part.size} bytes with sha256 {part.sha256} arrived, and {expected} was announced"
            raise DigestMismatch(f"{detail}; send the part again")
        yield part


@router.put(
    "/{dataset_id}/parts/{number}",
    responses=answers(DatasetNotFound, DatasetComplete, DigestMismatch, StoreFull, body=True),
    openapi_extra=RAW,
)
async def put_part(
    request: Request,
    principal: Uploader,
    dataset_id: str,
    number: Annotated[int, PathParam(ge=1, le=PARTS, description=f"1 to {PARTS}.")],
    part: Annotated[Upload, Depends(sent_part, scope="function")],
) -> PartSchema:
    """Send a part, any size, in any order; sent again, it takes the place of the one that was there.

    A part that is cut off is not there: `GET /v1/datasets/{dataset_id}` lists those that are.
    """
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database

    def work(session: Session) -> PartSchema:
        return service.take_part(session, principal.project_id, dataset_id, number, part, settings)

    taken = await database.change(work)
    files = DatasetFiles(settings.store, dataset_id)
    if len(list(files.tries(number))) > 1:
        mine = (principal.project_id, dataset_id, number, settings.store)
        await database.change(lambda session: service.drop_replaced(session, *mine))
    return taken


@router.post("/{dataset_id}/complete", status_code=202, responses=answers(DatasetNotFound, DatasetIncomplete))
def complete(
    request: Request, background: BackgroundTasks, principal: Writer, session: DbSession, dataset_id: str
) -> DatasetSchema:
    """All parts are there: have them read, one after the other as one file. Asking twice is the same."""
    run = service.complete(session, principal.project_id, dataset_id)
    if run is not None:
        background.add_task(request.app.state.doorbell.ring, [(run.id, run.attempt, run.queue)])
    return service.show(session, dataset_id)


@router.get("", responses=answers())
def list_datasets(
    principal: Reader, session: DbSession, asked: Annotated[DatasetList, Query()]
) -> Page[DatasetBrief]:
    """The project's data sets, newest first."""
    after = id_after(asked.after, DATASET)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.name, asked.state)
    return Page.of(service.briefs(rows), asked.limit, lambda dataset: dataset.id)


@router.get("/{dataset_id}", responses=answers(DatasetNotFound))
def get(dataset: OwnDataset, session: DbSession) -> DatasetSchema:
    """A data set: where it is, which parts are there, what is in it, or what is wrong with it."""
    return service.show(session, dataset)


@router.get("/{dataset_id}/events", responses=answers(DatasetNotFound, DatasetNotRead))
def events(run: OwnRun, session: DbSession, asked: Annotated[EventList, Query()]) -> Page[EventSchema]:
    """Every change of its run's status, oldest first; live, as `/v1/runs/{run_id}/stream`."""
    rows = runs.events(session, run.id, asked.limit, asked.after)
    shown = [EventSchema.model_validate(row) for row in rows]
    return Page.of(shown, asked.limit, lambda event: str(event.seq))


@router.post(
    "/{dataset_id}/cancel",
    status_code=202,
    responses=answers(DatasetNotFound, DatasetNotRead, RunFinished),
)
def cancel(_: Writer, dataset: OwnDataset, run: OwnRun, session: DbSession) -> DatasetSchema:
    """Ask to stop reading: `cancelling` until its process is gone, then `cancelled`. What was sent stays."""
    run_service.cancel(session, run)
    return service.show(session, dataset)


@router.delete("/{dataset_id}", status_code=204, responses=answers(DatasetNotFound, DatasetInUse))
async def delete(request: Request, principal: Uploader, dataset_id: str) -> None:
    """Forget a data set and remove its files. One that is being read, or that an unfinished experiment
    needs, stays."""
    database: Database = request.app.state.database
    await database.change(lambda session: service.delete(session, principal.project_id, dataset_id))
    files = DatasetFiles(request.app.state.settings.store, dataset_id)
    await run_in_threadpool(files.forget)  # if we die before, the housekeeper does it


@router.get(
    "/{dataset_id}/examples/{example_id:path}/{modality}",
    response_class=Response,
    responses=answers(DatasetNotFound, DatasetNotReady, ExampleNotFound) | MEDIUM,
)
def medium(
    request: Request,
    dataset: OwnDataset,
    principal: Reader,
    session: DbSession,
    example_id: str,
    modality: str,
) -> Response:
    """An example's image, recording or words as they were brought, or its numbers in JSON."""
    state = repository.state(session, principal.project_id, dataset)
    if state is not State.READY:
        raise DatasetNotReady(f"{dataset} is {state}; what is in it can be seen when it is ready")
    files = DatasetFiles(request.app.state.settings.store, dataset)
    found = media.medium(files.ready, example_id, modality)
    headers = SANDBOX | {
        "Content-Disposition": f'inline; filename="{found.digest[:16]}.{found.ending}"',
        "ETag": f'"{found.digest}"',
    }
    if found.path is None:
        return Response(found.content, media_type=found.media_type, headers=headers)
    whole_or_part(request, found.path.stat().st_size)
    return FileResponse(found.path, media_type=found.media_type, headers=headers)


def _expected(content_digest: str | None) -> str | None:
    """The SHA-256 of a Content-Digest (RFC 9530), hexadecimal; None of other algorithms.

    Raises:
        InvalidRequest: it is said otherwise.
    """
    if content_digest is None:
        return None
    found = re.search(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):", content_digest)
    if found is None:
        detail = "must be as RFC 9530 has it: sha-256=:<base64 of the 32 bytes>:"
        raise InvalidRequest.at("/header/Content-Digest", detail, content_digest)
    return base64.b64decode(found[1]).hex()
