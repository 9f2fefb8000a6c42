"""Settings of generated data that make no sense are refused where they are."""

from typing import Any

import pytest

from synib.plan import plan
from synib.problems import SpecError
from synib.spec import parse_experiment

PID = {"kind": "pid_xor"}
SPURIOUS = {"kind": "spurious_xor"}
VANILLA = [{"kind": "vanilla"}]
ORACLE = [{"kind": "synib", "mask": {"kind": "oracle"}}]


def faults(dataset: dict[str, Any], methods: list[dict[str, Any]] = VANILLA) -> dict[str, str]:
    """{pointer: detail}"""
    try:
        parse_experiment({"dataset": dataset, "methods": methods})
    except SpecError as error:
        return {problem.pointer: problem.detail for problem in error.problems}
    return {}


@pytest.mark.parametrize(
    ("dataset", "pointer", "says"),
    [
        (
            PID | {"mixture": {"unique_1": 0.5, "unique_2": 0.5, "redundant": 0.5, "synergy": 0}},
            "/dataset/mixture",
            "sum to 1.5; they must sum to 1",
        ),
        (PID | {"mixture": {"synergy": 0.2}}, "/dataset/mixture", "sum to 1.1"),
        (PID | {"mixture": {"synergy": -0.1}}, "/dataset/mixture/synergy", "at least 0"),
        (PID | {"mixture": {"synegy": 0.1}}, "/dataset/mixture/synegy", "did you mean synergy?"),
        (PID | {"mixing": {"kind": "rotatd"}}, "/dataset/mixing/kind", "did you mean rotated?"),
        (PID | {"mixing": {"kind": "rotated", "scale": 2.0}}, "/dataset/mixing/scale", ""),
        (PID | {"mixing": {"kind": "tanh", "scale": 0.0}}, "/dataset/mixing/scale", "greater than 0"),
        (PID | {"train": 0}, "/dataset/train", "at least 1"),
        (PID | {"validation": 7}, "/dataset/validation", "leaves 7 of 5807 examples; at least 8"),
        (PID | {"examples": 6000}, "/dataset/examples", ""),
        (SPURIOUS | {"beta": -0.5}, "/dataset/beta", "at least 0"),
        (SPURIOUS | {"test": 5}, "/dataset/test", "leaves 5 of 425"),
        ({"kind": "pairwise_xor", "dims": 1}, "/dataset/dims", "at least 2"),
        ({"kind": "pairwise_xor", "examples": 60}, "/dataset/split/validation", "at least 16 are needed"),
    ],
)
def test_a_fault_is_told_with_its_place(dataset: dict[str, Any], pointer: str, says: str) -> None:
    assert says in faults(dataset)[pointer]


@pytest.mark.parametrize("dataset", [PID, SPURIOUS, {"kind": "noisy_xor"}], ids=str)
def test_an_oracle_mask_is_for_data_that_know_where_the_synergy_is(dataset: dict[str, Any]) -> None:
    assert faults(dataset, ORACLE) == {}


@pytest.mark.parametrize(
    "dataset",
    [
        PID | {"mixing": {"kind": "rotated"}},
        PID | {"mixture": {"unique_1": 0.5, "redundant": 0.5, "synergy": 0.0}},
        {"kind": "gaussian_xor"},
        {"kind": "pairwise_xor"},
    ],
    ids=str,
)
def test_an_oracle_mask_is_refused_where_nobody_knows(dataset: dict[str, Any]) -> None:
    assert "pid_xor with synergy and without mixing" in faults(dataset, ORACLE)["/methods/0/mask/kind"]


@pytest.mark.parametrize(("dataset", "field"), [(SPURIOUS, "test"), ({"kind": "pairwise_xor"}, "examples")])
def test_the_plan_points_at_the_number_of_examples_that_there_is(dataset: dict[str, Any], field: str) -> None:
    terms = plan(parse_experiment({"dataset": dataset, "methods": VANILLA})).memory
    assert f"/dataset/{field}" in [term.pointer for term in terms]
