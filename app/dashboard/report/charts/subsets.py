"""How often the model is right, and how sure it is, with all modalities and with fewer."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import NOTHING, ends, seen, share, thing, whole
from synib.evaluation.sentences import percent
from synib.report import Report


def subsets(report: Report) -> Chart:
    """Accuracy with its interval and mean confidence, a row for every subset that was asked."""
    full = whole(report)
    order = [full, *(name for name in reversed(report.subsets) if name != full)]
    guess = max(report.base_rate)
    rows = [
        Row(
            seen(name, full),
            [
                Mark(
                    one.confidence,
                    series=2,
                    shape="diamond",
                    title=f"{name}: mean confidence {percent(one.confidence)}",
                ),
                Mark(
                    one.accuracy.value,
                    one.accuracy.low,
                    one.accuracy.high,
                    title=f"{name}: right on {share(one.accuracy)}",
                ),
            ],
            share(one.accuracy),
        )
        for name, one in ((name, report.by_subset[name]) for name in order)
    ]
    fewer = [name for name in report.subsets if name != full]
    said = f"Right on {share(report.joint.accuracy)} with {full}"
    title = f"With {full} it is right on {percent(report.joint.accuracy.value)}"
    if fewer:
        best = max(fewer, key=lambda name: report.by_subset[name].accuracy.value)
        said += f"; with fewer modalities at most on {share(report.by_subset[best].accuracy)} ({best})"
        title += f", with fewer modalities at most on {percent(report.by_subset[best].accuracy.value)}"
    said += f". Class frequencies alone would be right on about {percent(guess)}."
    table = Table(
        ("it sees", "accuracy", "low", "high", "mean confidence", "NLL, bits", "Brier", "ECE"),
        [
            (seen(name, full), *ends(one.accuracy), one.confidence, one.nll, one.brier, one.ece)
            for name, one in ((name, report.by_subset[name]) for name in order)
        ],
    )
    plot = Rows(
        rows,
        "share of examples that it is right on · mean confidence",
        lines=[(guess, NOTHING)],
        domain=(0.0, 1.0),
        keys=[Entry("dot", 1, "accuracy, 95 % interval"), Entry("diamond", 2, "mean confidence")],
    )
    return Chart("subsets", title, said, plot, table, report.examples, thing(report))
