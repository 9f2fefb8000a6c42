"""A report as questions with their answers, in the order in which somebody asks them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.agreement import agreement
from app.dashboard.report.charts.alone import alone
from app.dashboard.report.charts.contributions import contributions
from app.dashboard.report.charts.controlled import controlled
from app.dashboard.report.charts.groups import groups
from app.dashboard.report.charts.lattice import lattices
from app.dashboard.report.charts.missing import missing
from app.dashboard.report.charts.noise import noise
from app.dashboard.report.charts.reliability import reliability
from app.dashboard.report.charts.removal import removal
from app.dashboard.report.charts.subsets import subsets
from app.dashboard.report.charts.synergy import synergy
from app.dashboard.report.charts.trials import trials
from synib.report import Report


@dataclass(frozen=True)
class Section:
    """A question, and the charts that answer it."""

    id: str
    question: str
    charts: Sequence[Chart] = field(default_factory=list)


def sections(report: Report) -> list[Section]:
    """All of them; one without charts says why, by the report's notes. Where nothing can be said at all there
    is nothing to draw that could not be misread, but for how often the model was right."""
    if report.too_little:
        return [Section("good", "How good is the model?", [subsets(report)])]
    return [
        Section("good", "How good is the model?", [subsets(report)]),
        Section(
            "alone", "What does each modality know alone?", [alone(report), *_there(contributions(report))]
        ),
        Section(
            "synergy",
            "What is only in the combination?",
            [synergy(report), *_there(agreement(report), controlled(report)), *lattices(report)],
        ),
        Section("examples", "On which examples?", [groups(report)]),
        Section("confidence", "Can I trust the confidences?", reliability(report)),
        Section(
            "missing",
            "What if a modality is missing?",
            [*_there(missing(report), removal(report)), *noise(report)],
        ),
        Section("settings", "How were its settings found?", [*_there(trials(report))]),
    ]


def charts(report: Report) -> dict[str, Chart]:
    """Every chart of a report that needs no more than the report, by its id."""
    return {chart.id: chart for section in sections(report) for chart in section.charts}


def _there(*found: Chart | None) -> Iterator[Chart]:
    return (chart for chart in found if chart is not None)
