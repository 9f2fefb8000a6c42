"""A plan's numbers are those of the run."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synib import spec
from synib.counting import encoder_parameters
from synib.models import MultimodalClassifier
from synib.models.parts import encoders
from synib.objectives import build
from synib.plan import check_memory, plan, views
from synib.problems import SpecError
from synib.spec import parse_experiment
from tests.synib.examples import experiment

widths = st.integers(1, 40)
mlps = st.fixed_dictionaries(
    {"kind": st.just("mlp"), "hidden": st.lists(widths, max_size=3), "features": widths}
)
cnns = st.fixed_dictionaries(
    {"kind": st.just("cnn"), "channels": st.lists(widths, min_size=1, max_size=4), "features": widths}
)
transformers = st.fixed_dictionaries(
    {
        "kind": st.just("transformer"),
        "features": st.sampled_from([6, 12]),
        "heads": st.sampled_from([1, 2, 3]),
        "layers": st.integers(0, 2),
        "patch": st.sampled_from([1, 2, 4, 8]),
    }
)
attentive = {"width": st.sampled_from([6, 12]), "heads": st.sampled_from([1, 2, 3])}
fusions = st.one_of(
    st.fixed_dictionaries({"kind": st.just("concat"), "hidden": widths, "layers": st.integers(1, 3)}),
    st.fixed_dictionaries({"kind": st.just("late_sum"), "hidden": st.just(0) | widths}),
    st.fixed_dictionaries({"kind": st.sampled_from(["gated", "film"]), "hidden": widths}),
    st.fixed_dictionaries({"kind": st.just("low_rank"), "hidden": widths, "rank": st.integers(1, 5)}),
    st.fixed_dictionaries(
        {"kind": st.just("mult"), "layers": st.integers(1, 2), "self_layers": st.integers(0, 2)} | attentive
    ),
    st.fixed_dictionaries(
        {"kind": st.just("mbt"), "layers": st.integers(2, 3), "bottlenecks": st.integers(1, 5)} | attentive
    ),
)
vectors = st.fixed_dictionaries(
    {"kind": st.just("gaussian_xor"), "dims": widths, "modalities": st.integers(2, 5)}
)
digits = st.fixed_dictionaries({"kind": st.just("paired_digits"), "label": st.sampled_from(["sum", "same"])})


@st.composite
def experiments(draw: st.DrawFn) -> dict[str, Any]:
    dataset = draw(vectors | digits)
    names = (
        ["left", "right"]
        if dataset["kind"] == "paired_digits"
        else [f"x{m + 1}" for m in range(dataset["modalities"])]
    )
    encoder = mlps | cnns | transformers if dataset["kind"] == "paired_digits" else mlps
    return {
        "dataset": dataset,
        "modalities": {name: {"encoder": draw(encoder)} for name in names},
        "fusion": draw(fusions),
        "unimodal_heads": {"hidden": draw(st.just(0) | widths)},
        "methods": [{"kind": "vanilla"}],
    }


@settings(max_examples=60, deadline=None)
@given(experiments())
def test_parameters_are_counted_as_torch_counts_them(asked: dict[str, Any]) -> None:
    experiment = parse_experiment(asked)
    model = MultimodalClassifier(experiment, experiment.dataset.info())
    counted = {
        "fusion": model.fusion,
        **{f"encoder/{name}": part for name, part in model.encoders.items()},
        **{f"heads/{name}": part for name, part in model.unimodal.items()},
    }
    planned = plan(experiment)
    assert planned.parameters == {
        name: sum(p.numel() for p in part.parameters()) for name, part in counted.items()
    }
    assert planned.total_parameters == sum(p.numel() for p in model.parameters())


def test_runs_and_steps_are_counted() -> None:
    # 300 examples, 180 to learn from: 3 steps of 64 an epoch, the last of 52; 2 epochs; 2 methods × 3 seeds.
    planned = plan(experiment(replication={"seeds": 3, "first": 5}))
    assert [(run.method, run.seed) for run in planned.runs] == [
        ("vanilla", 5),
        ("synib", 5),
        ("vanilla", 6),
        ("synib", 6),
        ("vanilla", 7),
        ("synib", 7),
    ]
    assert planned.steps_per_run == 6
    assert planned.total_steps == 36
    assert planned.examples == {"train": 180, "validation": 45, "test": 75}
    assert planned.peak_memory_bytes == sum(term.bytes for term in planned.memory)


WIDE = {name: {"encoder": {"kind": "mlp", "hidden": [], "features": 2048}} for name in ("x1", "x2")}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        (
            {"modalities": {"x1": {"encoder": {"kind": "mlp", "hidden": [60_000, 60_000]}}, "x2": {}}},
            "/modalities/x1/encoder/hidden",
        ),
        (
            {
                "modalities": {
                    "x1": {},
                    "x2": {"encoder": {"kind": "mlp", "hidden": [60_000], "features": 65_000}},
                }
            },
            "/modalities/x2/encoder/features",
        ),
        ({"fusion": {"kind": "concat", "hidden": 60_000, "layers": 3}}, "/fusion/hidden"),
        (
            {
                "unimodal_heads": {"hidden": 65_000},
                "modalities": {
                    "x1": {"encoder": {"kind": "mlp", "features": 50_000, "hidden": []}},
                    "x2": {},
                },
            },
            "/unimodal_heads/hidden",
        ),
        ({"fusion": {"kind": "late_sum", "hidden": 65_000}, "modalities": WIDE}, "/fusion/hidden"),
        ({"fusion": {"kind": "gated", "hidden": 65_000}, "modalities": WIDE}, "/fusion/hidden"),
        ({"fusion": {"kind": "film", "hidden": 65_000}, "modalities": WIDE}, "/fusion/hidden"),
        ({"fusion": {"kind": "low_rank", "hidden": 60_000}, "modalities": WIDE}, "/fusion/hidden"),
        ({"fusion": {"kind": "low_rank", "hidden": 64, "rank": 1000}, "modalities": WIDE}, "/fusion/rank"),
        ({"fusion": {"kind": "mult", "width": 4096}}, "/fusion/width"),
        ({"fusion": {"kind": "mbt", "width": 4096}}, "/fusion/width"),
        (
            {
                "dataset": {"kind": "paired_digits"},
                "modalities": {
                    "left": {"encoder": {"kind": "transformer", "features": 4096, "patch": 8}},
                    "right": {},
                },
            },
            "/modalities/left/encoder/features",
        ),
        (
            {
                "dataset": {"kind": "paired_digits"},
                "modalities": {
                    name: {"encoder": {"kind": "transformer", "patch": 1, "layers": 24}}
                    for name in ("left", "right")
                },
                "training": {"batch_size": 256},
            },
            "/training/batch_size",
        ),
        ({"dataset": {"kind": "gaussian_xor", "examples": 1_000_000, "dims": 4096}}, "/dataset/examples"),
        (
            {
                "training": {"batch_size": 65_536},
                "fusion": {"kind": "concat", "layers": 8, "hidden": 2000},
                "modalities": {"x1": {}, "x2": {}},
            },
            "/training/batch_size",
        ),
    ],
)
def test_what_cannot_fit_is_refused_with_the_field_to_reduce(fields: dict[str, Any], pointer: str) -> None:
    planned = plan(experiment(**fields))
    with pytest.raises(SpecError) as error:
        check_memory(planned, 1 << 30)
    (problem,) = error.value.problems
    assert problem.pointer == pointer
    assert "1.0 GiB are allowed" in problem.detail
    assert "reduce" in problem.detail
    check_memory(planned, planned.peak_memory_bytes)


@pytest.mark.parametrize("shape", [(7, 5), (3, 4, 8)], ids=["sequence", "image"])
@pytest.mark.parametrize("layers", [0, 2])
def test_a_transformer_over_a_sequence_or_an_image_is_counted(shape: tuple[int, ...], layers: int) -> None:
    asked = spec.Transformer(features=6, heads=3, layers=layers, patch=2)
    network = encoders[spec.Transformer](asked, shape)
    assert encoder_parameters(asked, shape) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("method", "encoded", "fused"),
    [  # of two modalities: the intact view, and one per modality and draw; of inputs each is encoded too
        ({"kind": "vanilla"}, 1, 1),
        ({"kind": "synib"}, 2, 3),
        ({"kind": "synib", "weight": 0}, 1, 1),
        ({"kind": "synib", "mask": {"kind": "random", "draws": 4}}, 5, 9),
        ({"kind": "synib", "mask": {"kind": "random", "draws": 4, "on": "latent"}}, 1, 9),
        ({"kind": "synib", "mask": {"kind": "none"}}, 1, 1),
        ({"kind": "confidence_penalty"}, 1, 1),
        ({"kind": "masking_only", "mask": {"kind": "full"}}, 2, 3),
        ({"kind": "noise_penalty"}, 2, 3),
        ({"kind": "label_smoothing"}, 1, 1),
        ({"kind": "modality_dropout"}, 1, 1),
        ({"kind": "modality_dropout", "on": "input"}, 2, 1),
        ({"kind": "synib_released"}, 1, 6),
        ({"kind": "cml"}, 1, 2),
        ({"kind": "mcr", "permutations": 4}, 1, 11),
    ],
)
def test_memory_counts_every_view_that_a_method_makes(
    method: dict[str, Any], encoded: int, fused: int
) -> None:
    asked = experiment(methods=[method])
    info = asked.dataset.info()
    model, rows = MultimodalClassifier(asked, info), {"encoded": 0, "fused": 0}

    def count(kind: str, logits: torch.Tensor) -> None:
        rows[kind] += len(logits)

    model.encoders["x1"].register_forward_hook(lambda module, given, out: count("encoded", out))
    model.fusion.register_forward_hook(lambda module, given, out: count("fused", out))
    x = {name: torch.randn(16, *shape) for name, shape in info.shapes.items()}
    build(asked.methods[0], asked, info)(model, x, torch.arange(16) % 2)
    assert rows == {"encoded": 16 * encoded, "fused": 16 * fused}
    assert views(asked.methods[0], 2) == (encoded, fused)


def test_memory_grows_with_draws_and_tokens_and_is_that_of_the_most_demanding_method() -> None:
    def activations(**fields: Any) -> int:
        digits = {"kind": "paired_digits", "examples": 300}
        planned = plan(experiment(**{"dataset": digits, "modalities": {}, **fields}))
        return next(term.bytes for term in planned.memory if term.pointer == "/training/batch_size")

    once, often = ({"kind": "synib", "mask": {"kind": "random", "draws": d}} for d in (1, 8))
    assert 3 < activations(methods=[often]) / activations(methods=[once]) < 8
    assert activations(methods=[often, {"kind": "vanilla"}]) == activations(methods=[often])
    coarse, fine = (
        {name: {"encoder": {"kind": "transformer", "patch": patch}} for name in ("left", "right")}
        for patch in (4, 1)
    )
    # 4 and 64 tokens: 16 times the linear part, 256 times the maps.
    assert 10 < activations(modalities=fine) / activations(modalities=coarse) < 256


MEASURE = """
import pathlib, sys, tempfile
import torch
from synib.data import load
from synib.plan import plan
from synib.spec import parse_experiment
from synib.training import train
torch.set_num_threads(1)

