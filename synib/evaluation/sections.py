"""The parts of a report beyond its summary: each is made where it belongs, all are put in here.

Which predictor of a single modality a part is about follows `synib.evaluation.answers`: what is said of the
modalities is read from ``told``, what is said of the predictor from ``seen``.
"""

from typing import Final

from synib import spec
from synib.evaluation.agreement import agree, listen
from synib.evaluation.agreement.late_fusion import late_fusion_gap
from synib.evaluation.answers import Answers
from synib.evaluation.calibration.report import calibration_report
from synib.evaluation.collapse import collapses
from synib.evaluation.enough import too_little
from synib.evaluation.games import reporting as games
from synib.evaluation.games.columns import measures
from synib.evaluation.origin import certificate, estimators, solvers
from synib.evaluation.robustness import missing_report, removal_report
from synib.evaluation.summary import Asked
from synib.evaluation.synergy_subset.report import subset_report
from synib.information.posterior.from_forecasts import synergy_measures
from synib.report import Agreement, Report

FEWER: Final = 200
"""Resamples and draws at most for the sections of a run: an experiment has dozens of runs, and what is
decided between methods is decided over seeds."""
FEWEST: Final = 100
"""The same for a run's calibration, and twice as many for that of more than ``MANY`` examples: its nulls draw
every label anew."""
MANY: Final = 10_000


def with_sections(report: Report, answers: Answers, asked: Asked) -> Report:
    """The report with every section that these answers can have; with none but a word where there is too
    little data."""
    told, seen, seed = answers.told, answers.seen, asked.seed
    if why := too_little(told):
        word = Agreement(verdict="red", code="too_little", sentence=why, voices=[])
        return report.model_copy(update={"agreement": word, "notes": [*report.notes, why]})
    of_run = isinstance(asked, spec.Evaluation)
    draws = min(FEWER, asked.resamples) if of_run else asked.resamples
    played = games.report(seen, answers.crossed, seed=seed, nothing=answers.empty, resamples=draws)
    ladder = [
        *synergy_measures(told, seed=seed, resamples=draws),
        *played.measures,
        *measures([late_fusion_gap(told)], seed=seed, resamples=draws, group=told.group),
    ]
    subset = subset_report(told)
    validation = answers.validation
    complete = validation is not None and set(answers.given.p) <= set(validation.p)
    calibration = calibration_report(
        answers.given,
        validation if complete else None,
        seed=seed,
        resamples=min(FEWEST if of_run else 2 * FEWEST if len(seen) > MANY else draws, draws),
    )
    origin = {"estimators": estimators(ladder), "solvers": solvers(ladder), "certificate": certificate()}
    return report.model_copy(
        update={
            "measures": ladder,
            "agreement": agree(listen(report, ladder, subset)),
            "subset": subset,
            "calibration_by_subset": calibration,
            "removal": removal_report(seen, seed=seed, resamples=draws),
            "missing": missing_report(seen, seed=seed, resamples=draws),
            "noise": answers.noise,
            "games": played.model_copy(update={"measures": []}),
            "notes": [*report.notes, *collapses(seen)],
            "provenance": report.provenance.model_copy(update=origin),
        }
    )
