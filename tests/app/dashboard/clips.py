"""A made-up film: an archive of faces, voices and words, and what a model said of its test clips."""

import csv
import io
import tarfile
import wave
from functools import lru_cache
from itertools import combinations

import numpy as np
from PIL import Image, ImageDraw

from synib import spec
from synib.evaluation.analyse import analyse
from synib.evaluation.predictions import Predictions
from synib.evaluation.records import ExampleTable
from synib.report import Report
from tests.app.dashboard.report.reports import NOWHERE

FEELINGS = ("angry", "happy", "sad")
SPLITS = {"train": 90, "validation": 30, "test": 180}
MODALITIES = ("voice", "face", "words")
SAID = {"angry": "I will not say this again.", "happy": "You came!", "sad": "It was the last one."}
MOUTHS = {"angry": (10, 22, 22, 24), "happy": (8, 12, 24, 24), "sad": (8, 20, 24, 30)}
PITCH = {"angry": 440.0, "happy": 330.0, "sad": 160.0}  # hertz
RATE = 4000  # samples per second


@lru_cache
def archive() -> bytes:
    """All clips as a tar, small enough to be read while a test waits."""
    rng = np.random.default_rng(0)
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["example_id", "split", "label", "face_file_name", "voice_file_name", "words_text"])
    files = {}
    for name, split, label in zip(ids(), splits(), labels(), strict=True):
        files[f"faces/{name}.png"], files[f"voices/{name}.wav"] = _face(label, rng), _voice(label, rng)
        words = f"{SAID[label]} ({int(rng.integers(1, 10_000))})"
        sheet.writerow([name, split, label, f"faces/{name}.png", f"voices/{name}.wav", words])
    files["metadata.csv"] = text.getvalue().encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@lru_cache
def understood() -> tuple[Report, ExampleTable]:
    """What a model said of the test clips that is only sure when it has all three."""
    rng = np.random.default_rng(1)
    test = np.array(splits()) == "test"
    label = np.array([FEELINGS.index(name) for name in labels()])[test]
    p = {}
    for size in range(1, len(MODALITIES) + 1):
        for subset in combinations(MODALITIES, size):
            surer = {1: 0.5, 2: 1.2, 3: 3.0}[size] + 0.4 * ("face" in subset)
            logits = 0.7 * rng.normal(size=(len(label), len(FEELINGS))) + surer * np.eye(3)[label]
            p[subset] = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    known = Predictions(MODALITIES, FEELINGS, label, p, np.full(3, 1 / 3), np.array(ids())[test])
    told = NOWHERE.model_copy(update={"method": "synib"})
    return analyse(known, spec.Analysis(resamples=100), provenance=told)


def ids() -> list[str]:
    return [f"clip-{number:03}" for number in range(sum(SPLITS.values()))]


def splits() -> list[str]:
    return [split for split, number in SPLITS.items() for _ in range(number)]


def labels() -> list[str]:
    return [FEELINGS[number % 3] for number in range(sum(SPLITS.values()))]


def _face(label: str, rng: np.random.Generator) -> bytes:
    """A round face of 32 × 32 pixels, no two alike."""
    skin = tuple(int(part) for part in rng.integers(170, 250, 3))
    picture = Image.fromarray(rng.integers(20, 120, (32, 32, 3), dtype=np.uint8))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((2, 2, 29, 29), fill=skin)
    x, y = (int(part) for part in rng.integers(-1, 2, 2))
    for eye in (10, 20):
        pen.ellipse((eye + x, 10 + y, eye + 2 + x, 12 + y), fill=(0, 0, 0))
    start, end = {"angry": (0, 180), "happy": (0, 180), "sad": (180, 360)}[label]
    pen.arc(MOUTHS[label], start, end, fill=(0, 0, 0), width=2)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def _voice(label: str, rng: np.random.Generator) -> bytes:
    """Less than half a second of a tone in noise."""
    time = np.arange(int(RATE * rng.uniform(0.2, 0.4))) / RATE
    pitch = PITCH[label] * rng.uniform(0.7, 1.4)
    sound = 0.2 * np.sin(2 * np.pi * pitch * time) + 0.2 * rng.normal(size=len(time))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return content.getvalue()
