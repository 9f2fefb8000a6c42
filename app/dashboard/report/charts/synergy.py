"""What is only in the combination, by every estimator in bits, each against its own null."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, span, thing
from synib.evaluation.sentences import bits, p_value
from synib.report import Report

NAMES = {"mmi": "most generous measure", "broja": "BROJA", "at_least": "strictest measure"}


def synergy(report: Report) -> Chart:
    """The headline first, then the ladder of estimators in bits."""
    found = report.synergy
    rows, cells = [], []
    first = found.estimate
    band = (min(0.0, found.null.mean), found.null.q95)
    rows.append(Row("headline", [Mark(first.value, first.low, first.high)], amount(first, 3), band=band))
    cells.append(
        (
            "headline",
            first.value,
            first.low,
            first.high,
            found.null.mean,
            found.null.q95,
            found.null.p,
            None,
            report.examples,
        )
    )
    for one in report.measures or ():
        if one.name != "synergy" or one.unit != "bits":
            continue
        name, null = NAMES.get(one.method, one.method), one.null
        row = Row(
            name,
            [Mark(one.value, one.low, one.high, series=2)],
            span(one.value, one.low, one.high),
            band=(min(0.0, null.mean), null.q95) if null else None,
            needle=one.detectable,
        )
        rows.append(row)
        under = (null.mean, null.q95, null.p) if null else (None, None, None)
        cells.append((name, one.value, one.low, one.high, *under, one.detectable, one.n))
    chance = f"With nothing to find it is at most {bits(found.null.q95, 3)} bit in 19 of 20 draws"
    chance += f" ({found.null.draws:,} draws)"
    seen = [
        one.detectable
        for one in report.measures or ()
        if one.name == "synergy" and one.method == "mmi" and one.detectable
    ]
    needle = (
        f"; of the most generous measure, {bits(seen[0], 3)} bit would have shown 8 times of 10"
        if seen
        else ""
    )
    where = "only in the combination" if len(report.modalities) == 2 else "in no single modality"
    title = (
        f"{bits(first.value, 2)} bit are {where}, against a null below {bits(found.null.q95, 2)}"
        if found.found
        else f"No synergy found: {p_value(found.null.p)} against its null"
    )
    columns = ("estimator", "synergy, bits", "low", "high", "null mean", "null 95 %", "p", "could see", "n")
    plot = Rows(
        rows,
        "synergy, bits",
        lines=[(0.0, "nothing")],
        keys=[
            Entry("dot", 1, "headline, 95 % interval"),
            Entry("dot", 2, "other estimators"),
            Entry("band", 0, "null: 0 to its 95 % quantile"),
            Entry("needle", 0, "could have been seen"),
        ],
    )
    said = f"{found.sentence} {chance}{needle}."
    return Chart(
        "synergy",
        title,
        said,
        plot,
        Table(columns, cells),
        report.examples,
        thing(report),
        f"Null: {found.null.method}.",
    )
