"""What the template of a report needs, for the page and for the file alike."""

from collections.abc import Iterable
from typing import Any

from app.cli import ladder, sheets
from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.scatter import Cell, scatter
from app.dashboard.report.sections import Section, sections
from app.dashboard.report.wording import thing
from synib.evaluation.sentences import count
from synib.report import Report


def report_context(report: Report, cells: Iterable[Cell] = (), drawn: int = 0) -> dict[str, Any]:
    """Sections with their charts, the verdict, the sheets, and the size of it all."""
    found = sections(report)
    cells = list(cells)
    if cells and not report.too_little:
        found = [
            _with(section, scatter(report, cells, drawn)) if section.id == "examples" else section
            for section in found
        ]
    verdict, *rest = sheets.findings(report)
    return {
        "report": report,
        "sections": found,
        "verdict": verdict,
        "findings": [line for line in rest if line not in report.notes],
        "good": report.synergy.found and not report.too_little,
        "measures": ladder.measures(report),
        "size": f"n = {count(report.examples, thing(report))}",
    }


def _with(section: Section, chart: Chart) -> Section:
    return Section(section.id, section.question, [chart, *section.charts])
