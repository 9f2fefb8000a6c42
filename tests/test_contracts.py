"""Who may import whom, and that what does not train does not load torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def python(code: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_arrows_between_packages_go_one_way() -> None:
    linted = python(
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "0 broken" in linted.stdout


@pytest.mark.parametrize(
    "modules",
    ["app.main", "app.cli.root, app.cli.watch, app.cli.demo", "app.client", "app.embedded.supervisor",
     "synib.spec, synib.plan, synib.yaml, synib.report", "worker.celery_app, worker.supervisor"],
)  # fmt: skip
def test_what_does_not_train_does_not_import_torch(modules: str) -> None:
    imported = python(f"import sys, {modules}; print('torch' in sys.modules)")
    assert imported.stdout == "False\n", imported.stderr


def test_help_loads_neither_client_nor_database() -> None:
    heavy = {"torch", "sqlalchemy", "httpx", "pydantic", "psutil", "yaml", "pyarrow"}
    asked = python(
        "import sys, app.cli; status = app.cli.run(['--help']); "
        f"print(status, sorted({heavy!r} & set(sys.modules)))"
    )
    assert asked.stdout.splitlines()[-1] == "0 []", asked.stdout + asked.stderr
