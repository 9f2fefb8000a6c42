"""Items to make features of, and an experiment on them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from synib import spec
from synib.data import ArrayMedia, Dataset
from synib.features import Sound

TEXTS = ["a cat sat", "the dog ran on the mat", "", "the cat ran", "a dog", "on the mat sat a cat"]


def images(count: int = 4, seed: int = 0) -> list[Any]:
    """Of several sizes, every other one grey."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (14 + 3 * n, 20, 1 if n % 2 else 3), dtype=np.uint8) for n in range(count)]


def sounds(lengths: tuple[int, ...] = (800, 400, 640), seed: int = 0) -> list[Sound]:
    """At 8,000 samples a second."""
    rng = np.random.default_rng(seed)
    return [Sound((0.1 * rng.standard_normal(n)).astype(np.float32), 8000) for n in lengths]


def dataset(**media: tuple[str, list[Any]]) -> Dataset:
    """Three splits of equal size; the label is the parity of the row."""
    count = len(next(iter(media.values()))[1])
    made = {
        name: ArrayMedia.of(kind, values, 8000)  # type: ignore[arg-type]
        for name, (kind, values) in media.items()
    }
    return Dataset(
        x={},
        y=np.arange(count) % 2,
        split=np.array(["train", "validation", "test"] * count)[:count],
        example_id=np.array([f"e{n:03d}" for n in range(count)]),
        classes=("even", "odd"),
        media=made,
    )


def asked(media: Mapping[str, str], examples: int = 36, **fields: Any) -> dict[str, Any]:
    """An experiment on uploaded media of these kinds, as people write it, with what the service fills in."""
    stored = {
        "kind": "stored",
        "id": f"ds_{0:032x}",
        "digest": f"{0:064x}",
        "modalities": list(media),
        "media": dict(media),
        "classes": ["even", "odd"],
        "counts": dict.fromkeys(("train", "validation", "test"), examples // 3),
    }
    return {"dataset": stored, "methods": [{"kind": "vanilla"}], **fields}


def modality(features: spec.Features) -> spec.Modality:
    return spec.Modality(features=features)
