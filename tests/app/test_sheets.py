"""What a report's sheet says in words."""

import pytest

from app.cli import sheets
from synib.evaluation.evaluate import evaluate
from tests.synib.evaluation.oracles import AND, Finished, Oracle, experiment, population


@pytest.fixture(scope="module")
def report():
    return evaluate(Finished(Oracle(AND)), population(AND, 1), experiment(), 0, 0)[0]


def test_f1_is_told_by_class_with_intervals(report):
    [line] = [line for line in sheets.findings(report) if line.startswith("Macro-F1")]
    first, second = report.classes
    assert line == (
        f"Macro-F1 {sheets.with_interval(report.macro_f1)}; by class: "
        f"{first} {sheets.with_interval(report.f1[first])}, "
        f"{second} {sheets.with_interval(report.f1[second])}."
    )


def test_many_classes_are_not_all_named(report):
    many = {f"class {number}": report.macro_f1 for number in range(19)}
    [line] = [
        line
        for line in sheets.findings(report.model_copy(update={"f1": many}))
        if line.startswith("Macro-F1")
    ]
    assert line.endswith(" and 11 more.")
    assert "class 8" not in line


def test_a_report_from_before_there_was_f1_has_no_line_of_it(report):
    old = report.model_copy(update={"f1": None, "macro_f1": None})
    assert not any("F1" in line for line in sheets.findings(old))
