"""Accuracy under noise and under gaps within a modality."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.xy import XY, Axis, Curve, Spot
from app.dashboard.report.table import Table
from app.dashboard.report.wording import ends, share
from synib.evaluation.sentences import percent
from synib.report import Report
from synib.report.robustness import NoiseCurve

UNITS = {
    "noise": "noise, standard deviations of the coordinate in training",
    "gap": "share of the modality that is missing",
}
WORDS = {"noise": "noise", "gap": "gaps"}


def noise(report: Report) -> list[Chart]:
    """A chart for each kind of disturbance that was tried."""
    if report.noise is None:
        return []
    kinds = dict.fromkeys(curve.kind for curve in report.noise.curves)
    return [_chart(report, kind, [c for c in report.noise.curves if c.kind == kind]) for kind in kinds]


def _chart(report: Report, kind: str, found: list[NoiseCurve]) -> Chart:
    assert report.noise is not None
    curves = [
        Curve(
            f"accuracy, {WORDS[kind]} in {'+'.join(one.modalities)}",
            [
                Spot(
                    level,
                    right.value,
                    right.low,
                    right.high,
                    title=f"{level:g}: right on {percent(right.value)}",
                )
                for level, right in zip(one.levels, one.accuracy, strict=True)
            ],
            1 + index % 8,
        )
        for index, one in enumerate(found)
    ]
    worst = min(found, key=lambda one: one.worst.value)
    where, level = "+".join(worst.modalities), f"{worst.worst_level:g}"
    title = f"{WORDS[kind].capitalize()} in {where} cost most: {percent(worst.worst.value)} right at {level}"
    begin = worst.accuracy[0]
    said = (
        f"With {WORDS[kind]} in {where} it is right on {share(begin)} at {worst.levels[0]:g} and on"
        f" {share(worst.worst)} at {level}; nothing of this kind that was tried leaves less."
    )
    table = Table(
        (UNITS[kind], "in", "accuracy", "low", "high", "mean confidence"),
        [
            (level, "+".join(one.modalities), *ends(right), sure)
            for one in found
            for level, right, sure in zip(one.levels, one.accuracy, one.confidence, strict=True)
        ],
    )
    lowest = min((s.low if s.low is not None else s.y for c in curves for s in c.spots), default=0.0)
    plot = XY(
        Axis(UNITS[kind], (0.0, max(max(one.levels) for one in found))),
        Axis("accuracy", (max(0.0, min(0.5, lowest - 0.05)), 1.0)),
        curves[:7],
    )
    return Chart(f"noise-{kind}", title, said, plot, table, report.noise.n)
