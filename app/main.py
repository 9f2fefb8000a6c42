"""Puts the API together. ``uvicorn --factory app.main:create_app``."""

import asyncio
import gc
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app import handlers, openapi
from app.analyses.endpoints import router as analyses
from app.api import operation_id
from app.dashboard.front_door import FrontDoor
from app.dashboard.router import ROUTERS as PAGES
from app.datasets.endpoints import router as datasets
from app.db.access import Database
from app.doorbell import Doorbell
from app.examples.endpoints import router as examples
from app.experiments.endpoints import router as experiments
from app.middleware import BodyLimit, Limit, LocalOnly, RequestId
from app.models.endpoints import router as models
from app.projects.endpoints import router as keys
from app.runs.endpoints import router as runs
from app.runs.watch import Watch
from app.scoring.catalogue import Catalogue
from app.scoring.endpoints import router as scoring
from app.scoring.exchange import Exchange
from app.scoring.jobs import router as scorings
from app.settings import Settings, settings
from app.studies.endpoints import router as studies
from app.system.endpoints import router as system
from synib import __version__

DESCRIPTION = "Does a multimodal model combine its modalities, and does training for synergy make it do so?"

READERS = 2  # tables that are read at once: each may take half a gigabyte

ROUTERS = (
    *(system, keys, studies, datasets, experiments, analyses, runs, examples, models, scoring, scorings),
    *PAGES,
)


class Application(FastAPI):
    """FastAPI with our own OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        return openapi.document(self)


def create_app(chosen: Settings | None = None) -> FastAPI:
    """The application. Nothing is connected before it starts."""
    app = Application(
        title="SynIB",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # FastAPI's page loads scripts from a CDN; ours loads nothing
        redoc_url=None,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        strict_content_type=True,
    )
    app.state.settings = chosen or settings()
    app.state.counts = Counter()
    app.state.reading = asyncio.Semaphore(READERS)
    handlers.install(app)
    upload = Limit(app.state.settings.max_upload, "SYNIB_MAX_UPLOAD")
    limits = {
        "/v1/analyses": Limit(app.state.settings.max_table, "SYNIB_MAX_TABLE"),
        "/v1/models/[^/]+/score": Limit(app.state.settings.max_table, "SYNIB_MAX_TABLE"),
        "/v1/datasets": upload,
        "/v1/datasets/[^/]+/parts/[^/]+": upload,
    }
    app.add_middleware(BodyLimit, usual=Limit(app.state.settings.max_body, "SYNIB_MAX_BODY"), of=limits)
    app.add_middleware(FrontDoor)
    if app.state.settings.mode == "embedded":
        app.add_middleware(LocalOnly)
    app.add_middleware(RequestId, counts=app.state.counts)
    for router in ROUTERS:
        app.include_router(router)
    app.state.methods = [
        (route.path_regex, method)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    ]
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Connections from start to end, and word to the streams when the process is asked to stop."""
    state = app.state
    state.database = Database(state.settings)
    state.doorbell = Doorbell(state.settings, state.database)
    state.exchange, state.catalogue = Exchange(state.settings), Catalogue()
    state.stop = asyncio.Event()
    state.watch = Watch(state.database, state.stop, state.settings.poll)
    gc.collect()
    gc.freeze()  # what is there now stays: to look through it, now and then, kept a request for 0.1 s
    with _told(state.stop):
        yield
    state.stop.set()
    await state.exchange.close()
    state.database.engine.dispose()


@contextmanager
def _told(stop: asyncio.Event) -> Iterator[None]:
    """Set ``stop`` on SIGTERM and SIGINT, before uvicorn waits for connections that only then would end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def tell(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in numbers:
        signal.signal(number, tell)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])