def highest():  # getrusage would tell the parent's, which a child inherits
    (line,) = [row for row in open("/proc/self/status") if row.startswith("VmHWM")]
    return int(line.split()[1]) * 1024

def run(**fields):
    training = {"epochs": 1, "batch_size": fields.pop("batch")}
    spec = parse_experiment({"methods": [{"kind": "synib"}], "training": training, **fields})
    train(spec, 0, 0, load(spec.dataset), checkpoint=pathlib.Path(tempfile.mkdtemp()) / "c")
    return plan(spec).peak_memory_bytes

run(dataset={"kind": "gaussian_xor", "examples": 100}, batch=64)
before = highest()
print(run(**eval(sys.argv[1])), highest() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux")
@pytest.mark.parametrize(
    "fields",
    [
        {
            "dataset": {"kind": "gaussian_xor", "examples": 200},
            "fusion": {"kind": "concat", "hidden": 1500, "layers": 4},
            "batch": 64,
        },
        {
            "dataset": {"kind": "gaussian_xor", "examples": 40_000, "dims": 300},
            "fusion": {"kind": "concat", "hidden": 256, "layers": 4},
            "batch": 4096,
        },
        {
            "dataset": {"kind": "paired_digits", "examples": 100},
            "modalities": {
                name: {"encoder": {"kind": "transformer", "patch": 1}} for name in ("left", "right")
            },
            "fusion": {"kind": "mbt"},
            "batch": 60,
        },
    ],
    ids=["weights", "examples and activations", "tokens"],
)
def test_the_memory_planned_is_about_the_memory_taken(fields: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, repr(fields)], capture_output=True, text=True, check=True
    )
    planned, taken = map(int, done.stdout.split())
    assert 0.6 * taken < planned < 2 * taken, f"planned {planned / 2**20:.0f}, taken {taken / 2**20:.0f} MiB"
