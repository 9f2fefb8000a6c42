"""What the service says as tables of text, for a terminal and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from app.examples.schemas import ExampleSchema
from synib.evaluation.sentences import bits, p_value
from synib.report import Comparison, Estimate, MetricTable, Report

NAMES = {
    "accuracy": "accuracy", "nll": "NLL, bits", "brier": "Brier", "ece": "ECE",
    "synergy": "synergy, bits", "confidence_gap": "confidence gap",
}  # fmt: skip
ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}
HEADLINE = ("accuracy", "nll", "ece", "synergy")


@dataclass(frozen=True)
class Sheet:
    """A table: the first ``words`` columns are text, the others numbers.

    Only the last of the words wraps; the last ``extra`` columns are left out where there is no room for them.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    extra: int = 0

    def print_to(self, console: Console) -> None:
        """Title and table, as wide as they need to be."""
        table = self._table(len(self.columns))
        wide = console.options.update(max_width=1000)
        if self.extra and Measurement.get(console, wide, table).maximum > console.width:
            table = self._table(len(self.columns) - self.extra)
        console.print(f"\n[bold]{escape(self.title)}[/]")
        console.print(table)

    def _table(self, columns: int) -> Table:
        style = {"box": box.SIMPLE_HEAD, "pad_edge": False, "show_edge": False, "padding": (0, 1, 0, 0)}
        table = Table(header_style="bold", **style)  # type: ignore[arg-type]
        for index, column in enumerate(self.columns[:columns]):
            wraps, side = index == self.words - 1, "left" if index < self.words else "right"
            table.add_column(escape(column), justify=side, no_wrap=not wraps, overflow="fold")  # type: ignore[arg-type]
        for row in self.rows:
            table.add_row(*(Text(cell) for cell in row[:columns]))
        return table

    def markdown(self) -> str:
        rules = ["---" if index < self.words else "---:" for index in range(len(self.columns))]
        lines = [self.columns, rules, *self.rows]
        return f"### {self.title}\n\n" + "".join(
            f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines
        )


# ------------------------------------------------------------------------------------------ numbers


def with_interval(estimate: Estimate, places: int = 3, *, signed: bool = False) -> str:
    """``0.974 [0.968, 0.980]``; the value alone where there is no interval."""
    if estimate.low is None or estimate.high is None:
        return number(estimate.value, places, signed=signed)
    value, low, high = (
        number(part, places, signed=signed) for part in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def number(value: float, places: int = 3, *, signed: bool = False) -> str:
    """Fixed places, no negative zero; ``signed`` shows the + of a difference."""
    text = bits(value, places)
    return f"+{text}" if signed and not text.startswith("-") and text.strip("0.") else text


# ------------------------------------------------------------------------------------------- sheets


def comparison(answer: Comparison, metrics: Sequence[str] = HEADLINE) -> Sheet:
    """A block of lines for every metric, a line for every method."""
    shown = [table for table in answer.tables if table.metric in metrics]
    seeds = max((len(row.seeds) for table in shown for row in table.rows), default=0)
    return Sheet(
        f"Methods compared over {seeds} seed{'s' * (seeds != 1)}, with 95 % intervals",
        ["", "method", "mean", f"difference to {answer.baseline}", "p"],
        [line for table in shown for line in _metric(table)],
        words=2,
    )


def _metric(table: MetricTable) -> list[list[str]]:
    name = NAMES[table.metric] + ARROWS[table.better]
    return [
        [
            name if index == 0 else "",
            row.method,
            with_interval(row.mean),
            with_interval(row.difference, signed=True) if row.difference else "",
            p_value(row.p).removeprefix("p ").removeprefix("= ") if row.p is not None else "",
        ]
        for index, row in enumerate(table.rows)
    ]


def subsets(report: Report, title: str) -> Sheet:
    """The model with all modalities, and with only some of them."""
    whole = report.subsets[-1]
    order = [whole, *(name for name in report.subsets if name != whole)]
    return Sheet(
        title,
        ["it sees", "accuracy", "confidence", "NLL, bits", "information, bits"],
        [
            [
                name if name == whole else f"{name} only",
                with_interval(seen.accuracy),
                number(seen.confidence),
                number(seen.nll),
                with_interval(seen.information, 2),
            ]
            for name, seen in ((name, report.by_subset[name]) for name in order)
        ],
    )


def findings(report: Report) -> list[str]:
    """The run's numbers that are not per subset, a line each."""
    calibration, truth = report.calibration, report.truth
    unique = ", ".join(f"{number(amount)} unique to {name}" for name, amount in report.unique.items())
    lines = [
        report.synergy.sentence,
        f"Of the rest, {number(report.redundant)} bits are redundant, {unique}.",
        f"Calibration: ECE {number(calibration.ece_before)} before and {number(calibration.ece_after)} after"
        f" temperature {number(calibration.temperature, 2)}.",
    ]
    if truth:
        lines.append(
            f"Truth: {number(truth.synergy)} bits of synergy; the exact posterior is right in"
            f" {number(truth.accuracy)}, the model's probabilities are off by"
            f" {number(truth.posterior_rmse)} (RMSE)."
        )
    return lines


def examples(rows: Sequence[ExampleSchema], title: str) -> Sheet:
    """How sure the model is of each example from each modality alone and from all; ✗ marks a wrong class."""
    if not rows:
        return Sheet(title, ["example"], [])
    modalities = list(rows[0].unique)
    over_seeds = any(row.seeds for row in rows)
    return Sheet(
        title,
        [
            "example",
            "label",
            *(f"{name} alone" for name in modalities),
            "joint",
            "synergy",
            *(["over seeds"] if over_seeds else []),
        ],
        [
            [
                row.example_id,
                row.label,
                *(
                    _sure(row.subsets[name].confidence, row.subsets[name].predicted == row.label)
                    for name in modalities
                ),
                _sure(row.confidence, row.predicted == row.label),
                number(row.synergy, 2),
                *([_over_seeds(row)] if over_seeds else []),
            ]
            for row in rows
        ],
        words=2,
        extra=int(over_seeds),
    )


def _sure(confidence: float, right: bool) -> str:
    return f"{confidence:.2f} {' ' if right else '✗'}"


def _over_seeds(row: ExampleSchema) -> str:
    seeds = row.seeds
    return with_interval(Estimate(value=seeds.mean, low=seeds.low, high=seeds.high), 2) if seeds else ""
