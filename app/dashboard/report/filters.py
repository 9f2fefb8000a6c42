"""What the templates of reports know besides what all templates know."""

from collections.abc import Callable
from typing import Any, Final

from app.dashboard.report.chart import Chart
from app.dashboard.report.picture import inline
from app.dashboard.report.table import body, shown
from app.dashboard.report.wording import amount, group, kept, share
from app.examples.params import Sort

SORTS: Final = {
    Sort.SYNERGY_DOWN: "most synergy", Sort.SYNERGY: "least synergy",
    Sort.CONFIDENCE_DOWN: "surest", Sort.CONFIDENCE: "least sure",
    Sort.INTERACTION_DOWN: "most interaction", Sort.INTERACTION: "least interaction",
    Sort.POSITION: "as they come", Sort.POSITION_DOWN: "last first",
}  # fmt: skip


def filed(folder: str) -> Callable[[Chart, str], str]:
    """Where a page finds the files of its charts."""
    return lambda chart, kind: f"{folder}/{chart.id}.{kind}"


FILTERS: dict[str, Callable[..., Any]] = {
    "picture": inline, "cell": shown, "group": group, "told_share": share, "told_amount": amount,
    "kept": kept, "body": body,
}  # fmt: skip
GLOBALS: dict[str, Any] = {"filed": filed, "sorts": SORTS}
