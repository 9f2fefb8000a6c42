"""The trials of a tuned run as a table of text."""

import math

from app.cli.sheets import Sheet, number
from synib.report import Trial, TuningReport

SHOWN = 20  # trials at most; the report has them all


def trials(tuning: TuningReport) -> Sheet:
    """A line for every trial in the order in which they were made; of many, the best and the first."""
    numbered = list(enumerate(tuning.trials, 1))
    best = sorted(numbered[1:], key=lambda one: _rank(one[1], tuning))[: SHOWN - 1]
    shown = sorted([numbered[0], *best])
    part = f"the best {len(shown)} of " if len(shown) < len(numbered) else ""
    ways = {"nll": "validation NLL", "accuracy": "validation accuracy"}
    return Sheet(
        f"Tuning: {part}{len(numbered)} trials, chosen by {ways[tuning.metric]}",
        ["trial", "", *tuning.space, "val. NLL, bits", "val. accuracy", "epochs"],
        [
            [
                str(index),
                _remark(index, trial),
                *(f"{trial.settings[path]:.4g}" for path in tuning.space),
                "" if trial.nll is None else number(trial.nll),
                "" if trial.accuracy is None else number(trial.accuracy),
                str(trial.epochs),
            ]
            for index, trial in shown
        ],
        words=2,
    )


def _rank(trial: Trial, tuning: TuningReport) -> tuple[float, float]:
    if trial.nll is None or trial.accuracy is None:
        return math.inf, math.inf
    return (-trial.accuracy if tuning.metric == "accuracy" else trial.nll), trial.nll


def _remark(index: int, trial: Trial) -> str:
    if trial.chosen:
        return "as written, chosen" if index == 1 else "chosen"
    if trial.failed is not None:
        return "diverged"
    return "as written" if index == 1 else ""
