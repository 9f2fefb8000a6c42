"""From recordings and images to a report: the label needs both, and a model learns it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synib.evaluation.evaluate import evaluate
from synib.features import prepare
from synib.spec import parse_experiment
from synib.training import train
from tests.synib.features.examples import asked, dataset

N = 240


def tone(hertz: float, samples: int, rng: np.random.Generator) -> Any:
    sound = 0.5 * np.sin(2 * np.pi * hertz * np.arange(samples) / 8000)
    return np.clip(sound + 0.05 * rng.standard_normal(samples), -1, 1).astype(np.float32)


@pytest.mark.parametrize(
    "heard",
    [
        {"features": {"kind": "log_mel", "rate": 8000, "seconds": 0.2, "mels": 16}},
        {"features": {"kind": "mfcc", "rate": 8000, "seconds": 0.2, "mels": 16, "coefficients": 12},
         "encoder": {"kind": "gru", "features": 16}},
    ],
    ids=["a spectrogram by cnn", "coefficients by gru"],
)  # fmt: skip
def test_the_parity_of_a_tone_and_a_brightness_is_learned(heard: dict[str, Any], tmp_path: Path) -> None:
    # Either alone says nothing: a high tone beside a bright image is of the class of a low beside a dark one.
    rng = np.random.default_rng(0)
    high, bright = rng.integers(0, 2, (2, N))
    sounds = [tone(400 + 800 * h, rng.integers(800, 2000), rng) for h in high]
    images = [rng.integers(128 * b, 128 + 128 * b, (9, 12, 1), dtype=np.uint8) for b in bright]
    sounds[0], images[3] = None, None  # each is lacked by one training example
    data = dataset(heard=("audio", sounds), seen=("image", images))
    data.y[:] = high ^ bright
    seen = {"features": {"kind": "pixels", "size": 4, "channels": 1}}
    experiment = parse_experiment(
        asked(
            {"heard": "audio", "seen": "image"},
            N,
            modalities={"heard": heard, "seen": seen},
            training={"epochs": 25, "batch_size": 16, "lr": 0.005},
            evaluation={"donors": 2, "resamples": 100},
        )
    )
    ready = prepare(data, experiment, tmp_path)
    report, table = evaluate(train(experiment, 0, 0, ready), ready, experiment, 0, 0)
    accuracy = {name: one.accuracy.value for name, one in report.by_subset.items()}
    assert np.isfinite(table.information).all()
    assert accuracy["heard+seen"] > 0.9
    assert max(accuracy["heard"], accuracy["seen"]) < 0.75
