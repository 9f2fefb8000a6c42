"""Every trial of every run of an experiment: how each method's settings were found, with the same effort."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.trials import WAYS
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from synib.evaluation.sentences import bits, count, listed
from synib.report import TuningReport


@dataclass(frozen=True)
class Tuned:
    """One run and its trials."""

    method: str
    seed: int
    tuning: TuningReport


def all_trials(runs: Sequence[Tuned]) -> Chart | None:
    """A row for each method: its trials as dots, what was chosen for each seed as diamonds."""
    if not runs:
        return None
    metric = runs[0].tuning.metric
    rows, cells, told = [], [], []
    for method in dict.fromkeys(run.method for run in runs):
        own = [run for run in runs if run.method == method]
        dots, chosen, number = [], [], 0
        for run in own:
            for index, trial in enumerate(run.tuning.trials, 1):
                number += 1
                value = trial.nll if metric == "nll" else trial.accuracy
                cells.append(
                    (
                        method,
                        run.seed,
                        index,
                        trial.nll,
                        trial.accuracy,
                        "chosen" if trial.chosen else "",
                        trial.failed,
                    )
                )
                if value is None:
                    continue
                words = f"{method}, seed {run.seed}, trial {index}: {bits(value, 4)}"
                if trial.chosen:
                    chosen.append(Mark(value, series=1, shape="diamond", title=f"{words}, chosen"))
                else:
                    dots.append((value, words))
        told.append(f"{method} {number}")
        rows.append(Row(method, chosen, count(number, "trial"), dots))
    each = {len(run.tuning.trials) for run in runs}
    equal = f"{each.pop()} for each method and seed" if len(each) == 1 else "not the same number for all"
    title = f"All {len(cells):,} trials, {equal}"
    said = f"Trials by method: {listed(told)}; {equal}. Numbers are of validation, none of test."
    keys = [Entry("diamond", 1, "chosen for a seed"), Entry("seed", 0, "tried")]
    table = Table(
        ("method", "seed", "trial", "validation NLL, bits", "validation accuracy", "chosen", "failed"), cells
    )
    return Chart("trials", title, said, Rows(rows, WAYS[metric], keys=keys), table, len(cells), "trial")
