"""Two examples with their modalities swapped: what the model says of each combination, cell by cell."""

from collections.abc import Sequence

from app.dashboard.report.chart import Chart
from app.dashboard.report.plots.grid import Cell, Grid
from app.dashboard.report.plots.legend import Entry
from app.dashboard.report.table import Table
from app.scoring.crossing import swapped
from app.scoring.schemas import CrossedCell, CrossedSchema
from synib.evaluation.sentences import bits, listed

SERIES = 8  # colours


def crossing(found: CrossedSchema, classes: Sequence[str]) -> Chart:
    """A cell for each combination, coloured by the predicted class, stronger where the model is surer."""
    names = [*found.cells[0].origin]
    predicted = dict.fromkeys(cell.scored.predicted for cell in found.cells)
    keys = [Entry("bar", _series(name, classes), f"says {name}") for name in predicted]
    plot = Grid(
        [_cell(cell, classes) for cell in found.cells],
        [(f"{name} of A", f"{name} of B") for name in names],
        keys,
        [
            *(f"{letter}: {one.example_id}" for letter, one in zip("AB", found.examples, strict=True)),
            "Framed: A and B as they are. Paler: less sure.",
        ],
    )
    note = (
        "A look at two examples, not a finding. A combination of both has no label, and so no synergy in"
        " bits. Interaction, which needs none, is the probability of what is predicted beyond what the"
        " modalities alone add up to."
    )
    return Chart("crossing", _title(found), found.sentence, plot, _table(found, names), 2, "example", note)


def _cell(cell: CrossedCell, classes: Sequence[str]) -> Cell:
    one = cell.scored
    chance = 1 / len(classes)
    whose = ", ".join(f"{name} of {example}" for name, example in cell.origin.items())
    alone = ", ".join(
        f"{name} alone: {one.subsets[name].predicted}, {one.subsets[name].confidence:.3f}"
        for name in cell.origin
    )
    interaction = "" if one.interaction is None else f"interaction {bits(one.interaction, 2)}"
    return Cell(
        words=one.predicted,
        reading=f"{100 * one.confidence:.1f} % sure",
        aside=interaction,
        series=_series(one.predicted, classes),
        strength=(one.confidence - chance) / (1 - chance),
        title=f"{whose}: {one.predicted}, {one.confidence:.3f}; {alone}; {interaction}",
        framed=len(set(cell.origin.values())) == 1,
    )


def _series(name: str, classes: Sequence[str]) -> int:
    return 1 + classes.index(name) % SERIES


def _title(found: CrossedSchema) -> str:
    """Which swaps turn the prediction."""
    first, last = found.cells[0].scored, found.cells[-1].scored
    single = swapped(found.cells)
    turning = [name for name, now in single.items() if now.predicted != first.predicted]
    everything = "both together" if len(single) == 2 else "all together"
    if not turning:
        turned = f"; {everything} do" if last.predicted != first.predicted else ""
        return f"No modality alone turns the prediction{turned}"
    if len(turning) < len(single):
        return f"Of single modalities only {listed(turning)} turn{'s' * (len(turning) == 1)} the prediction"
    back = f"; {everything} turn it back" if last.predicted == first.predicted else ""
    return f"Each modality alone turns the prediction{back}"


def _table(found: CrossedSchema, names: Sequence[str]) -> Table:
    columns = [*(f"{name} of" for name in names), "predicted", "confidence"]
    columns += [f"{name} alone {what}" for name in names for what in ("predicts", "confidence")]
    columns += ["interaction", "label", "synergy, bits"]
    rows = []
    for cell in found.cells:
        one = cell.scored
        alone = [
            part for name in names for part in (one.subsets[name].predicted, one.subsets[name].confidence)
        ]
        rows.append(
            [
                *cell.origin.values(),
                one.predicted,
                one.confidence,
                *alone,
                one.interaction,
                one.label,
                one.synergy,
            ]
        )
    return Table(columns, rows)
