"""Comparison over seeds: hand-computed differences, and words that claim no more than the seeds carry."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from synib.evaluation.compare import METRICS, RunOutcome, compare
from synib.evaluation.evaluate import evaluate
from synib.report import Report
from synib.spec import Experiment, parse_experiment

from .oracles import AND, Finished, Oracle, experiment, population


@pytest.fixture(scope="module")
def some_report() -> Report:
    return evaluate(Finished(Oracle(AND)), population(AND, 1), experiment(), 0, 0)[0]


@pytest.fixture
def outcomes(some_report):
    """{method: accuracies of seeds 0, 1, …} to runs that succeeded."""

    def make(accuracies: dict[str, list[float]]) -> list[RunOutcome]:
        return [
            RunOutcome(method, seed, with_accuracy(some_report, value))
            for method, values in accuracies.items()
            for seed, value in enumerate(values)
        ]

    return make


def with_accuracy(report: Report, value: float) -> Report:
    accuracy = report.joint.accuracy.model_copy(update={"value": value})
    return report.model_copy(update={"joint": report.joint.model_copy(update={"accuracy": accuracy})})


FIVE = np.array([0.8, 1.1, 0.4, 0.9, 1.3]) / 100


def asked(*kinds: str) -> Experiment:
    methods = [{"kind": kind} for kind in kinds]
    return parse_experiment({"dataset": {"kind": "noisy_xor"}, "methods": methods})


TWO = asked("vanilla", "synib")


def test_paired_difference_of_five_seeds_has_its_t_interval_and_exact_p(outcomes):
    base = np.array([0.70, 0.74, 0.69, 0.72, 0.73])
    table = compare(outcomes({"vanilla": [*base], "synib": [*(base + FIVE)]}), TWO).tables[0]
    first, second = table.rows
    assert table.metric == "accuracy"
    assert (first.difference, first.p) == (None, None)
    assert second.p == 0.0625
    assert [100 * end for end in second.difference.model_dump().values()] == pytest.approx(
        [0.9, 0.478931, 1.321069], abs=1e-6
    )
    assert first.mean.value == pytest.approx(0.716)
    assert first.middle == pytest.approx(np.sort(first.values) @ [0, 0.3, 0.4, 0.3, 0])


def test_five_seeds_cannot_show_a_difference_and_the_sentence_says_how_many_can(outcomes):
    base = np.array([0.70, 0.74, 0.69, 0.72, 0.73])
    sentence = compare(outcomes({"vanilla": [*base], "synib": [*(base + FIVE)]}), TWO).sentence
    assert "+0.9 points [0.5, 1.3] accuracy against vanilla" in sentence
    assert "5 seeds cannot tell any difference from chance (smallest possible p = .062), 6 can" in sentence


def test_more_methods_need_more_seeds_than_six(outcomes):
    base = np.linspace(0.70, 0.75, 6)
    runs = {"vanilla": [*base], "synib": [*(base + 0.01 + 0.001 * base)]}
    assert "(6 seeds, p = .031)" in compare(outcomes(runs), TWO).sentence
    more = outcomes(runs | {"label_smoothing": [*(base - 0.02)]})
    sentence = compare(more, asked("vanilla", "synib", "label_smoothing")).sentence
    assert "6 seeds cannot tell any difference from chance (smallest possible p = .062), 7 can" in sentence


def test_only_shared_seeds_are_paired_and_every_failure_is_named(outcomes):
    runs = outcomes({"vanilla": [0.7, 0.8, 0.9], "synib": [0.8, 0.8, 1.0]})
    runs[1] = RunOutcome("vanilla", 1, None, "its loss was not a number")
    comparison = compare(runs, TWO)
    first, second = comparison.tables[0].rows
    assert first.seeds == [0, 2]
    assert second.seeds == [0, 1, 2]
    assert second.difference.value == pytest.approx(0.1)
    assert comparison.excluded == ["vanilla, seed 1: its loss was not a number"]
    assert comparison.attribution.paragraph.endswith("1 run is excluded.")


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_seeds_have_no_interval(outcomes, seeds):
    comparison = compare(outcomes({"vanilla": [0.7, 0.71][:seeds], "synib": [0.8, 0.82][:seeds]}), TWO)
    first, second = comparison.tables[0].rows
    assert (first.mean.low, first.mean.high, second.difference.low) == (None, None, None)
    assert "too few for an interval or a test" in comparison.sentence
    assert comparison.attribution.preliminary


def test_no_interval_leaves_what_the_metric_can_reach(outcomes):
    accuracy = compare(outcomes({"vanilla": [0.99, 1.0, 0.9]}), asked("vanilla")).tables[0].rows[0].mean
    assert accuracy.high == 1
    assert 0.8 < accuracy.low < 0.9


def test_one_method_is_described_and_compared_with_nothing(outcomes):
    comparison = compare(outcomes({"vanilla": [0.7, 0.8]}), asked("vanilla"))
    assert comparison.tables[0].rows[0].mean.value == pytest.approx(0.75)
    assert comparison.attribution.tests == []
    assert comparison.sentence == "Nothing to attribute: no method is a SynIB that withholds."


def test_without_the_first_method_no_difference_is_invented(outcomes):
    runs = [*outcomes({"synib": [0.7, 0.8]}), RunOutcome("vanilla", 0, None)]
    comparison = compare(runs, TWO)
    assert [row.method for row in comparison.tables[0].rows] == ["synib"]
    assert comparison.tables[0].rows[0].difference is None
    assert comparison.sentence == "Undecided: synib and vanilla have no seed in common."
    assert "No run of vanilla succeeded." in comparison.attribution.paragraph
    assert comparison.excluded == ["vanilla, seed 0: no report"]


def test_nothing_that_succeeded_is_nothing_to_compare():
    comparison = compare([RunOutcome("vanilla", 0, None, "lost")], asked("vanilla"))
    assert comparison.attribution.paragraph == "No run succeeded: nothing to compare. 1 run is excluded."
    assert all(table.rows == [] for table in comparison.tables)


def test_two_runs_with_one_seed_are_refused(outcomes):
    runs = outcomes({"vanilla": [0.7]})
    with pytest.raises(ValueError, match="two runs with seed 0"):
        compare(runs * 2, asked("vanilla"))


def test_a_run_of_an_unknown_method_is_refused(outcomes):
    with pytest.raises(ValueError, match="none of vanilla"):
        compare(outcomes({"synib": [0.7]}), asked("vanilla"))


def test_examples_and_seconds_of_the_runs_tell_where_and_how_slow(outcomes, some_report):
    base = np.linspace(0.70, 0.75, 3)
    groups = np.resize([0, 1, some_report.groups.index("only_joint")], 90).astype(np.int16)
    runs = [
        replace(run, groups=groups, seconds=10.0 * (1 + (run.method == "synib")) + run.seed)
        for run in outcomes({"vanilla": [*base], "synib": [*base]})
    ]
    found = compare(runs, TWO).attribution
    assert [(row.group, row.examples, row.difference.value) for row in found.where] == [
        ("together", 60, 0.0),
        ("alone", 30, 0.0),
    ]
    assert found.slowdown == {"synib": pytest.approx(21 / 11)}
    assert "60 examples, few, that no single modality gets right" in found.paragraph
    assert "a run takes 1.9 times as long" in found.paragraph
    runs[0] = replace(runs[0], groups=groups[:80])
    with pytest.raises(ValueError, match="80 and 90 test examples"):
        compare(runs, TWO)


def test_every_metric_reads_its_own_number(some_report):
    values = {metric.name: metric.of(some_report) for metric in METRICS}
    assert values == {
        "accuracy": some_report.joint.accuracy.value,
        "macro_f1": some_report.macro_f1.value,
        "nll": some_report.joint.nll,
        "brier": some_report.joint.brier,
        "ece": some_report.joint.ece,
        "synergy": some_report.synergy.estimate.value,
        "confidence_gap": some_report.confidence_gap.value,
    }


def test_reports_from_before_there_was_f1_are_compared_by_the_rest(outcomes):
    runs = [
        replace(run, report=run.report.model_copy(update={"macro_f1": None, "f1": None}))
        for run in outcomes({"vanilla": [0.7, 0.71, 0.72], "synib": [0.8, 0.81, 0.82]})
    ]
    tables = {table.metric: table for table in compare(runs, TWO).tables}
    assert tables["macro_f1"].rows == []
    assert len(tables["accuracy"].rows) == 2


def test_the_service_can_compare_without_torch():
    code = "import synib.evaluation.compare, synib.evaluation.records, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
