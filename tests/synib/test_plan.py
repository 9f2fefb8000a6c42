"""A plan's numbers are those of the run."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synib.models import MultimodalClassifier
from synib.plan import check_memory, plan
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
    encoder = mlps | cnns if dataset["kind"] == "paired_digits" else mlps
    return {
        "dataset": dataset,
        "modalities": {name: {"encoder": draw(encoder)} for name in names},
        "fusion": {"hidden": draw(widths), "layers": draw(st.integers(1, 3))},
        "unimodal_heads": {"hidden": draw(widths)},
        "methods": [{"kind": "vanilla"}],
    }


@settings(max_examples=40, deadline=None)
@given(experiments())
def test_parameters_are_counted_as_torch_counts_them(asked: dict[str, Any]) -> None:
    spec = parse_experiment(asked)
    model = MultimodalClassifier(spec, spec.dataset.info())
    counted = {
        "fusion": model.fusion,
        **{f"encoder/{name}": part for name, part in model.encoders.items()},
        **{f"heads/{name}": part for name, part in model.unimodal.items()},
    }
    planned = plan(spec)
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
        ({"fusion": {"hidden": 60_000, "layers": 3}}, "/fusion/hidden"),
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
        ({"dataset": {"kind": "gaussian_xor", "examples": 1_000_000, "dims": 4096}}, "/dataset/examples"),
        (
            {
                "training": {"batch_size": 65_536},
                "fusion": {"layers": 8, "hidden": 2000},
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
            "fusion": {"hidden": 1500, "layers": 4},
            "batch": 64,
        },
        {
            "dataset": {"kind": "gaussian_xor", "examples": 40_000, "dims": 300},
            "fusion": {"hidden": 256, "layers": 4},
            "batch": 4096,
        },
    ],
    ids=["weights", "examples and activations"],
)
def test_the_memory_planned_is_about_the_memory_taken(fields: dict[str, Any]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, repr(fields)], capture_output=True, text=True, check=True
    )
    planned, taken = map(int, done.stdout.split())
    assert 0.6 * taken < planned < 2 * taken, f"planned {planned / 2**20:.0f}, taken {taken / 2**20:.0f} MiB"
