"""Reports of predictions whose truth is known: synergy, none, three modalities, too little to say."""

from functools import lru_cache
from itertools import combinations

import numpy as np

from synib import spec
from synib.evaluation.analyse import analyse
from synib.evaluation.predictions import Predictions
from synib.evaluation.records import ExampleTable
from synib.report import Provenance, Report

WORLDS = ("together", "nothing", "alone", "three", "few", "validated")
NOWHERE = Provenance(version="0", data_sha256="0", spec_sha256="0", seed=0, python="3")


@lru_cache
def world(name: str, seed: int = 0, rows: int = 300) -> tuple[Report, ExampleTable]:
    """The report on a world's predictions, and its examples."""
    rng = np.random.default_rng(seed)
    modalities = ("voice", "face", "words") if name == "three" else ("left", "right")
    classes = ("a", "b", "=c") if name == "three" else ("even", "odd")
    rows = 6 if name == "few" else rows
    label = rng.integers(0, len(classes), rows)
    told = {"together": (0.0, 3.0), "nothing": (0.0, 0.0), "alone": (2.0, 2.0)}.get(name, (0.7, 2.0))
    p = {}
    for size in range(1, len(modalities) + 1):
        for subset in combinations(modalities, size):
            weight = told[1] if size == len(modalities) else told[0] * size
            logits = rng.normal(size=(rows, len(classes))) + weight * np.eye(len(classes))[label]
            p[subset] = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    split = np.where(np.arange(rows) % 3 == 0, "validation", "test") if name == "validated" else None
    predictions = Predictions(
        modalities,
        classes,
        label,
        p,
        np.full(len(classes), 1 / len(classes)),
        np.array([f"clip/{i} & <b>" for i in range(rows)]),
        split=split,
    )
    return analyse(predictions, spec.Analysis(seed=seed, resamples=100), provenance=NOWHERE)


def report(name: str, seed: int = 0) -> Report:
    return world(name, seed)[0]
