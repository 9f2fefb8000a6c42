"""The environment is the pinned one, and the commands that everybody starts with are what they say."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = ["setup", "demo", "up", "test", "lint", "format", "bench", "clean"]


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def installed(package: str) -> str | None:
    """Without the build that a local version names, as in 2.13.0+cpu."""
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return None


def test_python_is_recent_enough() -> None:
    assert sys.version_info >= (3, 11)


def test_what_is_installed_is_what_is_pinned() -> None:
    differing = {
        package: (wanted, found)
        for package, wanted in pinned().items()
        if (found := installed(package)) not in (wanted, None)
    }
    assert differing == {}


def test_torchaudio_computes_beside_this_torch() -> None:
    command = [sys.executable, ROOT / "scripts" / "torchaudio_without_cuda.py"]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("target", TARGETS)
def test_every_command_makes_the_environment_first(target: str) -> None:
    rule = re.search(rf"(?m)^{target}:(.*)##", MAKEFILE)
    assert rule, "every target has its line in `make help`"
    assert target == "clean" or "$(READY)" in rule[1]


def test_continuous_integration_runs_the_linters_and_the_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "set -euo pipefail" in script
    assert re.findall(r"(?m)^make \w+$", script) == ["make lint", "make test"]
