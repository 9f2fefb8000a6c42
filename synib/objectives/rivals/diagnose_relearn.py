"""Diagnosing and re-learning: overfitted encoders go back towards where they began."""

import math
import warnings
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import minmax_scale
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor

from synib import spec
from synib.models.tokens import pooled
from synib.objectives.objective import Examples, methods
from synib.objectives.vanilla import Vanilla

ENCODED_AT_ONCE: Final = 1024  # examples


class DiagnoseRelearn(Vanilla):
    """Vanilla; every n epochs each encoder is mixed with its initial weights:

        w_m = tanh(alpha |P_train(m) - P_validation(m)|),  theta_m <- w_m theta_m(0) + (1 - w_m) theta_m

    Wei et al. 2024 (arXiv 2407.09705): P is the purity of k-means clusters, as many as classes, of modality
    m's representations, each unit brought to -1 … 1. Both purities of a modality are its own (in one public
    re-implementation a modality was diagnosed by another's representations). Fusion and heads go on as they
    are, and so does the optimiser.
    """

    def __init__(
        self, settings: spec.DiagnoseRelearn, classes: int, heads: spec.UnimodalHeads | None = None
    ) -> None:
        super().__init__(heads)
        self.settings = settings
        self.classes = classes
        self.initial: dict[str, Tensor] = {}

    def begin(self, model: Any, train: Examples, validation: Examples) -> None:
        self.initial = {name: value.detach().clone() for name, value in model.encoders.named_parameters()}

    @torch.no_grad()
    def end_epoch(self, model: Any, epoch: int, train: Examples, validation: Examples) -> None:
        if epoch % self.settings.every or epoch > self.settings.every * self.settings.times:
            return
        gaps = self.diagnosis(model, train, validation)
        for name, value in model.encoders.named_parameters():
            share = math.tanh(self.settings.alpha * gaps[name.split(".")[0]])
            if value.requires_grad:
                value.copy_(share * self.initial[name] + (1 - share) * value)

    def diagnosis(self, model: Any, train: Examples, validation: Examples) -> dict[str, float]:
        """Gap between training and validation purity of each modality, 0 … 1."""
        learned, unseen = encoded(model, train), encoded(model, validation)
        return {
            name: abs(
                purity(learned[name], labels(train), self.classes)
                - purity(unseen[name], labels(validation), self.classes)
            )
            for name in learned
        }


def labels(examples: Examples) -> NDArray[np.int64]:
    known: NDArray[np.int64] = examples.y.cpu().numpy()
    return known


@torch.no_grad()
def encoded(model: Any, examples: Examples) -> dict[str, NDArray[np.float64]]:
    """Representations of every modality, (N, d), tokens as their mean, without dropout."""
    was_training = model.training
    model.eval()
    parts = []
    for start in range(0, len(examples.y), ENCODED_AT_ONCE):
        rows = slice(start, start + ENCODED_AT_ONCE)
        z = model.encode({name: values[rows] for name, values in examples.x.items()})
        parts.append({name: pooled(latent) for name, latent in z.items()})
    model.train(was_training)
    return {name: torch.cat([part[name] for part in parts]).double().cpu().numpy() for name in parts[0]}


def purity(z: NDArray[np.float64], y: NDArray[np.int64], classes: int) -> float:
    """Share of examples whose label is the commonest of their cluster. (N, d), (N,) -> 1/K … 1"""
    with warnings.catch_warnings(), threadpool_limits(1):  # threads would add up in any order
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than clusters
        clusters = KMeans(classes, n_init=10, random_state=0).fit_predict(minmax_scale(z, (-1, 1)))
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (clusters, y), 1)
    return float(counts.max(axis=1).sum() / len(y))


@methods(spec.DiagnoseRelearn)
def from_spec(
    method: spec.DiagnoseRelearn, experiment: spec.Experiment, info: spec.DataInfo
) -> DiagnoseRelearn:
    return DiagnoseRelearn(method, len(info.classes), experiment.unimodal_heads)
