"""From the base rate through each modality and the interaction to the prediction, for one example."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.plots.rows import Mark, Row, Rows
from app.dashboard.report.table import Table
from synib.evaluation.sentences import bits


def waterfall(example: Mapping[str, Any], base_rate: float, modalities: Sequence[str], full: str) -> Chart:
    """The label's probability, step by step; the steps sum exactly to the joint prediction.

    A modality's step is what it alone says less the base rate; the interaction is what the sum of these steps
    does not make up.
    """
    label, joint = example["label"], example["subsets"][full]["p_true"]
    steps = [(f"{name} alone", example["subsets"][name]["p_true"] - base_rate) for name in modalities]
    interaction = joint - base_rate - sum(step for _, step in steps)
    steps.append(("interaction", interaction))
    rows = [Row("base rate", [Mark(base_rate, shape="bar", series=6)], f"{base_rate:.3f}")]
    at = base_rate
    for name, step in steps:
        series = 2 if name == "interaction" else 1
        rows.append(Row(name, [Mark(at + step, shape="bar", series=series, start=at)], f"{step:+.3f}"))
        at += step
    rows.append(Row("prediction", [Mark(joint, shape="bar", series=3)], f"{joint:.3f}"))
    table = Table(
        ("step", "probability of the label"),
        [("base rate", base_rate), *((name, step) for name, step in steps), ("prediction", joint)],
    )
    most, by = max(steps, key=lambda pair: abs(pair[1]))
    title = (
        f"From {base_rate:.2f} by class frequency to {joint:.2f} for “{label}”; the largest step is {most}"
    )
    said = (
        f"The label “{label}” has probability {base_rate:.3f} before anything is seen, {joint:.3f} with"
        f" {full}; {most} moves it by {by:+.3f}, and {bits(example['synergy'], 2)} bit are synergy."
    )
    keys = [
        Entry("bar", 1, "one modality alone"),
        Entry("bar", 2, "interaction"),
        Entry("bar", 3, "prediction"),
    ]
    plot = Rows(rows, "probability of the label", keys=keys, lines=[(0.0, "")])
    return Chart("waterfall", title, said, plot, table, 1, "example")
