"""Small experiments to test with."""

from typing import Any

from synib import spec

SMALL = {"kind": "mlp", "hidden": [8], "features": 6}


def experiment(**fields: Any) -> spec.Experiment:
    """Gaussian XOR of 300 examples, a small model, two epochs, vanilla and SynIB, unless asked otherwise."""
    dataset = fields.pop("dataset", {"kind": "gaussian_xor", "examples": 300, "dims": 3})
    shapes = (
        spec.Experiment.model_validate({"dataset": dataset, "methods": [{"kind": "vanilla"}]})
        .dataset.info()
        .shapes
    )
    asked = {
        "dataset": dataset,
        "modalities": {name: {"encoder": SMALL} for name in shapes},
        "fusion": {"kind": "concat", "hidden": 8},
        "unimodal_heads": {"hidden": 4},
        "methods": [{"kind": "vanilla"}, {"kind": "synib"}],
        "training": {"epochs": 2, "batch_size": 64},
    }
    return spec.parse_experiment(asked | fields)
