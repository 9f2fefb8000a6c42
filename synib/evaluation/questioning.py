"""Ask a trained model about the test examples, in every way that the report needs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data import Dataset
from synib.evaluation import alone, calibration
from synib.evaluation.alone import StandIn
from synib.evaluation.answers import Answers, Asking, constant, with_alone
from synib.evaluation.calibration import UNCALIBRATED, Temperature
from synib.evaluation.disturbance import disturbed
from synib.evaluation.donors import POOL, Donors, Rows, cut, draw_donors
from synib.evaluation.enough import clusters
from synib.evaluation.forecast import Forecast
from synib.evaluation.games.crossing import Crossed
from synib.evaluation.games.grid import cross
from synib.evaluation.interaction import interaction, with_nothing
from synib.evaluation.predictions import Predictions, Subset
from synib.evaluation.protocols import Model
from synib.evaluation.subsets import Encoded, encode, questioned, see, subsets
from synib.information.entropy import class_frequencies
from synib.seeds import derive

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CROSSED: Final = 150
"""Examples whose modalities are exchanged with each other: 22,500 answers, fewer than 1,000 examples of two
modalities need for everything else."""
FEWER: Final = 200
"""Resamples at most, for what is only asked of a run's examples in passing."""


def question(model: Model, data: Dataset, modalities: Sequence[str], asked: spec.Evaluation) -> Answers:
    """Calibrate and choose on validation, then ask about test; donors come from the training examples."""
    train, validation, test = (data.select(split) for split in ("train", "validation", "test"))
    base = class_frequencies(train.y, len(data.classes))
    with questioned(model):
        chosen = np.sort(_generator(asked, "pool").permutation(len(train))[:POOL])
        pool = encode(model, {name: train.x[name][chosen] for name in modalities})
        held_out = encode(model, {name: validation.x[name] for name in modalities})
        witness = _Witness.calibrated(model, pool, held_out, validation.y, base, asked)
        singles = [(name,) for name in modalities]
        before = witness.hear(held_out, validation, singles)
        examples = encode(model, {name: test.x[name] for name in modalities})
        heard = witness.hear(examples, test, subsets(modalities)[:-1])
        empty = with_nothing(witness.joint(pool), heard.donors)
        crossed = witness.cross(examples, test)
        noise = disturbed(
            model,
            train,
            test,
            modalities,
            witness.temperature,
            seed=derive(asked.seed, "evaluation", "noise"),
            resamples=min(FEWER, asked.resamples),
        )
    standins = alone.choose(before.candidates)
    standins = alone.demote(standins, before.of_base.nll(), heard.candidates)
    uncalibrated = Forecast.of(calibration.probabilities(examples.joint), test.y)
    answers = _answers(heard, before, standins, empty, witness, uncalibrated.ece())
    return replace(answers, crossed=crossed, noise=noise, asking=witness.asking(chosen))


def _generator(asked: spec.Evaluation, *purpose: str) -> np.random.Generator:
    return np.random.default_rng(derive(asked.seed, "evaluation", *purpose))


def _answers(
    heard: "_Hearing",
    before: "_Hearing",
    standins: dict[str, StandIn],
    empty: Floats,
    witness: "_Witness",
    ece_before: float,
) -> Answers:
    of = heard.candidates
    full = heard.by_subset[heard.seen.full]
    rows = np.arange(len(full.predicted))
    singles = [heard.seen.alone(name)[rows, full.predicted] for name in standins]
    return Answers(
        seen=heard.seen,
        told=with_alone(heard.seen, {name: heard.alone(name, one.by) for name, one in standins.items()}),
        by_subset=heard.by_subset,
        heads={name: of[name]["head"] for name in standins},
        alone={name: of[name][one.by] for name, one in standins.items()},
        standins=standins,
        rivals={f"the head of {name}": of[name]["head"] for name in standins}
        | {f"{name} with the rest withheld": of[name]["withholding"] for name in standins},
        interaction=interaction(full.confidence, np.stack(singles, axis=1), empty[rows, full.predicted]),
        calibrated=witness.asked.calibration,
        temperature=witness.temperature,
        ece_before=ece_before,
        given=heard.seen,
        validation=before.seen,
        empty=empty,
    )


