"""The comparison: its verdict first, every seed and every trial to be seen."""

import re

import pytest

from app.dashboard.report.chart import WIDE
from app.dashboard.report.charts.all_trials import Tuned, all_trials
from app.dashboard.report.charts.forest import forest
from app.dashboard.report.charts.seeds import seeds
from app.dashboard.report.charts.trials import trials
from app.dashboard.report.picture import as_csv
from tests.app.dashboard.report.reports import report
from tests.app.dashboard.report.stored import answer, tuning


def test_the_forest_has_every_paired_difference_with_every_seed():
    chart = forest(answer())
    assert chart
    tests = [test for test in answer().attribution.tests if test.metric == "accuracy"]
    assert len(chart.table.rows) == len(tests) == 1
    row = dict(zip(chart.table.columns, chart.table.rows[0], strict=True))
    assert (row["method"], row["against"]) == ("synib", "vanilla")
    assert row["difference"] == pytest.approx((0.05 + 0.07 + 0.02) / 3)
    assert row["seeds"] == chart.n == 3
    drawn = chart.plot.draw(WIDE).svg()
    assert re.findall(r"seed (\d): ([+-][\d.]+) points", drawn) == [
        ("0", "+5.0"),
        ("1", "+7.0"),
        ("2", "+2.0"),
    ]
    assert chart.sentence.startswith(answer().sentence)
    assert chart.title == "No paired difference shows who is better"  # 3 seeds cannot
    assert chart.size == "n = 3 seeds"


def test_every_seed_of_every_metric_is_in_its_chart_and_table():
    found = {chart.id: chart for chart in seeds(answer())}
    assert set(found) == {f"seeds-{table.metric}" for table in answer().tables}
    chart = found["seeds-accuracy"]
    values = {(row[0], row[1]): row[2] for row in chart.table.rows}
    assert values[("vanilla", 1)] == 0.72
    assert values[("synib", 1)] == 0.79
    assert "highest with synib, 0.757" in chart.sentence
    assert chart.plot.draw(WIDE).svg().count('class="seed"') == 6 + 1  # and the legend's
    assert chart.title == "Accuracy: highest mean with synib"
    alike = found["seeds-nll"]  # no method has another one than the others
    assert alike.title == "NLL, bits: the same mean with every method"
    assert alike.sentence.startswith("Mean NLL, bits is the same with all")


def test_all_trials_are_counted_and_those_that_came_to_nothing_too():
    runs = [Tuned(method, seed, tuning(0.5)) for method in ("vanilla", "synib") for seed in (0, 1)]
    chart = all_trials(runs)
    assert chart
    assert chart.n == 12 == len(chart.table.rows)
    assert chart.title == "All 12 trials, 3 for each method and seed"
    drawn = chart.plot.draw(WIDE).svg()
    assert drawn.count(", chosen<") == 4
    assert drawn.count('class="seed"') == 4 + 1  # a chosen and a lost one for each, and the legend's
    assert "the loss is no number" in as_csv(chart)
    assert all_trials([]) is None


def test_a_run_tells_which_trial_was_chosen():
    told = report("together").model_copy(update={"tuning": tuning(0.5)})
    chart = trials(told)
    assert chart
    assert chart.title == "Trial 2 of 3 was chosen"
    assert chart.sentence.endswith("Chosen: trial 2 with 0.500. 1 came to nothing.")
    assert trials(report("together")) is None
