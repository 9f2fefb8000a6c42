"""What happens to confidence when a modality is taken away."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, ends, thing
from synib.evaluation.sentences import listed, percent
from synib.report import Report


def removal(report: Report) -> Chart | None:
    """Mean change of confidence for every step down the lattice."""
    if report.removal is None:
        return None
    edges = report.removal.edges
    rows = [
        Row(
            f"{'+'.join(edge.seen)} without {edge.removed}",
            [Mark(edge.change.value, edge.change.low, edge.change.high, 4 if edge.incoherent else 1)],
            f"{amount(edge.change)}; rises on {percent(edge.rate.value)}",
        )
        for edge in edges
    ]
    wrong = [edge for edge in edges if edge.incoherent]
    if wrong:
        what = listed([f"{edge.removed} from {'+'.join(edge.seen)}" for edge in wrong])
        title = f"It is surer on the mean without {what}, as no coherent forecast is"
    else:
        title = "Taking a modality away is not shown to make it surer on the mean"
    table = Table(
        (
            "sees",
            "removed",
            "change of confidence",
            "low",
            "high",
            "share that rises",
            "low",
            "high",
            "mean rise there",
        ),
        [
            ("+".join(e.seen), e.removed, *ends(e.change), *ends(e.rate), e.size.value if e.size else None)
            for e in edges
        ],
    )
    keys = [Entry("dot", 1, "falls or stays, 95 % interval"), Entry("dot", 4, "rises, which is incoherent")]
    plot = Rows(
        rows,
        "mean change of confidence, probability",
        lines=[(0.0, "no change")],
        keys=keys[: 2 if wrong else 1],
    )
    return Chart("removal", title, report.removal.sentence, plot, table, report.examples, thing(report))