@dataclass(frozen=True)
class _Witness:
    """A calibrated model with its donors, and the class frequencies of its training."""

    model: Model
    pool: Encoded
    cells: list[Rows]
    temperature: Temperature
    head_temperatures: dict[str, Temperature]
    base: Floats
    asked: spec.Evaluation

    @classmethod
    def calibrated(
        cls,
        model: Model,
        pool: Encoded,
        validation: Encoded,
        label: Labels,
        base: Floats,
        asked: spec.Evaluation,
    ) -> "_Witness":
        def fit(logits: Floats) -> Temperature:
            return UNCALIBRATED if asked.calibration == "none" else calibration.fit_temperature(logits, label)

        heads = {name: fit(logits) for name, logits in validation.heads.items()}
        return cls(model, pool, cut(pool.z, asked.donors), fit(validation.joint), heads, base, asked)

    def asking(self, pool: NDArray[np.int64]) -> Asking:
        """For examples to come: the same donors for each, so that what is said of one depends on it alone.

        pool: (P,) rows of the training examples that the pool is made of.
        """
        [donors] = draw_donors(_generator(self.asked, "donors", "scoring"), 1, self.cells)
        heads = {name: temperature.value for name, temperature in self.head_temperatures.items()}
        return Asking(heads, pool[donors])

    def joint(self, examples: Encoded) -> Floats:
        return calibration.probabilities(examples.joint, self.temperature)

    def cross(self, examples: Encoded, data: Dataset) -> Crossed:
        """At most CROSSED examples with their modalities exchanged."""
        return cross(
            self.model,
            examples,
            data.y,
            seed=derive(self.asked.seed, "evaluation", "crossing"),
            temperature=self.temperature.value,
            most=CROSSED,
        )

    def hear(self, examples: Encoded, data: Dataset, withholding: Sequence[Subset]) -> "_Hearing":
        """All that is said of the examples of one split, from these subsets and from everything."""
        [split] = set(data.split.tolist())
        donors = draw_donors(_generator(self.asked, "donors", split), len(examples), self.cells)
        withheld = {
            subset: see(self.model, examples, self.pool, donors, subset, self.temperature)
            for subset in withholding
        }
        seen = Predictions(
            modalities=tuple(examples.z),
            classes=data.classes,
            label=data.y,
            p=withheld | {tuple(examples.z): self.joint(examples)},
            base=self.base,
            example_id=data.example_id,
            split=data.split,
            group=clusters(data.group),
        )
        heads = {
            name: calibration.probabilities(logits, self.head_temperatures[name])
            for name, logits in examples.heads.items()
        }
        return _Hearing(seen, heads, donors)


@dataclass(frozen=True)
class _Hearing:
    """What a witness says of N examples: by withholding, and by the dedicated head of each modality."""

    seen: Predictions
    heads: dict[str, Floats]  # (N, K)
    donors: Donors

    @cached_property
    def by_subset(self) -> dict[Subset, Forecast]:
        return {subset: Forecast.of(p, self.seen.label) for subset, p in self.seen.p.items()}

    @cached_property
    def of_base(self) -> Forecast:
        return Forecast.of(constant(self.seen.base, len(self.seen)), self.seen.label)

    @cached_property
    def candidates(self) -> dict[str, alone.Candidates]:
        """Who may stand for each modality."""
        return {
            name: {
                "base rate": self.of_base,
                "head": Forecast.of(self.heads[name], self.seen.label),
                "withholding": self.by_subset[(name,)],
            }
            for name in self.seen.modalities
        }

    def alone(self, modality: str, by: alone.By) -> Floats:
        """Probabilities of the one who stands for a modality. (N, K)"""
        match by:
            case "head":
                return self.heads[modality]
            case "withholding":
                return self.seen.alone(modality)
            case _:
                return constant(self.seen.base, len(self.seen))
