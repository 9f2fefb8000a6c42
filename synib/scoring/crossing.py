"""Two examples with their modalities swapped in all ways: what a model says of each combination.

A model that has learned only from single modalities changes its mind by the same step, whatever the others
are; one that combines them does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.data import Dataset
from synib.features.items import item_of
from synib.scoring.scored import Scored
from synib.scoring.scorer import Scorer

Values = NDArray[np.float32]

PAIR: Final = 2
MOST: Final = 5
"""Modalities: of 32 combinations people can still see something."""


class NotCrossable(ValueError):
    """An example that cannot be crossed: the data set has none of that name, or it lacks a modality;
    ``place`` is its place among those named, or None if the model is to blame."""

    def __init__(self, place: int | None, detail: str) -> None:
        self.place = place
        super().__init__(detail)


@dataclass(frozen=True)
class Crossed:
    """The C = 2^k combinations of two examples' k modalities, and what the model says of each."""

    example_id: tuple[str, ...]  # (2,)
    label: tuple[str, ...]  # (2,)
    split: tuple[str, ...]  # (2,)
    origin: NDArray[np.int64]  # (C, k) which of the two gives each modality: all 0 first, all 1 last
    scored: Scored  # (C,) with a label where all modalities are of one example


def cross(scorer: Scorer, dataset: Dataset, example_ids: Sequence[str]) -> Crossed:
    """Swap the modalities of two examples of the model's data set in all ways.

    A combination of two examples has no label, so no information in bits: what is said of it is the
    prediction, the confidences and the label-free interaction.

    Raises:
        NotCrossable: an example is not there, lacks a modality or cannot be read, or the model has too many
            modalities.
        ValueError: not two examples are named.
    """
    if len(example_ids) != PAIR:
        raise ValueError(f"{len(example_ids)} examples are named; name two")
    names = scorer.modalities
    if len(names) > MOST:
        detail = f"the model has {len(names)} modalities, and so {2 ** len(names)} combinations; at most "
        raise NotCrossable(None, f"{detail}{MOST} modalities are crossed")
    rows = [_row(dataset, one, place) for place, one in enumerate(example_ids)]
    given = {
        name: np.stack([_values(scorer, dataset, row, name, place) for place, row in enumerate(rows)])
        for name in names
    }  # {modality: (2, *shape)}
    label = tuple(dataset.classes[dataset.y[row]] for row in rows)
    origin = np.array([*product(range(PAIR), repeat=len(names))])
    whole = [label[of[0]] if (of == of[0]).all() else None for of in origin]
    scored = scorer.score({name: given[name][origin[:, at]] for at, name in enumerate(names)}, whole)
    split = tuple(str(dataset.split[row]) for row in rows)
    return Crossed(tuple(example_ids), label, split, origin, scored)


def _row(dataset: Dataset, example_id: str, place: int) -> int:
    found = np.flatnonzero(dataset.example_id == example_id)
    if not len(found):
        first, last = dataset.example_id[[0, -1]]
        detail = f"the model's data set has no example {example_id!r}; its {len(dataset):,} begin with "
        raise NotCrossable(place, f"{detail}{str(first)!r} and end with {str(last)!r}")
    return int(found[0])


def _values(scorer: Scorer, dataset: Dataset, row: int, name: str, place: int) -> Values:
    """(*shape) of one modality of one example; features are made of this item alone."""
    lacking = f"{str(dataset.example_id[row])!r} has no {name}; name an example that has every modality"
    if name in dataset.x:
        values: Values = np.asarray(dataset.x[name][row])
        if np.isnan(values).all():
            raise NotCrossable(place, lacking)
        return values
    media = dataset.media[name]
    if (item := int(media.index[row])) < 0:
        raise NotCrossable(place, lacking)
    try:
        made: Values = scorer.extractors[name]([item_of(media, item)])[0]
    except (OSError, ValueError) as error:
        detail = f"{name} of {str(dataset.example_id[row])!r} cannot be read: {error}"
        raise NotCrossable(place, detail) from error
    return made
