"""A trained model asked about examples with noise and gaps, for :mod:`synib.evaluation.robustness`."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.data import Dataset
from synib.evaluation import calibration
from synib.evaluation.calibration import Temperature
from synib.evaluation.enough import clusters
from synib.evaluation.protocols import Model
from synib.evaluation.robustness import Training, noise_report
from synib.evaluation.subsets import encode
from synib.report.robustness import NoiseReport

Floats = NDArray[np.float64]
Features = NDArray[np.float32]

EXAMPLES: Final = 200
"""Disturbed at most: unlike subsets, every level is encoded anew, which is most of an evaluation's time."""
LEARNED_FROM: Final = 1_000
"""Training examples that tell each coordinate's mean and spread."""
NOISE: Final = (0.0, 0.5, 1.0, 2.0)
GAPS: Final = (0.0, 0.3, 0.6, 0.9)


def disturbed(
    model: Model,
    train: Dataset,
    test: Dataset,
    modalities: Sequence[str],
    temperature: Temperature,
    *,
    seed: int,
    resamples: int,
) -> NoiseReport | None:
    """The first test examples in an order of their own; images are disturbed as the vectors of their pixels.

    Numbers of words stay as they are: between two of them there is nothing. Of a model that reads nothing
    else there is nothing to say. The model must be in evaluation mode and without gradients.
    """
    words = getattr(model, "words", frozenset[str]())
    changed = [name for name in modalities if name not in words]
    if not changed:
        return None
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(test))[:EXAMPLES])
    known = np.sort(rng.permutation(len(train))[:LEARNED_FROM])
    shapes = {name: test.x[name].shape[1:] for name in changed}

    kept = {name: test.x[name][rows] for name in words}

    def ask(x: Mapping[str, NDArray[np.floating]]) -> Floats:
        disturbed = {name: np.asarray(x[name], np.float32).reshape(-1, *shapes[name]) for name in changed}
        whole = {name: (kept | disturbed)[name] for name in modalities}
        return calibration.probabilities(encode(model, whole).joint, temperature)

    return noise_report(
        ask,
        {name: _flat(test.x[name][rows]) for name in changed},
        test.y[rows],
        Training.of({name: _flat(train.x[name][known]) for name in changed}),
        seed=seed,
        resamples=resamples,
        group=clusters(None if test.group is None else test.group[rows]),
        noise=NOISE,
        gaps=GAPS,
    )


def _flat(values: Features) -> Features:
    """Vectors and sequences as they are, images as vectors. (N, …) -> (N, d) or (N, T, d)"""
    return values if values.ndim <= 3 else values.reshape(len(values), math.prod(values.shape[1:]))
