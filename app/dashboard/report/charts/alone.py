"""What each modality knows of the label alone."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, ends, share, thing, whole
from synib.evaluation.sentences import bits, listed
from synib.report import Report


def alone(report: Report) -> Chart:
    """Information of each modality alone beside that of all together, bits."""
    full = whole(report)
    rows = [
        Row(
            one.modality,
            [Mark(one.information.value, one.information.low, one.information.high)],
            amount(one.information),
        )
        for one in report.alone
    ]
    joint = report.joint.information
    rows.append(Row(full, [Mark(joint.value, joint.low, joint.high, series=2)], amount(joint)))
    best = max(report.alone, key=lambda one: one.information.value)
    told = listed([f"{one.modality} {amount(one.information)}" for one in report.alone])
    own = ", ".join(f"{bits(value, 2)} unique to {name}" for name, value in report.unique.items())
    said = (
        f"Bits of the label that each tells alone: {told}."
        f" {bits(report.redundant, 2)} bit are in a second modality, too; {own} (MMI)."
    )
    if all((one.information.low or 0.0) <= 0 for one in report.alone):
        title = "No modality alone is shown to know anything of the label"
    else:
        title = f"Alone, {best.modality} tells most: {amount(best.information)} bit of the label"
    table = Table(
        (
            "modality",
            "stands for it",
            "information, bits",
            "low",
            "high",
            "accuracy",
            "low",
            "high",
            "accuracy of its own head",
        ),
        [
            (one.modality, one.by, *ends(one.information), *ends(one.accuracy), share(one.head_accuracy))
            for one in report.alone
        ],
    )
    plot = Rows(
        rows,
        "information on the label, bits",
        lines=[(0.0, "nothing")],
        keys=[Entry("dot", 1, "one modality, 95 % interval"), Entry("dot", 2, "all together")],
    )
    return Chart("alone", title, said, plot, table, report.examples, thing(report))
