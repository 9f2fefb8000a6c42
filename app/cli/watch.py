"""Following an experiment: a live table on a terminal, a line per event elsewhere."""

import math
import time
from dataclasses import dataclass, field

from rich.console import Console, Group, JustifyMethod
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.client import Client
from app.experiments.schemas import ExperimentSchema
from app.runs.schemas import RunBrief
from app.runs.status import FINISHED, LEASED, Status

BAR = 16  # columns
ACCURACY, NLL = "validation/accuracy", "validation/nll"  # share; nats, which nobody is shown
STYLES = {
    Status.RUNNING: "cyan", Status.STARTING: "cyan", Status.SUCCEEDED: "green", Status.FAILED: "red",
    Status.CANCELLED: "yellow", Status.CANCELLING: "yellow", Status.LOST: "red", Status.PREEMPTED: "yellow",
}  # fmt: skip
WORTH_A_LINE = FINISHED | {Status.RUNNING, Status.LOST, Status.PREEMPTED}


@dataclass
class Validation:
    """A run's numbers on the validation examples, of the epoch with the lowest NLL so far."""

    accuracy: float | None = None
    nll: float | None = None
    """Bits."""
    epoch: int | None = None
    """Epochs trained when they were read."""

    def __str__(self) -> str:
        if self.accuracy is None or self.nll is None:
            return ""
        return f"validation accuracy {self.accuracy:.3f}, NLL {self.nll:.3f} bits"


@dataclass
class Board:
    """What is known of an experiment's runs."""

    client: Client
    console: Console
    began: float = field(default_factory=time.monotonic)
    validation: dict[str, Validation] = field(default_factory=dict)
    told: dict[str, Status] = field(default_factory=dict)

    def look(self, experiment: ExperimentSchema) -> None:
        """Read the numbers of runs that have trained on since the last look."""
        for run in experiment.runs:
            known = self.validation.setdefault(run.id, Validation())
            if run.progress.epoch == known.epoch:
                continue
            known.epoch = run.progress.epoch
            series = {s.name: s.points for s in self.client.runs.metrics(run.id, [ACCURACY, NLL]).data}
            if (accuracy := series.get(ACCURACY)) and (nll := series.get(NLL)):
                best = min(nll, key=lambda point: point.value)
                known.accuracy = {point.epoch: point.value for point in accuracy}.get(best.epoch)
                known.nll = best.value / math.log(2)

    def table(self, experiment: ExperimentSchema) -> Group:
        """As many runs as the terminal is high: those at work before those done and those to come."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        columns: list[tuple[str, JustifyMethod]] = [
            ("method", "left"), ("seed", "right"), ("status", "left"), ("", "left"),
            ("epoch", "right"), ("val. accuracy", "right"), ("val. NLL, bits", "right"),
        ]  # fmt: skip
        for name, justify in columns:
            width = None if name else BAR
            table.add_column(name, justify=justify, header_style="dim", no_wrap=True, min_width=width)
        room = max(4, self.console.height - 5)
        shown = sorted(experiment.runs, key=_interest)[:room]
        for run in sorted(shown, key=experiment.runs.index):
            table.add_row(*self._row(run))
        counts = " · ".join(f"{count} {status}" for status, count in experiment.progress.by_status.items())
        more = len(experiment.runs) - len(shown)
        foot = f"{counts}{f' · {more} not shown' if more else ''} · {time.monotonic() - self.began:.0f} s"
        return Group(table, Text(foot, style="dim"))

    def _row(self, run: RunBrief) -> list[Text | ProgressBar | str]:
        seen, progress = self.validation.get(run.id, Validation()), run.progress
        epochs = progress.epochs or 0
        ended_early = run.status is Status.SUCCEEDED
        done = epochs if ended_early else (progress.epoch or 0)
        return [
            run.method,
            str(run.seed),
            Text(run.status, style=STYLES.get(run.status, "dim")),
            ProgressBar(total=max(epochs, 1), completed=done, width=BAR) if epochs else "",
            f"{progress.epoch or 0}/{epochs}" if epochs else "",
            "" if seen.accuracy is None else f"{seen.accuracy:.3f}",
            "" if seen.nll is None else f"{seen.nll:.3f}",
        ]

    def tell(self, experiment: ExperimentSchema) -> None:
        """A line for every run that began or ended since the last look."""
        for run in experiment.runs:
            if self.told.get(run.id) is run.status or run.status not in WORTH_A_LINE:
                continue
            self.told[run.id] = run.status
            parts = [f"{time.monotonic() - self.began:6.1f} s  {run.method}, seed {run.seed}: {run.status}"]
            if run.status in FINISHED and run.progress.epoch:
                parts += [f"after {run.progress.epoch} epochs", str(self.validation[run.id])]
            self.console.print(escape(", ".join(filter(None, parts))), soft_wrap=True)


def watch(client: Client, experiment_id: str, console: Console) -> ExperimentSchema:
    """Follow an experiment until its comparison is there."""
    board = Board(client, console)
    if not console.is_terminal:

        def line_by_line(experiment: ExperimentSchema) -> None:
            board.look(experiment)
            board.tell(experiment)

        return client.experiments.wait(experiment_id, seen=line_by_line)

    with Live(console=console, auto_refresh=False) as live:

        def redraw(experiment: ExperimentSchema) -> None:
            board.look(experiment)
            live.update(board.table(experiment), refresh=True)

        return client.experiments.wait(experiment_id, every=0.25, seen=redraw)


def _interest(run: RunBrief) -> int:
    if run.status in LEASED:
        return 0
    return 1 if run.status in FINISHED else 2
