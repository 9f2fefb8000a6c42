"""The lattice of subsets for three and more modalities, with the steps on which seeing more makes worse."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.lattice import Lattice, Node, Step
from app.dashboard.report.table import Table
from app.dashboard.report.wording import amount, ends, thing
from synib.evaluation.sentences import percent
from synib.report import LatticeReport, Report

FEWEST = 3
"""Modalities; of two the other charts show all there is."""
QUANTITIES = {
    "p_true": "the label's probability",
    "information": "the information on the label",
    "confidence": "confidence",
}


def lattices(report: Report) -> list[Chart]:
    """A lattice for each quantity."""
    if report.games is None or len(report.modalities) < FEWEST:
        return []
    return [_lattice(report, one) for one in report.games.lattices]


def _lattice(report: Report, one: LatticeReport) -> Chart:
    nodes = []
    for name in one.subsets:
        members = frozenset(name.split("+")) if name else frozenset()
        found = report.by_subset.get(name)
        nodes.append(
            Node(members, name or "nothing", f"right on {percent(found.accuracy.value)}" if found else "")
        )
    what = QUANTITIES[one.quantity]
    steps = [
        Step(
            frozenset(edge.seen),
            frozenset((*edge.seen, edge.added)),
            edge.falls.value,
            edge.change.high is not None and edge.change.high < 0,
            f"{'+'.join(edge.seen) or 'nothing'} and {edge.added}: {what} {amount(edge.change, 3)},"
            f" falls on {percent(edge.falls.value)}",
        )
        for edge in one.edges
    ]
    n = sum(one.violations)
    never = one.violations[0] / n
    falling = sum(step.marked for step in steps)
    title = f"Seeing more never lowers {what} on {percent(never)} of the examples"
    said = (
        f"On {n - one.violations[0]:,} of {n:,} examples some step up the lattice lowers {what};"
        f" on the mean it falls surely on {falling} of {len(steps)} steps."
    )
    table = Table(
        ("seen", "added", "mean change", "low", "high", "falls on", "low", "high", "mean fall there"),
        [
            ("+".join(e.seen) or "nothing", e.added, *ends(e.change), *ends(e.falls), e.mean_fall)
            for e in one.edges
        ],
    )
    plot = Lattice(nodes, steps, ("falls on the mean, surely", "thicker: falls on more examples"))
    return Chart(f"lattice-{one.quantity}", title, said, plot, table, n, thing(report))
