"""docs/theory.md: every statement has a test, and every test of tests/synib/theory a statement."""

import re

import pytest

from tests.synib.theory.page import PAGE, ROOT, statements

FOLDER = ROOT / "tests" / "synib" / "theory"


def claimed() -> dict[str, int]:
    """Test to the number of the statement that its docstring names."""
    found = {}
    for path in sorted(FOLDER.glob("test_*.py")):
        parts = re.split(r"^def (test_\w+)\(", path.read_text(), flags=re.MULTILINE)
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            number = re.search(r'^    """Statement (\d+)\."""$', body, re.MULTILINE)
            assert number is not None, f"{name} names no statement"
            found[f"{path.relative_to(ROOT)}::{name}"] = int(number[1])
    return found


def test_statements_are_numbered_in_order() -> None:
    assert list(statements()) == list(range(1, len(statements()) + 1))


def test_every_statement_names_its_tests_and_every_test_its_statement() -> None:
    named = [
        (test, number)
        for number, text in statements().items()
        for test in re.findall(r"`(tests/synib/[\w/]+\.py::test_\w+)`", text)
    ]
    assert sorted(named) == sorted(claimed().items())
    assert {number for _, number in named} == set(statements())


@pytest.mark.parametrize("part", ["*Proof.* ", "*So* ", "Checked by"])
def test_every_statement_is_proved_and_has_a_consequence(part: str) -> None:
    assert [number for number, text in statements().items() if part not in text] == []


def test_what_is_referred_to_exists() -> None:
    body = PAGE.split("**Statement 1")[0] + "".join(statements().values())
    for number in re.findall(r"\b[Ss]tatements? (\d+)", body):
        assert int(number) in statements()
