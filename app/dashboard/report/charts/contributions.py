"""What each modality adds to the probability of the label, and what only the interaction does."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, ends, span, thing
from synib.evaluation.sentences import bits, listed
from synib.report import Estimate, Measure, Report

GAPS = {"emap_gap": "EMAP gap, accuracy", "late_fusion_gap": "late-fusion gap, accuracy"}


def contributions(report: Report) -> Chart | None:
    """Shapley values as bars, with what an additive model could not do below them."""
    if report.games is None or not report.games.contributions:
        return None
    parts = report.games.contributions
    rows = [
        Row(
            f"{p.modality}, probability",
            [Mark(p.shapley.value, p.shapley.low, p.shapley.high, 1, "bar")],
            amount(p.shapley),
        )
        for p in parts
    ]
    gaps = [one for one in report.measures or () if one.name in GAPS]
    rows += [
        Row(
            GAPS[g.name],
            [Mark(g.value, g.low, g.high, 2, "bar")],
            span(g.value, g.low, g.high, 2),
            needle=g.detectable,
        )
        for g in gaps
    ]
    cells = [("Shapley value", p.modality, "probability", *ends(p.shapley), report.examples) for p in parts]
    cells += [
        ("MM-SHAP", p.modality, "share", *ends(p.share), report.examples)
        for p in parts
        if p.share is not None
    ]
    cells += [(GAPS[g.name].split(",")[0], "all", g.unit, g.value, g.low, g.high, g.n) for g in gaps]
    best, *others = sorted(parts, key=lambda part: -part.shapley.value)
    total = sum(part.shapley.value for part in parts)
    values = listed([f"{part.modality} {amount(part.shapley)}" for part in parts])
    said = (
        f"Mean Shapley values on the label's probability: {values}; together {bits(total, 2)} above what is"
        " said where nothing is seen. Interactions are shared out among them"
    )
    said += f"; the {_lost(gaps[0])}." if gaps else "."
    if all(_apart(best.shapley, other.shapley) for other in others):
        title = f"{best.modality} adds most to the label's probability: {bits(best.shapley.value, 2)}"
    else:
        title = "No modality is shown to add more to the label's probability than the others"
    keys = [Entry("bar", 1, "Shapley value, 95 % interval")]
    if gaps:
        keys += [Entry("bar", 2, "lost without interactions"), Entry("needle", 0, "could have been seen")]
    plot = Rows(rows, "probability of the label · accuracy", lines=[(0.0, "")], keys=keys)
    columns = ("measure", "modality", "unit", "value", "low", "high", "n")
    return Chart("contributions", title, said, plot, Table(columns, cells), report.examples, thing(report))


def _apart(more: Estimate, less: Estimate) -> bool:
    """Whether the intervals do not touch."""
    return more.low is not None and less.high is not None and more.low > less.high


def _lost(gap: Measure) -> str:
    """What an additive model does not have, in words."""
    name, _, unit = GAPS[gap.name].partition(", ")
    return f"{name} is {span(gap.value, gap.low, gap.high, 2)} of {unit}"
