"""Who is better than whom: paired differences with intervals, every seed as a dot."""

from app.cli.sheets import FINDINGS
from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from synib.evaluation.sentences import count, p_value, points
from synib.report import Comparison, MetricRow, PairedTest

SERIES = {"better": 3, "worse": 4, "equivalent": 6, "no_better": 6, "undecided": 5}


def forest(answer: Comparison) -> Chart | None:
    """Accuracy in points; other metrics are in the tables."""
    tests = [test for test in answer.attribution.tests if test.metric == "accuracy"]
    if not tests:
        return None
    values = {row.method: row for table in answer.tables if table.metric == "accuracy" for row in table.rows}
    rows = [_row(test, values) for test in tests]
    decided = sum(test.finding in ("better", "worse") for test in tests)
    margin = 100 * tests[0].margin
    pairs = count(len(tests), "paired difference")
    said = (
        f"{answer.sentence} Of {pairs}, {decided} show who is better; differences below {margin:.1f} points"
        " do not matter. Intervals are over seeds; p is corrected by Holm."
    )
    columns = (
        *("question", "method", "against", "difference", "low", "high"),
        *("p", "p after Holm", "finding", "margin", "could see", "seeds"),
    )
    cells = [
        (
            *(t.question, t.method, t.against, t.difference.value, t.difference.low, t.difference.high),
            *(t.p, t.p_holm, FINDINGS[t.finding], t.margin, t.detectable, t.seeds),
        )
        for t in tests
    ]
    kinds = dict.fromkeys(test.finding for test in tests)
    keys = [Entry("dot", SERIES[kind], FINDINGS[kind]) for kind in kinds]
    keys += [Entry("seed", 0, "one seed"), Entry("margin", 0, f"± {margin:.1f} points: no difference")]
    plot = Rows(
        rows, "difference in accuracy, points", lines=[(0.0, "no difference")], keys=keys, margin=margin
    )
    shown = f"{decided} of {pairs} show" if decided else "No paired difference shows"
    title = f"{shown} who is better"
    return Chart(
        "forest", title, said, plot, Table(columns, cells), max(test.seeds for test in tests), "seed"
    )


def _row(test: PairedTest, values: dict[str, MetricRow]) -> Row:
    told, other = values[test.method], values[test.against]
    theirs = dict(zip(other.seeds, other.values, strict=True))
    dots = [
        (100 * (value - theirs[seed]), f"seed {seed}: {100 * (value - theirs[seed]):+.1f} points")
        for seed, value in zip(told.seeds, told.values, strict=True)
        if seed in theirs
    ]
    low, high = (None if end is None else 100 * end for end in (test.difference.low, test.difference.high))
    mark = Mark(100 * test.difference.value, low, high, SERIES[test.finding])
    reading = f"{points(test.difference).replace(' points', '')} {p_value(test.p_holm)}"
    return Row(f"{test.method} − {test.against}", [mark], reading, dots)
