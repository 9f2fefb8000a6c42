"""What is written about the client is so: the notebook runs from end to end, and so does every snippet."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.client import AsyncClient
from tests.app.living import SPEC, Live

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "from_a_table_to_a_verdict.ipynb"
PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
OWN = "http://127.0.0.1:8000"


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_notebook_goes_from_a_table_to_a_verdict(
    live: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYNIB_URL", live.url)
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, NOTEBOOK.name, "exec"), names)
        if last is not None:
            assert repr(eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names))
    said = capsys.readouterr().out
    assert names["experiment"].status == "succeeded"
    assert names["comparison"].sentence in said
    assert len(names["accuracy"]) == len(names["experiment"].runs)
    # An ideal observer's table: the synergy is known from how the rows were made.
    assert names["found"].synergy.estimate.value == pytest.approx(names["truth"], abs=0.01)
    assert names["report"].synergy.estimate.value == pytest.approx(names["truth"], abs=0.2)
    assert names["page"].read_text().startswith("<!doctype html>")


def test_the_notebook_is_committed_without_what_a_run_leaves() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert NOTEBOOK.stat().st_size < 20_000


def test_the_python_of_the_page_runs(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for snippet in snippets("python"):
        exec(compile(snippet.replace(OWN, live.url), "docs/client.md", "exec"), names)
    names["synib"].close()
    said = capsys.readouterr().out
    assert names["comparison"].sentence in said
    assert "422 invalid_spec" in said
    assert "did you mean vanilla?" in said
    assert len(names["by_seed"]) == 2 * len(names["by_method"])


@pytest.mark.slow
def test_the_commands_of_the_page_run(live: Live, tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text(json.dumps(SPEC))
    script = "\n".join(snippets("sh"))
    script = script.replace("EXPERIMENT", live.experiment).replace("RUN", live.run("synib"))
    env = os.environ | {
        "SYNIB_URL": live.url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "comparison.json").read_text())["baseline"] == "vanilla"
    assert (tmp_path / f"{live.run('synib')}.html").exists()


def test_the_page_names_every_method_there_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.split("## With await", 1)[0], re.MULTILINE)
    listed = {
        resource: set(re.findall(r"`(\w+)`", text)) for resource, text in rows
    }  # not `experiments.submit`
    client = AsyncClient(OWN)
    there = {
        name: {method for method, _ in inspect.getmembers(resource, callable) if not method.startswith("_")}
        for name, resource in vars(client).items()
        if name != "transport"
    }
    assert listed == there
