"""How well can irony be told from human votes by readers of one channel, and by two that know the rule?

    python -m benchmarks.irony_readers ../shared/data

Balanced donors: irony is where one of face and voice is happy. So two logistic readers, of «happy» in the
votes of each, learned on the training clips, give P(irony) = p (1 - q) + q (1 - p): a mark to measure models
by, not a bound, for votes can be read better than linearly. And for every rule of donors the area under the
curve of a logistic reader of «irony» in the votes of one channel: what that channel gives away alone.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from synib import spec
from synib.data import Dataset, load

FOLDS = range(1, 6)


def recipe(root: str, fold: int, donors: dict[str, Any], negative: list[str]) -> spec.Irony:
    clips = {
        "kind": "crema_d_votes",
        "folder": f"{root}/crema-d-human-votes",
        "folds": f"{root}/synib-irony-cremad-splits/data_splits_val.json",
        "fold": fold,
    }
    return spec.Irony.model_validate({"clips": clips, "donors": donors, "negative": negative})


def happy(dataset: Dataset) -> dict[str, NDArray[np.bool_]]:
    """Whether face and voice of each example are of a happy clip, by its name."""
    faces, _, voices = np.char.partition(dataset.example_id, "+").T
    voices = np.where(voices == "", faces, voices)
    return {"face": np.char.find(faces, "_HAP_") >= 0, "voice": np.char.find(voices, "_HAP_") >= 0}


def rule_known(train: Dataset, test: Dataset) -> float:
    """Accuracy of the exclusive or of two logistic readers."""
    p = {
        name: LogisticRegression(C=10)
        .fit(train.x[name], happy(train)[name])
        .predict_proba(test.x[name])[:, 1]
        for name in ("face", "voice")
    }
    irony = p["face"] * (1 - p["voice"]) + p["voice"] * (1 - p["face"])
    return float(((irony > 0.5) == test.y).mean())


def given_away(train: Dataset, test: Dataset, name: str) -> float:
    """Area under the curve of irony read from one channel: .5 is nothing."""
    reader = LogisticRegression(C=10).fit(train.x[name], train.y)
    return float(roc_auc_score(test.y, reader.predict_proba(test.x[name])[:, 1]))


def main(root: str) -> None:
    everything = ["sad", "fear", "disgust", "anger"]
    for negative in (everything, ["anger"]):
        found = []
        for fold in FOLDS:
            dataset = load(recipe(root, fold, {"kind": "balanced"}, negative))
            found.append(rule_known(dataset.select("train"), dataset.select("test")))
        print(f"happy against {', '.join(negative)}, rule known: {told(found)}", flush=True)
    for donors in ({"kind": "any"}, {"kind": "matched"}, {"kind": "balanced"}):
        datasets = [load(recipe(root, fold, donors, everything)) for fold in FOLDS]
        for name in ("voice", "face"):
            areas = [given_away(one.select("train"), one.select("test"), name) for one in datasets]
            print(f"{donors['kind']} donors, irony from the {name} alone: {told(areas)}", flush=True)


def told(folds: list[float]) -> str:
    return f"{', '.join(f'{value:.3f}' for value in folds)}; mean {np.mean(folds):.3f}"


if __name__ == "__main__":
    main(sys.argv[1])
