"""A model that has learned nothing, or not to listen, is named as such."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synib import spec
from synib.evaluation.analyse import analyse
from synib.evaluation.collapse import STILL, collapses
from synib.evaluation.predictions import Predictions
from synib.report import Provenance

NOWHERE = Provenance(version="0", data_sha256="0", spec_sha256="0", seed=0, python="3")
ALL = ("voice", "face")


def table(joint: np.ndarray, voice: np.ndarray, face: np.ndarray) -> Predictions:
    """Of two classes, by the probability of the second, (N,) each."""
    N = len(joint)
    label = (np.random.default_rng(0).random(N) < 0.5).astype(np.int64)
    p = {("voice",): voice, ("face",): face, ALL: joint}
    return Predictions(
        modalities=ALL,
        classes=("calm", "angry"),
        label=label,
        p={subset: np.stack([1 - q, q], axis=1) for subset, q in p.items()},
        base=np.full(2, 0.5),
        example_id=np.arange(N).astype(str),
    )


def random(rows: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, rows)


def test_a_model_that_says_the_same_of_everything_is_called_collapsed_in_its_report():
    report, _ = analyse(
        table(np.full(200, 0.48), random(seed=1), random(seed=2)),
        spec.Analysis(resamples=100),
        provenance=NOWHERE,
    )
    (note,) = [note for note in report.notes if "collapsed" in note]
    assert "all 200 examples, 'calm' with probability 0.52" in note


def test_a_modality_whose_absence_changes_nothing_is_not_listened_to():
    voice = random(seed=1)
    (note,) = collapses(table(voice, voice, random(seed=2)))
    assert "does not listen to face" in note


def test_a_model_that_listens_to_both_is_not_blamed():
    assert collapses(table(random(), random(seed=1), random(seed=2))) == []


@given(move=st.floats(0, 0.1).filter(lambda move: abs(move - STILL) > 1e-6))
def test_one_example_that_is_told_apart_is_enough(move):
    joint = np.full(50, 0.3)
    joint[7] += move
    assert bool(collapses(table(joint, random(50, 1), random(50, 2)))) == (move < STILL)
