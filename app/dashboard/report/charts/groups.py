"""Who is right on which examples: alone, together, or only together."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import group, thing
from synib.evaluation.sentences import percent
from synib.report import Report

SHOWN = 16
"""Bars; more modalities have more groups, and the table has them all."""


def groups(report: Report) -> Chart:
    """A bar for every group that has examples."""
    counts = sorted(report.group_counts.items(), key=lambda pair: -pair[1])
    n = report.examples
    shown = [(name, count) for name, count in counts if count][:SHOWN]
    rows = [
        Row(
            group(name),
            [
                Mark(
                    count / n,
                    series=2 if name == "only_joint" else 1,
                    shape="bar",
                    title=f"{group(name)}: {count:,} of {n:,}",
                )
            ],
            f"{percent(count / n)} ({count:,})",
            href=f"?group={name.replace('+', '%2B')}#examples",
        )
        for name, count in shown
    ]
    only = report.group_counts.get("only_joint", 0)
    wrong = report.group_counts.get("all_wrong", 0)
    said = (
        f"On {only:,} of {n:,} examples ({percent(only / n)}) no single modality is right and all together"
        f" are; on {wrong:,} nobody is. Noisy labels put some examples there, too."
    )
    title = f"{percent(only / n)} of the examples are right only together"
    table = Table(
        ("group", "who is right", "examples", "share"), [(k, group(k), c, c / n) for k, c in counts]
    )
    return Chart(
        "groups", title, said, Rows(rows, "share of examples", domain=(0.0, 1.0)), table, n, thing(report)
    )
