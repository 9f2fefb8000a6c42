"""Small models with their kits."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synib.data import Dataset, load
from synib.evaluation.evaluate import ask, tell
from synib.evaluation.records import ExampleTable
from synib.scoring import Kit, Scorer, kit_of
from synib.training import Trained, train
from tests.synib.examples import experiment

THREE = {"kind": "pairwise_xor", "examples": 300}


@lru_cache
def made(kind: str = "two") -> tuple[Kit, Trained, Dataset, ExampleTable]:
    """A model, sharpened as if it had learned something, asked as a run does."""
    dataset = {"dataset": THREE} if kind == "three" else {}
    asked = experiment(**dataset, evaluation={"donors": 4, "resamples": 100}, training={"epochs": 1})
    data = load(asked.dataset)
    model = train(asked, 0, 0, data)
    with torch.no_grad():
        for parameter in model.model.parameters():
            parameter.mul_(3)
    answers = ask(model, data, asked)
    report, table = tell(answers, model, data, asked, 0, 0)
    return kit_of(model, data, asked, 0, answers, report), model, data, table


def sharp(kit: Kit) -> Kit:
    """The same, ten times as sure: differences in the last digits of logits would be seen."""
    card = kit.card.model_copy(
        update={"temperature": 0.1, "head_temperatures": dict.fromkeys(kit.card.shapes, 0.1)}
    )
    return Kit(card, kit.donors, kit.profiles)


def folder_of(path: Path, kind: str = "two") -> Path:
    kit, model, _, _ = made(kind)
    kit.save(path, model)
    return path


def examples(data: Dataset, rows: Any) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in data.x.items()}


def scorer(path: Path, kind: str = "two") -> Scorer:
    """Of a sharpened model."""
    kit, model, _, _ = made(kind)
    sharp(kit).save(path, model)
    return Scorer.load(path)
