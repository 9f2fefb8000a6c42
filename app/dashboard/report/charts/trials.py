"""How a run's settings were found: every trial."""

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.xy import XY, Axis, Curve, Spot
from app.dashboard.report.scale import covering
from app.dashboard.report.table import Table
from synib.evaluation.sentences import bits, count, percent
from synib.report import Report, Trial

WAYS = {"nll": "validation NLL, bits", "accuracy": "validation accuracy"}


def trials(report: Report) -> Chart | None:
    """What every trial reached on validation, in their order; none of it is of test."""
    tuning = report.tuning
    if tuning is None:
        return None

    def reached(trial: Trial) -> float | None:
        return trial.nll if tuning.metric == "nll" else trial.accuracy

    def spots(wanted: bool) -> list[Spot]:
        numbered = [(i, t, reached(t)) for i, t in enumerate(tuning.trials, 1) if t.chosen == wanted]
        return [
            Spot(i, value, title=f"trial {i}: {_settings(t)}: {value:.4g}")
            for i, t, value in numbered
            if value is not None
        ]

    known = [value for value in map(reached, tuning.trials) if value is not None]
    chosen = next((i for i, trial in enumerate(tuning.trials, 1) if trial.chosen), None)
    failed = sum(trial.failed is not None for trial in tuning.trials)
    best = next((reached(trial) for trial in tuning.trials if trial.chosen), None)
    value = "none" if best is None else bits(best, 3) if tuning.metric == "nll" else percent(best)
    said = (
        f"{count(len(tuning.trials), 'trial')} by {WAYS[tuning.metric]}; the first is the method as written."
    )
    said += f" Chosen: trial {chosen} with {value}." if chosen else " None was chosen."
    said += f" {failed} came to nothing." if failed else ""
    table = Table(
        ("trial", "chosen", *tuning.space, "validation NLL, bits", "validation accuracy", "epochs", "failed"),
        [
            (
                i,
                "chosen" if t.chosen else "",
                *(t.settings.get(path) for path in tuning.space),
                t.nll,
                t.accuracy,
                t.epochs,
                t.failed,
            )
            for i, t in enumerate(tuning.trials, 1)
        ],
    )
    plot = XY(
        Axis("trial", (0.5, len(tuning.trials) + 0.5), whole=True),
        Axis(WAYS[tuning.metric], covering(known, least=0.01)),
        [Curve("trial", spots(False), 6, "ring"), Curve("chosen", spots(True), 1, "dot")],
    )
    title = f"Trial {chosen} of {len(tuning.trials)} was chosen" if chosen else "No trial was chosen"
    return Chart("trials", title, said, plot, table, len(tuning.trials), "trial")


def _settings(trial: Trial) -> str:
    return ", ".join(f"{path} {value:.3g}" for path, value in trial.settings.items())
