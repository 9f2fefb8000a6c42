"""Comparison over seeds: hand-computed differences, and words that claim no more than the seeds carry."""

import subprocess
import sys

import numpy as np
import pytest

from synib.evaluation.compare import METRICS, RunOutcome, compare
from synib.evaluation.evaluate import evaluate
from synib.evaluation.verdict import seeds_needed
from synib.report import Report

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


def test_paired_difference_of_five_seeds_has_its_t_interval_and_exact_p(outcomes):
    base = np.array([0.70, 0.74, 0.69, 0.72, 0.73])
    table = compare(outcomes({"vanilla": [*base], "synib": [*(base + FIVE)]}), ["vanilla", "synib"]).tables[0]
    first, second = table.rows
    assert table.metric == "accuracy"
    assert (first.difference, first.p) == (None, None)
    assert second.p == 0.0625
    assert [100 * end for end in second.difference.model_dump().values()] == pytest.approx(
        [0.9, 0.478931, 1.321069], abs=1e-6
    )
    assert first.mean.value == pytest.approx(0.716)


def test_five_seeds_cannot_show_a_difference_and_the_sentence_says_how_many_can(outcomes):
    base = np.array([0.70, 0.74, 0.69, 0.72, 0.73])
    sentence = compare(
        outcomes({"vanilla": [*base], "synib": [*(base + FIVE)]}), ["vanilla", "synib"]
    ).sentence
    assert "vanilla is right on 71.6 % [69.0, 74.2] of the test examples (5 seeds)." in sentence
    assert "synib is right on 72.5 %" in sentence
    assert "+0.9 points [0.5, 1.3] against vanilla" in sentence
    assert "5 seeds cannot tell any difference from chance (smallest possible p = .062), 6 can" in sentence
    assert "significant" not in sentence


def test_six_seeds_can(outcomes):
    base = np.linspace(0.70, 0.75, 6)
    sentence = compare(
        outcomes({"vanilla": [*base], "synib": [*(base + np.linspace(0.01, 0.02, 6))]}), ["vanilla", "synib"]
    ).sentence
    assert "(p = .031), more than the choice of seeds explains" in sentence


def test_differences_of_both_signs_may_be_the_seeds(outcomes):
    base = np.full(6, 0.7)
    other = base + np.array([0.01, -0.01, 0.02, -0.02, 0.01, -0.015])
    sentence = compare(outcomes({"vanilla": [*base], "synib": [*other]}), ["vanilla", "synib"]).sentence
    assert "which the choice of seeds may explain" in sentence


def test_more_rivals_need_more_seeds(outcomes):
    assert [seeds_needed(rivals) for rivals in (1, 2, 3, 10)] == [6, 7, 7, 9]
    base = np.linspace(0.70, 0.75, 6)
    runs = outcomes({"vanilla": [*base], "a": [*(base + 0.01)], "b": [*(base + 0.02)]})
    sentence = compare(runs, ["vanilla", "a", "b"]).sentence
    assert (
        sentence.count("6 seeds cannot tell any difference from chance (smallest possible p = .062), 7 can")
        == 2
    )


def test_only_shared_seeds_are_paired_and_every_failure_is_named(outcomes):
    runs = outcomes({"vanilla": [0.7, 0.8, 0.9], "synib": [0.8, 0.8, 1.0]})
    runs[1] = RunOutcome("vanilla", 1, None, "its loss was not a number")
    comparison = compare(runs, ["vanilla", "synib"])
    first, second = comparison.tables[0].rows
    assert first.seeds == [0, 2]
    assert second.seeds == [0, 1, 2]
    assert second.difference.value == pytest.approx(0.1)
    assert comparison.excluded == ["vanilla, seed 1: its loss was not a number"]
    assert comparison.sentence.endswith("1 run is excluded.")


def test_one_seed_has_no_interval(outcomes):
    comparison = compare(outcomes({"vanilla": [0.7], "synib": [0.8]}), ["vanilla", "synib"])
    first, second = comparison.tables[0].rows
    assert (first.mean.low, first.mean.high, second.difference.low) == (None, None, None)
    assert second.p == 1
    assert (
        "synib is right on 80.0 % of the test examples (1 seed), +10.0 points against vanilla"
        in comparison.sentence
    )
    assert "1 seed cannot tell" in comparison.sentence


def test_one_method_is_described_and_compared_with_nothing(outcomes):
    sentence = compare(outcomes({"vanilla": [0.7, 0.8]}), ["vanilla"]).sentence
    assert sentence.startswith("vanilla is right on 75.0 %")
    assert "against" not in sentence


def test_without_the_first_method_no_difference_is_invented(outcomes):
    runs = [*outcomes({"synib": [0.7, 0.8]}), RunOutcome("vanilla", 0, None)]
    comparison = compare(runs, ["vanilla", "synib"])
    assert [row.method for row in comparison.tables[0].rows] == ["synib"]
    assert comparison.tables[0].rows[0].difference is None
    assert "No run of vanilla succeeded." in comparison.sentence
    assert comparison.excluded == ["vanilla, seed 0: no report"]


def test_nothing_that_succeeded_is_nothing_to_compare():
    comparison = compare([RunOutcome("vanilla", 0, None, "lost")], ["vanilla"])
    assert comparison.sentence == "No run succeeded: nothing to compare. 1 run is excluded."
    assert all(table.rows == [] for table in comparison.tables)


def test_two_runs_with_one_seed_are_refused(outcomes):
    runs = outcomes({"vanilla": [0.7]})
    with pytest.raises(ValueError, match="two runs with seed 0"):
        compare(runs * 2, ["vanilla"])


def test_a_run_of_an_unknown_method_is_refused(outcomes):
    with pytest.raises(ValueError, match="none of vanilla"):
        compare(outcomes({"synib": [0.7]}), ["vanilla"])


def test_every_metric_reads_its_own_number(some_report):
    values = {metric.name: metric.of(some_report) for metric in METRICS}
    assert values == {
        "accuracy": some_report.joint.accuracy.value,
        "nll": some_report.joint.nll,
        "brier": some_report.joint.brier,
        "ece": some_report.joint.ece,
        "synergy": some_report.synergy.estimate.value,
        "confidence_gap": some_report.confidence_gap.value,
    }


def test_the_service_can_compare_without_torch():
    code = "import synib.evaluation.compare, synib.evaluation.records, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
