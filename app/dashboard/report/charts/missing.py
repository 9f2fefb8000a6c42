"""Accuracy when modalities are missing at a rate."""

from collections.abc import Sequence

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.xy import XY, Axis, Curve, Spot
from app.dashboard.report.table import Cell, Table
from app.dashboard.report.wording import ends, thing
from synib.evaluation.sentences import listed, percent
from synib.report import Report
from synib.report.robustness import MissingCurve, MissingPoint


def missing(report: Report) -> Chart | None:
    """A curve for all modalities missing alike, one for each alone, and the late fusion's to compare with."""
    if report.missing is None:
        return None
    shared = report.missing.shared
    curves = [_curve("every modality", shared, 1)]
    curves += [
        _curve(f"{name} only", curve, 2 + i) for i, (name, curve) in enumerate(report.missing.single.items())
    ]
    if shared.late_fusion:
        spots = [Spot(rate, value) for rate, value in zip(shared.rates, shared.late_fusion, strict=True)]
        curves.append(Curve("late fusion, every modality", spots, 6, "dashes"))
    rate = percent(shared.rates[-1])
    title = f"From {_right(shared.points[0])} right with nothing missing to {_right(shared.points[-1])}"
    title += f" with every modality missing at {rate}"
    all_curves = [("every modality", shared), *report.missing.single.items()]
    table = Table(
        ("missing", "rate", "accuracy", "low", "high", "at least", "at most", "late fusion"),
        [row for name, curve in all_curves for row in _rows(name, curve)],
    )
    values = [spot.low if spot.low is not None else spot.y for curve in curves for spot in curve.spots]
    plot = XY(
        Axis("rate at which it is missing", (0.0, max(shared.rates))),
        Axis("accuracy", (max(0.0, min([0.5, *values]) - 0.05), 1.0)),
        curves[:7],
        level=(max(report.base_rate), "most frequent class of training"),
    )
    note = f"Not asked about: {listed(report.missing.unasked)}." if report.missing.unasked else None
    return Chart("missing", title, report.missing.sentence, plot, table, report.examples, thing(report), note)


def _right(point: MissingPoint) -> str:
    if point.accuracy:
        return percent(point.accuracy.value)
    return f"between {percent(point.at_least)} and {percent(point.at_most)}"


def _curve(name: str, curve: MissingCurve, series: int) -> Curve:
    spots = []
    for rate, point in zip(curve.rates, curve.points, strict=True):
        words = f"{name} missing at {percent(rate)}: right on {_right(point)}"
        if point.accuracy:
            spots.append(
                Spot(rate, point.accuracy.value, point.accuracy.low, point.accuracy.high, title=words)
            )
        else:
            middle = (point.at_least + point.at_most) / 2
            spots.append(Spot(rate, middle, point.at_least, point.at_most, title=words))
    return Curve(name, spots, series)


def _rows(name: str, curve: MissingCurve) -> list[Sequence[Cell]]:
    late: Sequence[float | None] = curve.late_fusion or [None] * len(curve.rates)
    return [
        (name, rate, *ends(point.accuracy), point.at_least, point.at_most, other)
        for rate, point, other in zip(curve.rates, curve.points, late, strict=True)
    ]
