"""Small networks to test with: every fusion, and models of any modalities without a data set."""

from collections.abc import Mapping
from typing import Any

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from synib import spec
from synib.models import Moments, MultimodalClassifier
from synib.models.parts import fusions

FUSIONS: dict[str, dict[str, Any]] = {
    "concat": {"kind": "concat", "hidden": 8},
    "late_sum": {"kind": "late_sum", "hidden": 8},
    "gated": {"kind": "gated", "hidden": 8},
    "film": {"kind": "film", "hidden": 8},
    "low_rank": {"kind": "low_rank", "rank": 3, "hidden": 8},
    "mult": {"kind": "mult", "width": 8, "heads": 2},
    "mbt": {"kind": "mbt", "width": 8, "heads": 2, "bottlenecks": 2},
}
TRANSFORMER = {"kind": "transformer", "features": 8, "heads": 2, "patch": 2}
K = 3


def fusion(asked: dict[str, Any] | spec.Fusion, features: Mapping[str, int], classes: int = K) -> nn.Module:
    """In double precision, with weights of a seed of its own."""
    if isinstance(asked, dict):
        asked = TypeAdapter[spec.Fusion](spec.Fusion).validate_python(asked)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return fusions[type(asked)](asked, dict(features), classes).double()


def vectors(k: int, rows: int = 6, seed: int = 0) -> dict[str, Tensor]:
    """Representations of k modalities, each of another width."""
    g = torch.Generator().manual_seed(seed)
    return {f"x{m}": torch.randn(rows, 2 + m, generator=g, dtype=torch.float64) for m in range(k)}


def model(
    asked: dict[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    encoder: dict[str, Any] | None = None,
    moments: Mapping[str, Moments] | None = None,
    seed: int = 0,
) -> MultimodalClassifier:
    """Of modalities with ``shapes``, whatever the data set of the spec has; sequences get a transformer."""
    encoders = {
        name: encoder or (TRANSFORMER if len(shape) > 1 else {"kind": "mlp", "hidden": [], "features": 5})
        for name, shape in shapes.items()
    }
    experiment = spec.Experiment.model_validate(
        {
            "dataset": {"kind": "noisy_xor"},
            "modalities": {name: {"encoder": one} for name, one in encoders.items()},
            "fusion": asked,
            "methods": [{"kind": "vanilla"}],
        }
    )
    info = spec.DataInfo(
        shapes=dict(shapes), classes=("a", "b", "c"), counts={"train": 6, "validation": 2, "test": 2}
    )
    return MultimodalClassifier(experiment, info, moments, seed=seed)
