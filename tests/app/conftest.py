"""A live API over real PostgreSQL and Valkey, and clients that hold every answer to the OpenAPI document."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.errors import MEDIA_TYPE
from app.main import create_app
from app.projects.schemas import Role
from app.projects.service import create_key
from app.settings import Settings
from tests.app.driven import connect  # noqa: F401 - a fixture for whoever names it
from tests.app.living import live, synib  # noqa: F401


class Api:
    """An application served by uvicorn in a thread."""

    def __init__(self, settings: Settings) -> None:
        self.app: FastAPI = create_app(settings)
        config = uvicorn.Config(self.app, port=0, log_level="warning", timeout_graceful_shutdown=3)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        client.event_hooks["response"] = [self.documented]
        return client

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join()

    def ask_to_stop(self) -> None:
        self._server.should_exit = True

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The documented operation at an address."""
        for template, operations in self.app.openapi()["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found: dict[str, Any] | None = operations.get(method.lower())
                return found
        return None

    def documented(self, response: httpx.Response) -> None:
        """Every answer is one that its operation documents, and every refusal has the one shape."""
        request = response.request
        operation = self.operation(request.method, request.url.path)
        if response.status_code >= 400:
            response.read()
            check_problem(response)
            code = response.json()["code"]
            if operation is not None and response.status_code != 405:
                documented = operation["responses"][str(response.status_code)]["content"][MEDIA_TYPE]
                assert code in documented["examples"], f"{request.method} {request.url.path}: {code}"
        elif operation is not None:
            assert str(response.status_code) in operation["responses"]


def check_problem(response: httpx.Response) -> None:
    """RFC 9457, as we tell it."""
    assert response.headers["content-type"] == MEDIA_TYPE
    problem = response.json()
    assert list(problem) == ["type", "title", "status", "detail", "code", "instance", "errors"]
    assert problem["status"] == response.status_code
    assert problem["type"] == f"/docs#{problem['code']}"
    assert problem["instance"] == f"urn:synib:request:{response.headers['x-request-id']}"
    assert problem["title"]
    assert problem["detail"]
    for fault in problem["errors"]:
        assert list(fault) == ["pointer", "detail", "value"]
        assert fault["detail"]
        assert fault["pointer"] == "" or fault["pointer"].startswith("/")


Serve = Callable[..., Api]


@pytest.fixture(scope="session")
def serve(postgres_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start an API with the given settings; all are stopped at the end."""
    started: list[Api] = []

    def start(mode: Literal["embedded", "server"] = "embedded", **changes: Any) -> Api:
        known = {"database_url": postgres_url, "broker_url": valkey_url, "poll": 0.05}
        known["store"] = tmp_path_factory.mktemp("store")
        started.append(Api(Settings(mode=mode, **(known | changes))))
        return started[-1]

    yield start
    for api in started:
        api.ask_to_stop()  # all at once
    for api in started:
        api.stop()


@pytest.fixture(scope="session")
def embedded(serve: Serve) -> Api:
    return serve("embedded")


@pytest.fixture(scope="session")
def guarded(serve: Serve) -> Api:
    """Server mode: everybody needs a key."""
    return serve("server")


@pytest.fixture
def api(embedded: Api, database: Engine) -> Iterator[httpx.Client]:
    """The owner's client in embedded mode."""
    with embedded.client() as client:
        yield client


@pytest.fixture
def store(embedded: Api) -> Path:
    path: Path = embedded.app.state.settings.store
    return path


Signed = Callable[[str, Role], httpx.Client]


@pytest.fixture
def signed(guarded: Api, session: Session) -> Iterator[Signed]:
    """Clients with a fresh key of a project and role."""
    clients: list[httpx.Client] = []

    def sign(project: str, role: Role) -> httpx.Client:
        key = create_key(session, project, f"{role} of {project}", role)
        session.commit()
        clients.append(guarded.client(key))
        return clients[-1]

    yield sign
    for client in clients:
        client.close()
