"""What is known of some labelled examples: who says what of them, from which modalities.

A run and a table of predictions come to this, each by its own way, and go on alike from here. Two predictors
of a single modality are kept apart, because they answer different questions:

- ``seen`` is one predictor throughout: the model with the rest withheld, or the table as given. What is said
  of *that predictor* is read from it: interaction, games between modalities, what a removal or a gap does.
- ``told`` is the best that is known of a single modality (`synib.evaluation.alone`). What is said of the
  *modalities* is read from it: information, synergy, who is right alone. A model that is merely lost without
  its other input would otherwise have synergy.

Only single modalities differ; larger subsets have one predictor.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synib.evaluation import alone
from synib.evaluation.alone import StandIn
from synib.evaluation.calibration import Temperature
from synib.evaluation.forecast import Forecast
from synib.evaluation.games.crossing import Crossed
from synib.evaluation.predictions import Predictions, Subset
from synib.report.robustness import NoiseReport

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asking:
    """With temperature and stand-ins, what it takes to ask the same model about more examples."""

    head_temperatures: dict[str, float]
    donors: NDArray[np.int64]  # (D,) rows of the training examples: one of each cell


@dataclass(frozen=True)
class Answers:
    """N examples, K classes, k modalities; (N,) each where nothing is said."""

    seen: Predictions
    told: Predictions
    by_subset: dict[Subset, Forecast]  # of ``seen``; the full set last
    heads: dict[str, Forecast]  # of the dedicated unimodal heads; of a table, its single modalities
    alone: dict[str, Forecast]  # of the single modalities of ``told``
    standins: dict[str, StandIn]  # who they are
    rivals: dict[str, Forecast]  # everybody who was heard on a single modality, by name
    interaction: Floats
    calibrated: Literal["temperature", "none"]
    temperature: Temperature  # of the joint prediction
    ece_before: float  # of the joint prediction as it was given
    given: Predictions  # ``seen`` before temperatures were fitted for it; of a run the same as ``seen``
    validation: Predictions | None  # ``given`` on examples that the report is not about
    empty: Floats | None = None  # (N, K) of the model with everything withheld; none where nobody was asked
    crossed: Crossed | None = None  # the model asked about recombined examples; none where nobody can be
    noise: NoiseReport | None = None  # the same about disturbed ones
    asking: Asking | None = None  # none where there is no model

    @property
    def full(self) -> Forecast:
        return self.by_subset[self.seen.full]

    @property
    def base(self) -> Floats:
        """(K,)"""
        return self.seen.base

    @property
    def base_true(self) -> Floats:
        """(N,) base rate of the label."""
        return self.seen.base[self.seen.label]

    @property
    def best_two(self) -> tuple[str, str]:
        return alone.best_two(self.standins)


def constant(base: Floats, rows: int) -> Floats:
    """The class frequencies, whatever is seen. (K,) -> (N, K), a view."""
    return np.broadcast_to(base, (rows, len(base)))


def with_alone(predictions: Predictions, single: dict[str, Floats]) -> Predictions:
    """The same, with other predictors of the single modalities. {modality: (N, K)}"""
    return replace(predictions, p=predictions.p | {(name,): p for name, p in single.items()})
