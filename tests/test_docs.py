"""The documents say what is so: their code runs, their lists are complete, their links lead somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from synib.spec import parse_experiment
from synib.yaml import load_yaml

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_training_loop_of_the_readme_trains():
    code = next(block for block in blocks("python") if "from synib import SynIB" in block)
    namespace: dict[str, object] = {}
    exec(code, namespace)
    losses = namespace["losses"]
    assert losses.penalty.item() > 0
    assert losses.corrupted.item() == 1


def test_the_experiment_of_the_readme_is_one():
    experiment = parse_experiment(load_yaml(blocks("yaml")[0]))
    assert [method.kind for method in experiment.methods] == ["vanilla", "synib"]


def test_the_commands_of_the_readme_exist():
    commands = re.findall(r"(?:\.venv/bin/|exec api )synib ([a-z]+)", README)
    helped = subprocess.run(
        [sys.executable, "-m", "app.cli", "--help"], capture_output=True, text=True, check=True
    )
    assert {"submit", "report", "examples", "cancel", "resume", "comparison", "keys"} <= set(commands)
    assert all(f" {command} " in helped.stdout for command in commands)


def test_the_make_targets_of_the_readme_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)) <= set(targets)


MADE = """
import json
from scripts import api_reference, pictures, reference
print(json.dumps({
    "reference.md": reference.page(),
    **api_reference.pages(),
    **{f"pictures/{name}.svg": draw() for name, draw in pictures.PICTURES.items()},
}))
"""


def test_what_is_made_from_the_code_is_what_the_code_says():
    # In a process of its own: what tests register as problems would be in the list of all problems.
    made = subprocess.run([sys.executable, "-c", MADE], cwd=ROOT, capture_output=True, text=True, check=True)
    for name, text in json.loads(made.stdout).items():
        assert text == (ROOT / "docs" / name).read_text(), f"{name} is old; call `make reference`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_defect_found_elsewhere_names_tests_that_are_there():
    rows = (ROOT / "docs" / "defects.md").read_text().split("|---|---|---|\n")[1].splitlines()
    tests = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert all(named)
    assert {name for names in named for name in names} <= tests
