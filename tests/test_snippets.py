"""Everything in the handbook that can be tried is tried, page by page, by one reader at a live service."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from app.cli import run
from app.cli.root import app as synib_app
from app.client import Client
from app.embedded.service import Service
from app.main import create_app
from app.settings import Settings
from synib.spec import parse_experiment, parse_upload
from synib.yaml import load_yaml
from tests.handbook import PAGES, ROOT, USUAL, Block, Reader, blocks

BLOCKS = [block for page in PAGES for block in blocks(page)]
RUN = [block for block in BLOCKS if block.language not in ("text", "output") and not block.said("check")]
CHECKED = [block for block in BLOCKS if block.said("check")]
LEFT_ALONE = {"DELETE", "PUT"}
"""Calls of the API page that take away what its other calls are about."""


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[Client, str]]:
    folder = Path(tempfile.mkdtemp(prefix="synib-test-"))
    with Service(folder, slots=2, temporary=True) as service, Client(service.url, patience=30) as client:
        yield client, service.url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def memory() -> dict[str, Any]:
    """What the reader has made so far."""
    return {"known": {}, "names": {}, "folder": Path(tempfile.mkdtemp(prefix="synib-reader-"))}


@pytest.fixture
def reader(
    service: tuple[Client, str],
    memory: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Reader:
    client, url = service
    monkeypatch.setenv("SYNIB_URL", url)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(memory["folder"])

    def synib(words: list[str]) -> tuple[int, str]:
        status = run(words)
        return status, "".join(capsys.readouterr())

    return Reader(client=client, url=url, synib=synib, **memory)


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_block_does_what_the_page_says(block: Block, reader: Reader) -> None:
    if block.language == "sh":
        if block.page == "api":
            block = without_harm(block)
        if any(words[0] == "curl" for words in block.commands) and not shutil.which("curl"):
            pytest.skip("there is no curl; apt-get install curl")
        return reader.shell(block)
    if block.title:
        reader.write(block)
    if block.language == "python":
        reader.python(block)
    elif block.language == "json":
        json.loads(block.code)
    elif block.language == "yaml":
        understood(block)
    else:
        assert block.title, f"{block} is neither run nor a file"
    return None


def without_harm(block: Block) -> Block:
    """The calls of the API page less those that stop or remove something: these are checked below."""
    harmful = [words for words in block.commands if method_of(words) in LEFT_ALONE or stops(words)]
    if not harmful:
        return block
    kept = Block(block.page, block.line, block.language, block.info, "")
    kept.__dict__["commands"] = [words for words in block.commands if words not in harmful]
    return kept


def method_of(words: list[str]) -> str:
    if "-X" in words:
        return words[words.index("-X") + 1]
    return "POST" if "-F" in words else "GET"


def stops(words: list[str]) -> bool:
    return any(word.endswith(("/cancel", "/resume", "/complete")) for word in words)


def understood(block: Block) -> None:
    """A file of YAML is what it is for; one on the reader's data is judged by whatever takes it."""
    data = load_yaml(block.code)
    if block.part == "upload":
        parse_upload(data)
    elif block.part == "prometheus":
        [job] = data["scrape_configs"]
        assert f"http://{job['static_configs'][0]['targets'][0]}" == USUAL
    elif "DATASET" in block.code:
        assert any(
            block.title in words for other in RUN if other.language == "sh" for words in other.commands
        )
    else:
        parse_experiment(data)


def test_every_call_of_the_api_page_is_one_of_the_api() -> None:
    operations = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path))
        for path, methods in create_app(Settings(mode="embedded")).openapi()["paths"].items()
        for method in methods
    }
    called = set()
    for block in blocks("api"):
        for words in block.commands:
            path = (
                next(word for word in words if word.startswith(USUAL)).removeprefix(USUAL).partition("?")[0]
            )
            mine = {
                (method, known)
                for method, known in operations
                if method == method_of(words) and re.fullmatch(known.replace("*", "[^/]+"), path)
            }
            assert mine, f"{method_of(words)} {path} is none"
            called |= mine
    assert called == operations


# ----------------------------------------------------------------------- what cannot be run in a test


@pytest.mark.parametrize("block", CHECKED, ids=str)
def test_what_a_block_names_is_there(block: Block) -> None:
    for words in block.commands:
        match words:
            case ["make", target]:
                assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
            case ["synib", *rest]:
                parsed(rest)
            case ["docker", "compose", *rest]:
                composed(rest)
            case ["python", "-m", module, *rest]:
                options = helped(module)
                assert all(word in options for word in rest if word.startswith("--")), words
            case ["uvicorn", "--factory", target, *_]:
                module, _, name = target.partition(":")
                assert callable(getattr(import_module(module), name))
            case ["source", ".venv/bin/activate"] | ["git", "pull"] | ["export", _]:
                pass
            case _:
                raise AssertionError(f"{block}: nobody knows how to check {words}")


def parsed(words: list[str]) -> None:
    """The command exists and takes these words."""
    if words == ["--help"]:
        return
    command: Any = typer.main.get_command(synib_app)
    context = None
    while words and hasattr(command, "commands"):
        context = command.make_context("synib", list(words), parent=context)
        words = [*context._protected_args, *context.args]
        if words:
            command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words), parent=context)


def composed(words: list[str]) -> None:
    """The services and profiles exist."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    if words[0] == "--profile":
        assert any(words[1] in service.get("profiles", ()) for service in services.values())
        words = words[2:]
    action, *rest = words
    named = [word for word in rest if not word.startswith("-")]
    match action:
        case "up" | "build" | "logs":
            assert set(named) <= set(services)
        case "exec":
            assert rest[0] in services
            if rest[1] == "synib":
                parsed(rest[2:])
        case "cp":
            assert [name for name in named if name.partition(":")[0] in services]
        case _:
            raise AssertionError(f"nobody knows docker compose {action}")


def helped(module: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True
    )
    return done.stdout
