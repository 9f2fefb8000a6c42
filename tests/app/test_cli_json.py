"""`--json`: every command takes it, and then prints one JSON document and nothing else."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from app.cli.root import app
from synib.certification import Check, runner
from synib.tables import write_predictions
from tests.app.living import SPEC, Live, Synib
from tests.factories import TINY
from tests.synib.benchmarks.files import multibench
from tests.synib.uploads.making import GOOD, as_csv
from tests.worker.test_analyses import predictions

ENDLESS = TINY | {"training": {"epochs": 100_000, "early_stopping": None}}


def commands(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Everything that can be called, by its words."""
    below = getattr(command, "commands", {})
    if path and (not below or command.invoke_without_command):
        yield " ".join(path), command
    for name, one in below.items():
        yield from commands(one, *path, name)


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_command_takes_json() -> None:
    without = [
        name
        for name, command in COMMANDS.items()
        if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert without == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One known value to be held against instead of some 200."""
    monkeypatch.setenv("SYNIB_CERTIFICATES", str(tmp_path))
    monkeypatch.setattr(runner, "find_checks", lambda: [Check("a/1", "b", lambda: 0.5, 0.5, 1e-5, "by hand")])


def test_every_command_prints_one_json_document(
    live: Live, synib: Synib, quick: None, postgres_url: str, tmp_path: Path
) -> None:
    run, other, folder = live.run("synib"), live.run("vanilla"), tmp_path
    covered = {"up", "demo"}  # below

    def ask(path: str, *words: Any, status: int = 0) -> Any:
        covered.add(path)
        answer = synib(*path.split(), *map(str, words), "--json")
        assert answer.status == status, f"{path}: {answer.err}"
        return answer.json()

    def write(name: str, content: Any) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    posted = ask("submit", write("endless.json", ENDLESS))
    assert ask("cancel", posted["id"])["id"] == posted["id"]
    live.client.experiments.wait(posted["id"], timeout=60)
    assert ask("resume", posted["runs"][0]["id"])["status"] == "queued"
    ask("cancel", posted["runs"][0]["id"])
    assert posted["id"] in {one["id"] for one in ask("experiments")}
    assert len(ask("runs", "--experiment", live.experiment)) == 4
    assert ask("comparison", live.experiment)["baseline"] == "vanilla"
    assert ask("report", run)["examples"] > 0
    assert ask("diff", run, other, status=1)["provenance"]
    assert ask("report", run, "--html", folder / "r.html") == {"written": str(folder / "r.html")}
    assert len(ask("examples", run, "--limit", 3)) == 3
    assert ask("examples", run, "--export", folder / "e.csv") == {"written": str(folder / "e.csv")}

    table = write_predictions(predictions(60), folder / "votes.csv")
    assert ask("analyze", table, "--spec", '{"resamples": 100}')["examples"] == 60
    assert ask("analyses")[0]["name"] == "votes.csv"

    data = write("data.csv", as_csv({name: [*values] * 10 for name, values in GOOD.items()}))
    sent = ask("datasets upload", data)
    assert sent["state"] == ask("dataset", sent["id"])["state"] == "ready"
    assert ask("datasets")[0]["id"] == sent["id"]
    assert ask("datasets delete", sent["id"]) == {"deleted": sent["id"]}

    assert ask("promote", run, "best")["name"] == "best"
    assert "best" in {one["name"] for one in ask("models")}
    examples = write("examples.json", {"examples": [{"x": {"x1": [1.0], "x2": [0.0]}}]})
    assert len(ask("score", "best", examples)) == 1
    (packed := folder / "packed").mkdir()
    (packed / "metadata.csv").write_text("x1:0,x2:0\n1,0\n-1,0.5\n")
    assert [one["example_id"] for one in ask("score", "best", packed)] == ["0", "1"]
    [one] = ask("score", "best", "--part", "x1=[1.0]", "--part", "x2=[0.0]", "--part", "example_id=mine")
    assert one["example_id"] == "mine"
    assert one["confidence"] == ask("score", "best", examples)[0]["confidence"]
    first, second = [one.example_id for one in live.client.runs.examples(run, limit=2)]
    assert ask("cross", "best", first, second)
    assert ask("models delete", "best") == {"deleted": "best"}

    made = ask("keys create", "laptop")
    mine = next(key for key in ask("keys list") if made["key"].startswith(f"synib_{key['prefix']}_"))
    assert ask("keys revoke", mine["id"]) == {"revoked": mine["id"]}

    assert ask("planner", "0.05")["by_world"]
    settings = ("-n", 50, "--repetitions", 2, "--estimator", "binned")
    assert ask("playground", "gaussian-xor", *settings)["repetitions"] == 2
    assert ask("study", "pid_xor")["name"] == "pid_xor"
    assert ask("certify")["checks"]
    scores = {"train": [-1.5, 0.2], "valid": [1.0], "test": [2.6]}
    pickled = write("mosi.pkl", pickle.dumps(multibench(scores), 4))
    assert ask("convert", "multibench", pickled, folder / "mosi.npz", "--benchmark", "mosi")["examples"]
    migrated = subprocess.run(
        [sys.executable, "-m", "app.cli", "migrate", "--json"],
        env=os.environ | {"SYNIB_DATABASE_URL": postgres_url}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(migrated.stdout)["revision"]
    assert covered | {"migrate"} == COMMANDS.keys()


@pytest.mark.slow
def test_what_runs_the_service_prints_json_too(tmp_path: Path) -> None:
    spec, folder = tmp_path / "tiny.json", tmp_path / "report"
    spec.write_text(json.dumps(SPEC | {"replication": {"seeds": 1}}))
    command = [sys.executable, "-m", "app.cli", "demo", str(spec), "--out", str(folder), "--json"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    told = json.loads(shown.stdout)
    assert (told["report"], told["comparison"]["baseline"]) == (str(folder), "vanilla")
    assert "Starting SynIB" in shown.stderr

    env = os.environ | {"SYNIB_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "app.cli", "up", "--port", "0", "--json"]
    up = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert up.stdout
    ready = json.loads(up.stdout.readline())
    up.send_signal(signal.SIGINT)
    up.communicate(timeout=60)
    assert (ready["url"].startswith("http://127.0.0.1:"), up.returncode) == (True, 130)
