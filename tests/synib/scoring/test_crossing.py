"""Two examples crossed: every combination is scored as what it is, and only whole examples have labels."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from synib.data import Dataset
from synib.evaluation.evaluate import ask, tell
from synib.features import prepare
from synib.scoring import NotCrossable, Scored, Scorer, cross, kit_of
from synib.spec import parse_experiment
from synib.training import train
from tests.synib.evaluation.oracles import XOR
from tests.synib.features.examples import asked, dataset, images
from tests.synib.scoring.kits import made, scorer
from tests.synib.scoring.test_scorer import NUMBERS, oracle

EXACT = 1e-6  # what a combination's scores may differ from those of its features


def same(one: Scored, other: Scored) -> None:
    assert one.label.tolist() == other.label.tolist()
    for name in NUMBERS:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=EXACT, nan_ok=True), name


@pytest.mark.parametrize("kind", ["two", "three"])
def test_every_combination_is_scored_as_its_features_are(tmp_path: Path, kind: str) -> None:
    asked_of, data = scorer(tmp_path, kind), made(kind)[2]
    [a] = np.flatnonzero((data.split == "test") & (data.y == 0))[:1]
    [b] = np.flatnonzero((data.split == "test") & (data.y == 1))[:1]
    ids = [str(data.example_id[a]), str(data.example_id[b])]
    found = cross(asked_of, data, ids)
    names = asked_of.modalities
    assert found.label == (data.classes[0], data.classes[1])
    assert found.split == ("test", "test")
    assert found.origin.tolist() == [list(way) for way in product((0, 1), repeat=len(names))]
    rows = np.array([a, b])
    by_hand = [
        asked_of.score(
            {name: data.x[name][[rows[of]]] for name, of in zip(names, way, strict=True)},
            [data.classes[way[0]] if len(set(way)) == 1 else None],
        )
        for way in product((0, 1), repeat=len(names))
    ]
    for place, one in enumerate(by_hand):
        same(found.scored.take(slice(place, place + 1)), one)
    assert np.isnan(found.scored.synergy[1:-1]).all()
    assert np.isfinite(found.scored.synergy[[0, -1]]).all()


def test_of_xor_each_modality_alone_turns_the_prediction_and_both_turn_it_back() -> None:
    # The exact posterior: 00 and 11 are 0, 01 and 10 are 1, all with certainty.
    zeros = np.array([[0], [1]], np.float32)
    data = Dataset(
        x={"left": zeros, "right": zeros},
        y=np.array([0, 0]),
        split=np.array(["test", "test"]),
        example_id=np.array(["a", "b"]),
        classes=("0", "1"),
    )
    found = cross(oracle(XOR), data, ["a", "b"])
    assert found.scored.predicted.tolist() == [0, 1, 1, 0]
    assert found.scored.joint_p.max(1) == pytest.approx([1, 1, 1, 1], abs=EXACT)
    assert found.scored.subset_p[:, :2].max(2) == pytest.approx(0.5 * np.ones((4, 2)), abs=EXACT)


def test_images_are_crossed_item_by_item_as_training_prepared_them(tmp_path: Path) -> None:
    data = dataset(left=("image", images(36)), right=("image", [*images(35, seed=1), None]))
    modalities = {name: {"features": {"kind": "pixels", "size": 4}} for name in ("left", "right")}
    fields = asked(
        dict.fromkeys(modalities, "image"),
        modalities=modalities,
        training={"epochs": 1},
        evaluation={"donors": 2, "resamples": 100},
    )
    experiment = parse_experiment(fields)
    ready = prepare(data, experiment)
    model = train(experiment, 0, 0, ready)
    answers = ask(model, ready, experiment)
    report, _ = tell(answers, model, ready, experiment, 0, 0)
    kit_of(model, ready, experiment, 0, answers, report).save(tmp_path, model)
    asked_of = Scorer.load(tmp_path)
    found = cross(asked_of, data, ["e002", "e005"])
    x = {"left": ready.x["left"][[2, 2, 5, 5]], "right": ready.x["right"][[2, 5, 2, 5]]}
    same(found.scored, asked_of.score(x, ["even", None, None, "odd"]))
    with pytest.raises(NotCrossable, match="'e035' has no right") as lacking:
        cross(asked_of, data, ["e002", "e035"])
    assert lacking.value.place == 1


def test_what_cannot_be_crossed_is_told_with_its_place(tmp_path: Path) -> None:
    asked_of, data = scorer(tmp_path), made()[2]
    there = str(data.example_id[0])
    with pytest.raises(
        NotCrossable, match="no example 'nobody'; its 300 begin with 'train-000000'"
    ) as unknown:
        cross(asked_of, data, ["nobody", there])
    assert unknown.value.place == 0
    x = {name: values.copy() for name, values in data.x.items()}
    x["x2"][1] = np.nan
    with pytest.raises(NotCrossable, match="has no x2") as lacking:
        cross(asked_of, replace(data, x=x), [there, str(data.example_id[1])])
    assert lacking.value.place == 1
    shapes = {f"m{i}": [1] for i in range(6)}
    kit = replace(asked_of.kit, card=asked_of.card.model_copy(update={"shapes": shapes}))
    with pytest.raises(NotCrossable, match="6 modalities, and so 64 combinations; at most 5") as many:
        cross(Scorer(asked_of.model, kit), data, [there, there])
    assert many.value.place is None
    with pytest.raises(ValueError, match="name two"):
        cross(asked_of, data, [there])
