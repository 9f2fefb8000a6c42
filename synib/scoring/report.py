"""What labelled new examples show of a model, told as a run's report."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import synib
from synib import spec
from synib.evaluation import origin
from synib.evaluation.alone import StandIn
from synib.evaluation.answers import Answers, constant, with_alone
from synib.evaluation.calibration import Temperature
from synib.evaluation.enough import nothing_to_say, too_little
from synib.evaluation.forecast import Forecast
from synib.evaluation.predictions import Predictions
from synib.evaluation.records import ExampleTable
from synib.evaluation.scores import example_table, score
from synib.evaluation.sections import with_sections
from synib.evaluation.summary import summarise
from synib.report import Provenance, Report
from synib.report.card import Card
from synib.scoring.scored import Scored

SPLIT = "new"


def report_on(
    card: Card, scored: Scored, example_id: Sequence[str], data_sha256: str
) -> tuple[Report, ExampleTable] | None:
    """The report and a record an example, of those that have a label and every modality; None where none has.

    Base rates, temperatures, donors and who stands for a modality alone are the model's: nothing is fitted to
    these examples.
    """
    rows = np.flatnonzero((scored.label >= 0) & scored.present.all(axis=1))
    if not len(rows):
        return None
    asked = spec.Experiment.model_validate(card.experiment).evaluation
    answers = _answers(card, asked, scored, np.array(example_id)[rows], rows)
    scores = score(answers)
    table = example_table(answers, scores)
    why = too_little(answers.seen)
    report = summarise(
        answers, scores, np.bincount(table.group), asked, provenance=_provenance(card, asked, data_sha256)
    )
    left = len(scored) - len(rows)
    notes = [f"{left:,} examples lack a label or a modality and are not part of this report."] if left else []
    report = report.model_copy(update={"notes": notes})
    return (nothing_to_say(report, why) if why else with_sections(report, answers, asked)), table


def _answers(
    card: Card, asked: spec.Evaluation, scored: Scored, example_id: NDArray[np.str_], rows: NDArray[np.int64]
) -> Answers:
    """As `synib.evaluation.questioning` makes them of a run's test examples."""
    label, base = scored.label[rows], np.array(card.base_rate)
    seen = Predictions(
        modalities=scored.modalities,
        classes=scored.classes,
        label=label,
        p={subset: scored.subset_p[rows, place] for place, subset in enumerate(scored.subsets)},
        base=base,
        example_id=example_id,
        split=np.full(len(rows), SPLIT),
    )
    heads = {name: scored.head_p[rows, place] for place, name in enumerate(scored.modalities)}
    by = {one.modality: one.by for one in card.alone}
    alone = {
        name: {"head": heads[name], "withholding": seen.alone(name), "base rate": constant(base, len(rows))}[
            by[name]
        ]
        for name in scored.modalities
    }
    by_subset = {subset: Forecast.of(p, label) for subset, p in seen.p.items()}
    of_heads = {name: Forecast.of(p, label) for name, p in heads.items()}
    return Answers(
        seen=seen,
        told=with_alone(seen, alone),
        by_subset=by_subset,
        heads=of_heads,
        alone={name: Forecast.of(p, label) for name, p in alone.items()},
        standins={one.modality: StandIn(one.by, float(rank)) for rank, one in enumerate(card.alone)},
        rivals={f"the head of {name}": forecast for name, forecast in of_heads.items()}
        | {f"{name} with the rest withheld": by_subset[(name,)] for name in scored.modalities},
        interaction=scored.interaction[rows],
        calibrated=asked.calibration,
        temperature=Temperature(card.temperature),
        ece_before=Forecast.of(seen.joint, label).ece(),
        given=seen,
        validation=None,
    )


def _provenance(card: Card, asked: spec.Evaluation, data_sha256: str) -> Provenance:
    """Of the model, but for the data."""
    return card.provenance.model_copy(
        update={
            "version": synib.__version__,
            "code_sha256": origin.code_sha256(),
            "data_sha256": data_sha256,
            "python": origin.python(),
            "environment": origin.environment(),
            "seeds": {"run": card.seed, "evaluation": asked.seed},
            "rerun": None,
        }
    )
