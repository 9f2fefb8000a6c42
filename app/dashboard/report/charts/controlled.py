"""The examples that need the combination, against everybody who does not combine."""

from collections.abc import Sequence

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Cell, Table
from app.dashboard.report.wording import ends, share, thing
from synib.evaluation.sentences import points
from synib.report import Report


def controlled(report: Report) -> Chart | None:
    """Accuracy of the joint forecast and of its controls where every single modality is wrong."""
    strict = report.subset.subsets[0] if report.subset else None
    if strict is None or strict.excess is None:
        return None
    excess, joint = strict.excess, strict.excess.accuracy
    rows = [Row("all together", [Mark(joint.value, joint.low, joint.high)], share(joint))]
    rows += [
        Row(
            one.name,
            [Mark(one.accuracy.value, one.accuracy.low, one.accuracy.high, 6, "diamond")],
            share(one.accuracy),
        )
        for one in excess.controls
    ]
    if strict.ceiling:
        best = strict.ceiling.accuracy
        rows.append(Row("ceiling", [Mark(best.value, best.low, best.high, 5, "diamond")], share(best)))
    cells: list[Sequence[Cell]] = [("all together", *ends(joint), None, None, None)]
    cells += [(one.name, *ends(one.accuracy), one.excess.value, one.p, one.note) for one in excess.controls]
    if excess.found:
        better = points(excess.excess).split(" [")[0]
        title = f"Where every single modality is wrong, all together do {better} better than {excess.over}"
    else:
        title = f"Where every single modality is wrong, all together are not shown to beat {excess.over}"
    table = Table(("who", "accuracy", "low", "high", "joint does better by", "p", "note"), cells)
    keys = [Entry("dot", 1, "all together"), Entry("diamond", 6, "controls"), Entry("diamond", 5, "ceiling")]
    plot = Rows(
        rows, "accuracy on these examples", domain=(0.0, 1.0), keys=keys[: 3 if strict.ceiling else 2]
    )
    n = round(strict.n)
    return Chart("controlled", title, strict.sentence, plot, table, n, f"{thing(report)}", strict.note)
