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
from synib.evaluation.sentences import bits, count, p_value, points, signed
from synib.report import Comparison, Estimate, MetricTable, Report

NAMES = {
    "accuracy": "accuracy", "macro_f1": "macro-F1", "nll": "NLL, bits", "brier": "Brier", "ece": "ECE",
    "synergy": "synergy, bits", "confidence_gap": "confidence gap",
}  # fmt: skip
ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}
FINDINGS = {
    "better": "better", "worse": "worse", "equivalent": "the same", "no_better": "no better",
    "undecided": "undecided",
}  # fmt: skip
DECISIONS = {"synergy": "synergy", "no_synergy": "none", "undecided": "undecided"}
HEADLINE = ("accuracy", "nll", "ece", "synergy")
MOST_CLASSES = 8
"""Named one by one."""


@dataclass(frozen=True)
class Sheet:
    """A table: the first ``words`` columns are text, the others numbers.

    Only the last of the words wraps; of the last ``extra`` columns, those without room are left out.
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
        for left_out in range(1, self.extra + 1):
            if Measurement.get(console, wide, table).maximum <= console.width:
                break
            table = self._table(len(self.columns) - left_out)
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
    known = any(row.mean.low is not None for table in shown for row in table.rows)
    intervals = "with 95 % intervals" if known else "too few for intervals"
    return Sheet(
        f"Methods compared over {count(seeds, 'seed')}, {intervals}",
        ["", "method", "mean", f"difference to {answer.baseline}"],
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
        ]
        for index, row in enumerate(table.rows)
    ]


def answer_sheets(answer: Comparison, metrics: Sequence[str] = HEADLINE) -> list[Sheet]:
    """What an experiment says in tables; those that have nothing to show are left out."""
    every = (comparison(answer, metrics), paired_tests(answer), where(answer))
    return [sheet for sheet in every if sheet.rows]


def print_answer(console: Console, answer: Comparison, metrics: Sequence[str] = HEADLINE) -> None:
    """The tables, then the answer in words, last, where the eye is."""
    for sheet in answer_sheets(answer, metrics):
        sheet.print_to(console)
    reasons = answer.attribution.paragraph.removeprefix(answer.sentence)
    console.print(f"\n[bold]In words[/]\n[bold]{escape(answer.sentence)}[/]{escape(reasons)}")


def paired_tests(answer: Comparison) -> Sheet:
    """Who is better than whom: a line for every pair, accuracy first, since it decides."""
    tests = answer.attribution.tests
    nll = {(test.question, test.method, test.against): test for test in tests if test.metric == "nll"}
    lines, last = [], ""
    for test in (test for test in tests if test.metric == "accuracy"):
        helps = test.question == "helps"
        group = f"against {test.against}" if helps else f"{test.method} against"
        same = nll.get((test.question, test.method, test.against))
        lines.append(
            [
                "" if group == last else group,
                test.method if helps else test.against,
                points(test.difference).replace(" points", ""),
                _bare(test.p_holm),
                FINDINGS[test.finding],
                _bare(test.p_equivalent),
                f"{signed(same.difference, 3).split(' ')[0]} {FINDINGS[same.finding]}" if same else "",
            ]
        )
        last = group
    margin = next((f"{100 * test.margin:.1f}" for test in tests), "")
    return Sheet(
        f"Paired by seed; less than {margin} points is no difference; p after Holm",
        ["", "", "points", "p", "accuracy", "TOST p", "NLL, bits"],
        lines,
        words=2,
        extra=2,
    )


def where(answer: Comparison) -> Sheet:
    """On which test examples a SynIB does better or worse than the baseline."""
    names = {"together": "no modality alone is right", "alone": "some modality alone is right"}
    lines, last = [], ""
    for row in answer.attribution.where:
        lines.append(
            [
                "" if row.method == last else row.method,
                names.get(row.group, f"label in {row.group}"),
                f"{row.examples:,}",
                number(row.accuracy),
                points(row.difference).replace(" points", ""),
            ]
        )
        last = row.method
    columns = ["", "", "examples", "accuracy", "points"]
    return Sheet(f"On which test examples, against {_baselines(answer)}", columns, lines, words=2)


def _baselines(answer: Comparison) -> str:
    return next((row.against for row in answer.attribution.where), answer.baseline)


def _bare(p: float | None) -> str:
    return "" if p is None else p_value(p).removeprefix("p ").removeprefix("= ")


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
    if report.too_little:
        return [report.too_little, *report.notes]
    calibration, truth = report.calibration, report.truth
    best = max(report.alone, key=lambda alone: alone.accuracy.value)
    unique = ", ".join(f"{number(amount)} unique to {name}" for name, amount in report.unique.items())
    lines = [
        report.synergy.sentence,
        f"Of the rest, {number(report.redundant)} bits are redundant, {unique}.",
        f"Calibration: ECE {number(calibration.ece_before)} before and {number(calibration.ece_after)} after"
        f" temperature {number(calibration.temperature, 2)}.",
    ]
    if report.macro_f1 and report.f1:
        shown = list(report.f1.items())[:MOST_CLASSES]
        each_class = ", ".join(f"{name} {with_interval(one)}" for name, one in shown)
        more = f" and {len(report.f1) - len(shown)} more" if len(report.f1) > len(shown) else ""
        lines.append(f"Macro-F1 {with_interval(report.macro_f1)}; by class: {each_class}{more}.")
    if each := best.discordant:
        tested = "" if each.p is None else f" (McNemar {p_value(each.p)})"
        lines.append(
            f"Of {count(report.examples, 'test example')}, {each.only_joint} are right only with everything,"
            f" {each.only_alone} only from {best.modality} alone{tested}."
        )
    if truth:
        lines.append(
            f"Truth: {number(truth.synergy)} bits of synergy; the exact posterior is right in"
            f" {number(truth.accuracy)}, the model's probabilities are off by"
            f" {number(truth.posterior_rmse)} (RMSE)."
        )
    if report.agreement:
        lines.append(f"Agreement, {report.agreement.verdict}: {report.agreement.sentence}")
    if report.subset:
        lines.append(f"Synergy subset: {report.subset.subsets[0].sentence}")
    return [*lines, *report.notes]


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
            *(["over seeds", "so"] if over_seeds else []),
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
                *(_over_seeds(row) if over_seeds else []),
            ]
            for row in rows
        ],
        words=2,
        extra=2 * int(over_seeds),
    )


def _sure(confidence: float, right: bool) -> str:
    return f"{confidence:.2f} {' ' if right else '✗'}"


def _over_seeds(row: ExampleSchema) -> list[str]:
    """The interval, and what it decides."""
    seeds = row.seeds
    if seeds is None:
        return ["", ""]
    interval = with_interval(Estimate(value=seeds.mean, low=seeds.low, high=seeds.high), 2)
    return [interval, DECISIONS[seeds.decision]]
