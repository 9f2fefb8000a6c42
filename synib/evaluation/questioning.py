"""Ask a trained model about the test examples, in every way that the report needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data import Dataset
from synib.evaluation import alone, calibration
from synib.evaluation.alone import StandIn
from synib.evaluation.calibration import UNCALIBRATED, Temperature
from synib.evaluation.donors import POOL, Donors, Rows, cut, draw_donors
from synib.evaluation.forecast import Forecast
from synib.evaluation.interaction import interaction, with_nothing
from synib.evaluation.protocols import Model
from synib.evaluation.subsets import Encoded, Subset, encode, questioned, see, subsets
from synib.information.entropy import class_frequencies
from synib.seeds import derive

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """What a model says of the N test examples, and what stands for each modality alone; (N,) each."""

    by_subset: dict[Subset, Forecast]  # by withholding the rest; the full set last
    heads: dict[str, Forecast]
    alone: dict[str, Forecast]  # by the stand-in
    standins: dict[str, StandIn]
    base: Floats  # (K,) class frequencies of the training examples
    base_true: Floats  # that of the label
    interaction: Floats
    joint: Floats  # (N, K) calibrated
    temperature: Temperature  # of the joint logits
    ece_before: float  # of the joint logits as they are

    @property
    def full(self) -> Forecast:
        return self.by_subset[next(reversed(self.by_subset))]

    @property
    def best_two(self) -> tuple[str, str]:
        return alone.best_two(self.standins)


def question(model: Model, data: Dataset, modalities: Sequence[str], asked: spec.Evaluation) -> Answers:
    """Calibrate and choose on validation, then ask about test; donors come from the training examples."""
    train, validation, test = (data.select(split) for split in ("train", "validation", "test"))
    base = class_frequencies(train.y, len(data.classes))
    with questioned(model):
        chosen = np.sort(_generator(asked, "pool").permutation(len(train))[:POOL])
        pool = encode(model, {name: train.x[name][chosen] for name in modalities})
        held_out = encode(model, {name: validation.x[name] for name in modalities})
        witness = _Witness.calibrated(model, pool, held_out, validation.y, asked)
        standins = _standins(witness, held_out, validation.y, base)
        return _answers(
            witness,
            encode(model, {name: test.x[name] for name in modalities}),
            test.y,
            base,
            validation.y,
            standins,
        )


def _generator(asked: spec.Evaluation, *purpose: str) -> np.random.Generator:
    return np.random.default_rng(derive(asked.seed, "evaluation", *purpose))


@dataclass(frozen=True)
class _Witness:
    """A calibrated model with its donors."""

    model: Model
    pool: Encoded
    cells: list[Rows]
    temperature: Temperature
    head_temperatures: dict[str, Temperature]
    asked: spec.Evaluation

    @classmethod
    def calibrated(
        cls, model: Model, pool: Encoded, validation: Encoded, label: Labels, asked: spec.Evaluation
    ) -> "_Witness":
        def fit(logits: Floats) -> Temperature:
            return UNCALIBRATED if asked.calibration == "none" else calibration.fit_temperature(logits, label)

        heads = {name: fit(logits) for name, logits in validation.heads.items()}
        return cls(model, pool, cut(pool.z, asked.donors), fit(validation.joint), heads, asked)

    def donors(self, split: str, examples: int) -> Donors:
        return draw_donors(_generator(self.asked, "donors", split), examples, self.cells)

    def sees(self, examples: Encoded, donors: Donors, subset: Subset) -> Floats:
        return see(self.model, examples, self.pool, donors, subset, self.temperature)

    def joint(self, examples: Encoded) -> Floats:
        return calibration.probabilities(examples.joint, self.temperature)

    def heads(self, examples: Encoded, label: Labels) -> dict[str, Forecast]:
        return {
            name: Forecast.of(calibration.probabilities(logits, self.head_temperatures[name]), label)
            for name, logits in examples.heads.items()
        }


def _standins(witness: _Witness, validation: Encoded, label: Labels, base: Floats) -> dict[str, StandIn]:
    """Who stands for each modality alone, heard on validation."""
    donors, heads = witness.donors("validation", len(label)), witness.heads(validation, label)
    candidates: dict[str, alone.Candidates] = {
        name: {
            "base rate": _constant(base, label),
            "head": heads[name],
            "withholding": Forecast.of(witness.sees(validation, donors, (name,)), label),
        }
        for name in validation.z
    }
    return alone.choose(candidates)


def _answers(
    witness: _Witness,
    test: Encoded,
    label: Labels,
    base: Floats,
    validation_label: Labels,
    standins: dict[str, StandIn],
) -> Answers:
    """One subset after the other, so that beside the joint one only one (N, K) array is held at a time."""
    donors, heads, modalities = witness.donors("test", len(label)), witness.heads(test, label), tuple(test.z)
    joint = witness.joint(test)
    full, by_subset, singles = Forecast.of(joint, label), dict[Subset, Forecast](), list[Floats]()
    for subset in subsets(modalities)[:-1]:
        p = witness.sees(test, donors, subset)
        by_subset[subset] = Forecast.of(p, label)
        if len(subset) == 1:
            singles.append(p[np.arange(len(p)), full.predicted])
    nothing = with_nothing(witness.joint(witness.pool), donors, full.predicted)
    candidates: dict[str, alone.Candidates] = {
        name: {"base rate": _constant(base, label), "head": heads[name], "withholding": by_subset[(name,)]}
        for name in modalities
    }
    base_nll = _constant(base, validation_label).nll()
    standins = alone.demote(standins, base_nll, candidates)
    return Answers(
        by_subset=by_subset | {modalities: full},
        heads=heads,
        alone={name: candidates[name][standins[name].by] for name in modalities},
        standins=standins,
        base=base,
        base_true=base[label],
        interaction=interaction(full.confidence, np.stack(singles, axis=1), nothing),
        joint=joint,
        temperature=witness.temperature,
        ece_before=Forecast.of(calibration.probabilities(test.joint), label).ece(),
    )


def _constant(base: Floats, label: Labels) -> Forecast:
    """The class frequencies, whatever is seen: it predicts the majority class."""
    return Forecast.of(np.broadcast_to(base, (len(label), len(base))), label)
