"""A service with a worker and one experiment that has succeeded, and the command line beside it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import run
from app.client import Client
from app.embedded.service import Service
from tests.factories import TINY

SPEC = TINY | {"replication": {"seeds": 2}}


@dataclass
class Live:
    """A service with one experiment that has succeeded, posted and watched by the command line."""

    url: str
    experiment: str
    watched: str
    """What `synib submit --watch` printed."""
    client: Client

    def run(self, method: str) -> str:
        return next(self.client.runs.list(experiment=self.experiment, method=method)).id


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    folder = Path(tempfile.mkdtemp(prefix="synib-test-"))
    with Service(folder, slots=2, temporary=True) as service, Client(service.url, patience=30) as client:
        command = [sys.executable, "-m", "app.cli", "--url", service.url, "submit", "-", "--watch"]
        env = os.environ | {"COLUMNS": "80"}
        watched = subprocess.run(
            command, input=json.dumps(SPEC), env=env, check=True, capture_output=True, text=True, timeout=120
        ).stdout
        experiment = next(client.experiments.list()).id
        yield Live(service.url, experiment, watched, client)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Answer:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Synib = Callable[..., Answer]


@pytest.fixture
def synib(live: Live, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Synib:
    """The command line in this process, at 80 columns."""
    monkeypatch.setenv("SYNIB_URL", live.url)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*words: str) -> Answer:
        status = run(list(words))
        out, err = capsys.readouterr()
        return Answer(status, out, err)

    return call
