"""The report of a run or an analysis: means over examples, each with its interval, its null and its bound."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.evaluation.answers import Answers
from synib.evaluation.decomposition import synergy_at_least
from synib.evaluation.groups import group_names
from synib.evaluation.predictions import subset_name
from synib.evaluation.scores import Scores
from synib.evaluation.sentences import synergy_sentence
from synib.information.f1 import f1
from synib.information.proportions import Share, ratio, several
from synib.information.statistics import mcnemar_p, mean_intervals, sign_flips
from synib.report import (
    AloneReport,
    Calibration,
    Discordant,
    Estimate,
    Null,
    Provenance,
    Report,
    SubsetReport,
    SynergyReport,
)
from synib.seeds import derive

Floats = NDArray[np.float64]
Estimates = dict[tuple[str, str], Estimate]  # by what, and of whom
Asked = spec.Evaluation | spec.Analysis

ALPHA = 0.05


def summarise(
    answers: Answers,
    scores: Scores,
    group_counts: NDArray[np.integer],
    asked: Asked,
    *,
    provenance: Provenance,
) -> Report:
    """What every report says, from per-example scores; examples of one group are resampled together."""
    modalities = list(answers.alone)
    estimates = _estimates(answers, scores, asked)
    by_subset = _by_subset(answers, estimates)
    groups = group_names(modalities)
    counts = np.pad(group_counts, (0, len(groups) - len(group_counts))).tolist()
    return Report(
        examples=len(answers.seen),
        classes=list(answers.seen.classes),
        modalities=modalities,
        subsets=list(by_subset),
        groups=groups,
        base_rate=answers.base.tolist(),
        joint=by_subset[subset_name(answers.seen.full)],
        by_subset=by_subset,
        alone=_alone(answers, estimates),
        redundant=float(scores.parts.redundant.mean()),
        unique={name: float(bits.mean()) for name, bits in scores.parts.unique.items()},
        synergy=_synergy(answers, scores, estimates["synergy", ""], asked),
        interaction=estimates["interaction", ""],
        confidence_gap=estimates["confidence gap", ""],
        **_f1(answers),
        group_counts=dict(zip(groups, counts, strict=True)),
        calibration=_calibration(answers),
        provenance=provenance,
    )


def _estimates(answers: Answers, scores: Scores, asked: Asked) -> Estimates:
    """Every mean that has an interval: shares by Wilson's, since of 180 right answers of 180 a resample shows
    no spread; the others over the same resamples."""
    shares: dict[tuple[str, str], NDArray[np.bool_]] = {}
    columns: dict[tuple[str, str], Floats] = {}
    for subset, forecast in answers.by_subset.items():
        shares["accuracy", subset_name(subset)] = forecast.right
        columns["information", subset_name(subset)] = forecast.information(answers.base_true)
    for name, forecast in answers.alone.items():
        shares["alone: accuracy", name] = forecast.right
        shares["head: accuracy", name] = answers.heads[name].right
        columns["alone: information", name] = scores.information[(name,)]
    surest = np.max([forecast.confidence for forecast in answers.alone.values()], axis=0)
    columns["synergy", ""] = scores.parts.synergy
    columns["interaction", ""] = np.abs(answers.interaction)
    columns["confidence gap", ""] = answers.full.confidence - surest
    rng = np.random.default_rng(derive(asked.seed, "evaluation", "resamples"))
    values = np.stack(list(columns.values()), axis=1)
    intervals = mean_intervals(values, rng, asked.resamples, group=answers.seen.group)
    means = {
        key: Estimate(value=float(column.mean()), low=float(low), high=float(high))
        for (key, column), (low, high) in zip(columns.items(), intervals, strict=True)
    }
    group, all_of_them = several(answers.seen.group), np.ones(len(answers.seen))
    return means | {
        key: _estimate(ratio(right.astype(np.float64), all_of_them, group)) for key, right in shares.items()
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


class _F1(TypedDict):
    macro_f1: Estimate
    f1: dict[str, Estimate]


def _f1(answers: Answers) -> _F1:
    found = f1(answers.seen.label, answers.full.predicted, several(answers.seen.group))
    classes = answers.seen.classes
    return _F1(
        macro_f1=_estimate(found.macro),
        f1={classes[one]: _estimate(share) for one, share in found.by_class.items()},
    )


def _estimate(share: Share) -> Estimate:
    low, high = share.interval()
    return Estimate(value=share.value, low=low, high=high)


def _alone(answers: Answers, estimates: Estimates) -> list[AloneReport]:
    return [
        AloneReport(
            modality=name,
            by=standin.by,
            accuracy=estimates["alone: accuracy", name],
            information=estimates["alone: information", name],
            head_accuracy=estimates["head: accuracy", name],
            discordant=_discordant(answers, answers.alone[name].right),
        )
        for name, standin in answers.standins.items()
    ]


def _discordant(answers: Answers, alone: NDArray[np.bool_]) -> Discordant:
    joint = answers.full.right
    only_joint, only_alone = int((joint & ~alone).sum()), int((alone & ~joint).sum())
    independent = several(answers.seen.group) is None
    p = mcnemar_p(only_joint, only_alone) if independent else None
    return Discordant(only_joint=only_joint, only_alone=only_alone, p=p)


def _synergy(answers: Answers, scores: Scores, estimate: Estimate, asked: Asked) -> SynergyReport:
    """Found only if the joint forecast beats every forecast from one modality, not just the one that stands
    for it.

    What won on validation won partly by luck and is worse on test, which alone would look like synergy:
    tested against the chosen one only, 6 % of models of coins had synergy «above 0», whose interval says 2.5
    %."""
    rng = np.random.default_rng(derive(asked.seed, "evaluation", "sign flips"))
    rival, advantage = _hardest_rival(answers, scores)
    flips = sign_flips(advantage, rng, asked.resamples, group=answers.seen.group)
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
    rivals |= {name: one.information(answers.base_true) for name, one in answers.rivals.items()}
    advantages = {name: scores.joint - information for name, information in rivals.items()}
    hardest = min(advantages, key=lambda name: _t(advantages[name]))
    return hardest, advantages[hardest]


def _t(values: Floats) -> float:
    """The mean in units of its spread under sign flips; 0 where there is nothing."""
    return float(values.mean() / max(np.sqrt((values**2).mean()), 1e-30))


def _calibration(answers: Answers) -> Calibration:
    return Calibration(
        method=answers.calibrated,
        temperature=answers.temperature.value,
        ece_before=answers.ece_before,
        ece_after=answers.full.ece(),
        note=answers.temperature.note,
    )
