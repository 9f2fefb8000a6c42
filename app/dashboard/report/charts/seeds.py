"""Every method's value with every seed, a chart for each metric."""

from app.cli.sheets import NAMES, with_interval
from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from synib.evaluation.sentences import count
from synib.report import Comparison, MetricTable

BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": "neither is better"}


def seeds(answer: Comparison) -> list[Chart]:
    """Accuracy, NLL, Brier, ECE, synergy and confidence gap."""
    return [_chart(table) for table in answer.tables if any(row.seeds for row in table.rows)]


def _chart(table: MetricTable) -> Chart:
    name = NAMES[table.metric]
    rows = [
        Row(
            row.method,
            [Mark(row.mean.value, row.mean.low, row.mean.high)],
            with_interval(row.mean),
            [
                (value, f"{row.method}, seed {seed}: {value:.4g}")
                for seed, value in zip(row.seeds, row.values, strict=True)
            ],
        )
        for row in table.rows
        if row.seeds
    ]
    told = [row for row in table.rows if row.seeds]
    best = (min if table.better == "lower" else max)(told, key=lambda row: row.mean.value)
    most = max(len(row.seeds) for row in told)
    way = "lowest" if table.better == "lower" else "highest"
    alike = all(row.mean.value == best.mean.value for row in told)
    title = f"{name[0].upper()}{name[1:]}: " + (
        "the same mean with every method" if alike else f"{way} mean with {best.method}"
    )
    intervals = (
        "intervals are of the mean over seeds"
        if any(r.mean.low is not None for r in told)
        else "too few for intervals"
    )
    over = count(len(best.seeds), "seed")
    said = (
        f"Mean {name} is {'the same with all' if alike else f'{way} with {best.method}'},"
        f" {with_interval(best.mean)} over {over};"
        f" {BETTER[table.better]}. {intervals[0].upper()}{intervals[1:]}; who is shown to be better than whom"
        " is told by the paired differences."
    )
    cells = [
        (row.method, seed, value, row.mean.value, row.mean.low, row.mean.high, row.middle)
        for row in told
        for seed, value in zip(row.seeds, row.values, strict=True)
    ]
    keys = [Entry("dot", 1, "mean, 95 % interval"), Entry("seed", 0, "one seed")]
    columns = ("method", "seed", name, "mean of all seeds", "low", "high", "interquartile mean")
    return Chart(
        f"seeds-{table.metric}", title, said, Rows(rows, name, keys=keys), Table(columns, cells), most, "seed"
    )
