"""Whether the estimators agree: what each sees, in its own unit."""

from app.cli.ladder import SEES
from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from app.dashboard.report.wording import span, thing
from synib.report import Report

SERIES = {"synergy": 1, "none": 6, "less": 4, "unclear": 5}


def agreement(report: Report) -> Chart | None:
    """A row for every voice; nothing where nobody was asked."""
    said = report.agreement
    if said is None or not said.voices:
        return None
    rows = [
        Row(
            f"{voice.estimator}, {voice.unit}",
            [
                Mark(
                    voice.value,
                    voice.low,
                    voice.high,
                    SERIES[voice.sees],
                    "dot" if voice.sees == "synergy" else "diamond",
                )
            ],
            f"{span(voice.value, voice.low, voice.high, 2)} {SEES[voice.sees]}",
        )
        for voice in said.voices
    ]
    kinds = {voice.sees: None for voice in said.voices}
    keys = [
        Entry("dot" if kind == "synergy" else "diamond", SERIES[kind], f"sees: {SEES[kind]}")
        for kind in kinds
    ]
    seeing = sum(voice.sees == "synergy" for voice in said.voices)
    table = Table(
        ("estimator", "asks", "unit", "value", "low", "high", "sees"),
        [(v.estimator, v.asks, v.unit, v.value, v.low, v.high, SEES[v.sees]) for v in said.voices],
    )
    title = f"{said.verdict.capitalize()}: {seeing} of {len(said.voices)} estimators see synergy"
    plot = Rows(rows, "value, each in its own unit", lines=[(0.0, "nothing")], keys=keys)
    return Chart("agreement", title, said.sentence, plot, table, report.examples, thing(report))
