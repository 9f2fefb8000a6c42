"""The report of a run: means over test examples, each with its interval, its null and its bound."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data import Dataset
from synib.evaluation.decomposition import synergy_at_least
from synib.evaluation.groups import group_names
from synib.evaluation.questioning import Answers
from synib.evaluation.scores import Scores
from synib.evaluation.sentences import synergy_sentence
from synib.evaluation.sources import by_source
from synib.evaluation.subsets import subset_name
from synib.information.statistics import mean_intervals, sign_flips
from synib.report import (
    AloneReport,
    Calibration,
    Estimate,
    Null,
    Provenance,
    Report,
    SubsetReport,
    SynergyReport,
    Truth,
)
from synib.seeds import derive

Floats = NDArray[np.float64]
Estimates = dict[tuple[str, str], Estimate]  # by what, and of whom

ALPHA = 0.05


def summarise(
    answers: Answers,
    scores: Scores,
    group_counts: NDArray[np.integer],
    asked: spec.Evaluation,
    *,
    classes: Sequence[str],
    truth: Truth | None,
    source: NDArray[np.str_] | None,
    provenance: Provenance,
) -> Report:
    """All that the report says, from per-example scores."""
    modalities = list(answers.alone)
    estimates = _estimates(answers, scores, asked)
    by_subset = _by_subset(answers, estimates)
    groups = group_names(modalities)
    counts = np.pad(group_counts, (0, len(groups) - len(group_counts))).tolist()
    return Report(
        examples=len(answers.base_true),
        classes=list(classes),
        modalities=modalities,
        subsets=list(by_subset),
        groups=groups,
        base_rate=answers.base.tolist(),
        joint=by_subset[subset_name(tuple(modalities))],
        by_subset=by_subset,
        alone=_alone(answers, estimates),
        redundant=float(scores.parts.redundant.mean()),
        unique={name: float(bits.mean()) for name, bits in scores.parts.unique.items()},
        synergy=_synergy(answers, scores, estimates["synergy", ""], asked),
        interaction=estimates["interaction", ""],
        confidence_gap=estimates["confidence gap", ""],
        group_counts=dict(zip(groups, counts, strict=True)),
        calibration=_calibration(answers, asked),
        truth=truth,
        by_source=None if source is None else by_source(answers.full, source, asked),
        provenance=provenance,
    )


def _estimates(answers: Answers, scores: Scores, asked: spec.Evaluation) -> Estimates:
    """Every mean that has an interval; all over the same resamples."""
    columns: dict[tuple[str, str], NDArray[np.float64] | NDArray[np.bool_]] = {}
    for subset, forecast in answers.by_subset.items():
        columns["accuracy", subset_name(subset)] = forecast.right
        columns["information", subset_name(subset)] = forecast.information(answers.base_true)
    for name, forecast in answers.alone.items():
        columns["alone: accuracy", name] = forecast.right
        columns["alone: information", name] = scores.information[(name,)]
        columns["head: accuracy", name] = answers.heads[name].right
    surest = np.max([forecast.confidence for forecast in answers.alone.values()], axis=0)
    columns["synergy", ""] = scores.parts.synergy
    columns["interaction", ""] = np.abs(answers.interaction)
    columns["confidence gap", ""] = answers.full.confidence - surest
    rng = np.random.default_rng(derive(asked.seed, "evaluation", "resamples"))
    values = np.stack(list(columns.values()), axis=1, dtype=np.float64)
    intervals = mean_intervals(values, rng, asked.resamples)
    return {
        key: Estimate(value=float(column.mean()), low=float(low), high=float(high))
        for (key, column), (low, high) in zip(columns.items(), intervals, strict=True)
    }


def _by_subset(answers: Answers, estimates: Estimates) -> dict[str, SubsetReport]:
    return {
        subset_name(subset): SubsetReport(
            modalities=list(subset),
            accuracy=estimates["accuracy", subset_name(subset)],
            confidence=float(forecast.confidence.mean()),
            nll=forecast.nll(),
            brier=float(forecast.brier.mean()),
            ece=forecast.ece(),
            information=estimates["information", subset_name(subset)],
        )
        for subset, forecast in answers.by_subset.items()
    }


def _alone(answers: Answers, estimates: Estimates) -> list[AloneReport]:
    return [
        AloneReport(
            modality=name,
            by=standin.by,
            accuracy=estimates["alone: accuracy", name],
            information=estimates["alone: information", name],
            head_accuracy=estimates["head: accuracy", name],
        )
        for name, standin in answers.standins.items()
    ]


def _synergy(answers: Answers, scores: Scores, estimate: Estimate, asked: spec.Evaluation) -> SynergyReport:
    """Found only if the joint forecast beats every forecast from one modality, not just the one that stands
    for it.

    What won on validation won partly by luck and is worse on test, which alone would look like synergy:
    tested against the chosen one only, 6 % of models of coins had synergy «above 0», whose interval says 2.5
    %."""
    rng = np.random.default_rng(derive(asked.seed, "evaluation", "sign flips"))
    rival, advantage = _hardest_rival(answers, scores)
    flips = sign_flips(advantage, rng, asked.resamples)
    null = Null(
        mean=flips.mean,
        q95=flips.q95,
        p=flips.p,
        draws=asked.resamples,
        method="paired sign flips of each example's information: the joint forecast is no better than the "
        f"hardest to beat of all forecasts from at most one modality, {rival}",
    )
    at_least = synergy_at_least(scores.joint, scores.alone)
    found = estimate.low is not None and estimate.low > 0 and null.p < ALPHA
    best, _ = answers.best_two
    return SynergyReport(
        estimate=estimate,
        at_least=at_least,
        null=null,
        found=found,
        sentence=synergy_sentence(estimate, at_least, null, found, list(answers.alone), best),
    )


def _hardest_rival(answers: Answers, scores: Scores) -> tuple[str, Floats]:
    """Whom the joint forecast beats least clearly, and by how much on each example, (N,) bits."""
    rivals = {"the base rate": np.zeros_like(scores.joint)}
    for name, head in answers.heads.items():
        rivals[f"the head of {name}"] = head.information(answers.base_true)
        rivals[f"{name} with the rest withheld"] = answers.by_subset[(name,)].information(answers.base_true)
    advantages = {name: scores.joint - information for name, information in rivals.items()}
    hardest = min(advantages, key=lambda name: _t(advantages[name]))
    return hardest, advantages[hardest]


def _t(values: Floats) -> float:
    """The mean in units of its spread under sign flips; 0 where there is nothing."""
    return float(values.mean() / max(np.sqrt((values**2).mean()), 1e-30))


def _calibration(answers: Answers, asked: spec.Evaluation) -> Calibration:
    return Calibration(
        method=asked.calibration,
        temperature=answers.temperature.value,
        ece_before=answers.ece_before,
        ece_after=answers.full.ece(),
        note=answers.temperature.note,
    )


def truth(test: Dataset, joint: Floats) -> Truth | None:
    """How far the model is from the exact posterior, where the data set has one. (N, K) probabilities"""
    if test.posterior is None or test.synergy is None:
        return None
    off = joint - test.posterior
    return Truth(
        synergy=test.synergy,
        accuracy=float((test.posterior.argmax(1) == test.y).mean()),
        posterior_rmse=float(np.sqrt((off[:, 1] ** 2 if off.shape[1] == 2 else off**2).mean())),
    )
