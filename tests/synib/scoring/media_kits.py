"""A model of images, numbers and, where somebody gives a model of words, texts; and its examples as files."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import soundfile
from PIL import Image

from synib.data import Dataset
from synib.evaluation.evaluate import ask, tell
from synib.features import prepare
from synib.scoring import Kit, kit_of
from synib.spec import parse_experiment
from synib.training import Trained, train
from tests.synib.features.examples import asked, dataset, images

N = 36
SAID = ["a cat sat", "the dog ran on the mat", "the cat ran", "a dog", "on the mat sat a cat"]
RATE = 8000


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(file, "PNG")
    return file.getvalue()


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


def made(words: str | None = None) -> tuple[Kit, Trained, Dataset]:
    """A model of `picture`, `meter` and, with the name of a model of words, `words`; and its data."""
    media: dict[str, tuple[str, list[Any]]] = {"picture": ("image", images(N))}
    features: dict[str, Any] = {
        "meter": {},
        "picture": {"features": {"kind": "pixels", "size": 4, "channels": 1}},
    }
    if words:
        media["words"] = ("text", [SAID[i % len(SAID)] for i in range(N)])
        features["words"] = {"features": {"kind": "pretrained", "model": words, "steps": 8}}
    meter = np.random.default_rng(1).standard_normal((N, 2)).astype(np.float32)
    data = replace(dataset(**media), x={"meter": meter})
    stored = asked({name: kind for name, (kind, _) in media.items()}, N)["dataset"]
    stored |= {"modalities": ["meter", *media], "shapes": {"meter": [2]}}
    experiment = parse_experiment(
        {
            "dataset": stored,
            "methods": [{"kind": "vanilla"}],
            "modalities": features,
            "training": {"epochs": 1},
            "evaluation": {"donors": 2, "resamples": 100},
        }
    )
    ready = prepare(data, experiment)
    model = train(experiment, 0, 0, ready)
    answers = ask(model, ready, experiment)
    report, _ = tell(answers, model, ready, experiment, 0, 0)
    return kit_of(model, ready, experiment, 0, answers, report), model, ready


def archive(rows: int = N, label: bool = True, words: str = "") -> dict[str, Any]:
    """The examples as files by name and the metadata under "rows"; ``words`` are in "files" or "cells"."""
    files: dict[str, Any] = {"rows": []}
    meter = np.random.default_rng(1).standard_normal((N, 2)).astype(np.float32)
    for i, image in enumerate(images(N)[:rows]):
        files[f"seen/{i}.png"] = png(image)
        row: dict[str, Any] = {"picture_file_name": f"seen/{i}.png"}
        row |= {f"meter:{j}": float(meter[i, j]) for j in range(2)}
        if words == "files":
            files[f"said/{i}.txt"] = SAID[i % len(SAID)].encode()
            row["words_file_name"] = f"said/{i}.txt"
        elif words:
            row["words_text"] = SAID[i % len(SAID)]
        files["rows"].append(row | ({"label": ("even", "odd")[i % 2]} if label else {}))
    return files
