"""Whether confidence means what it says: a diagram for every subset of modalities."""

from math import sqrt

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.xy import XY, Axis, Curve, Spot
from app.dashboard.report.table import Table
from app.dashboard.report.wording import ends, seen, thing, whole
from synib.evaluation.sentences import bits
from synib.report import Report, SubsetCalibration


def reliability(report: Report) -> list[Chart]:
    """All together first, then each modality alone, then the rest."""
    if report.calibration_by_subset is None:
        return []
    found, full = report.calibration_by_subset.by_subset, whole(report)
    order = sorted(found, key=lambda name: (name != full, len(found[name].modalities)))
    return [_diagram(report, name, seen(name, full), found[name]) for name in order]


def _diagram(report: Report, name: str, words: str, one: SubsetCalibration) -> Chart:
    bins, n = one.reliability, max(sum(one.reliability.n), 1)
    spots, cells = [], []
    for low, high, count, confidence, right in zip(
        bins.edges[:-1], bins.edges[1:], bins.n, bins.confidence, bins.accuracy, strict=True
    ):
        cells.append((low, high, count, confidence, *ends(right)))
        if confidence is not None and right is not None:
            said = f"confidence {confidence:.3f}, right on {right.value:.3f}; n = {count:,}"
            spots.append(Spot(confidence, right.value, right.low, right.high, 3 + 6 * sqrt(count / n), said))
    lowest = min((spot.x for spot in spots), default=0.0)
    start = max(0.0, min(0.5, lowest - 0.05)) if len(report.classes) == 2 else 0.0
    plot = XY(
        Axis("mean confidence", (start, 1.0)),
        Axis("share that is right", (0.0, 1.0)),
        [Curve("bin of confidence, 95 % interval", spots, 1, "dot")],
        diagonal="confidence means what it says",
        counts=[(low, high, count) for low, high, count, *_ in cells if high > start],
    )
    gap = one.confidence - one.accuracy.value
    way = "surer than right" if gap > 0 else "less sure than right"
    off = f"on the mean {bits(100 * abs(gap), 1)} points {way}"
    title = f"Reliability with {words}: ECE {bits(one.ece.value, 3)}, {off}"
    columns = ("confidence from", "to", "n", "mean confidence", "accuracy", "low", "high")
    index = report.subsets.index(name)
    return Chart(
        f"reliability-{index}", title, one.sentence, plot, Table(columns, cells), sum(bins.n), thing(report)
    )
