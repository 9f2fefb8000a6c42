"""What is wrong with a spec is told at once, where it is, and with what would be right."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synib.problems import SpecError
from synib.spec import Experiment, parse_experiment
from synib.yaml import load_yaml

XOR = {"kind": "gaussian_xor"}
DIGITS = {"kind": "paired_digits"}


def faults(**fields: Any) -> dict[str, str]:
    """{pointer: detail} of an experiment that would be right but for ``fields``."""
    try:
        parse_experiment({"dataset": XOR, "methods": [{"kind": "vanilla"}]} | fields)
    except SpecError as error:
        return {problem.pointer: problem.detail for problem in error.problems}
    return {}


def test_dataset_and_methods_are_all_that_must_be_said() -> None:
    experiment = parse_experiment({"dataset": DIGITS, "methods": [{"kind": "vanilla"}, {"kind": "synib"}]})
    assert {name: modality.encoder.kind for name, modality in experiment.modalities.items()} == {
        "left": "cnn",
        "right": "cnn",
    }
    assert parse_experiment(experiment.model_dump(mode="json")) == experiment


@pytest.mark.parametrize(
    ("fields", "pointer", "says"),
    [
        ({"trainig": {}}, "/trainig", "did you mean training?"),
        ({"methods": [{"kind": "synib", "wieght": 1}]}, "/methods/0/wieght", "did you mean weight?"),
        (
            {"methods": [{"kind": "synib", "mask": {"kind": "random", "ratee": 1}}]},
            "/methods/0/mask/ratee",
            "did you mean rate?",
        ),
        (
            {"dataset": DIGITS | {"watermark": {"beta": 1, "modalty": "left"}}},
            "/dataset/watermark/modalty",
            "did you mean modality?",
        ),
        (
            {"modalities": {"x1": {"encoder": {"kind": "mlp", "hiden": []}}, "x2": {}}},
            "/modalities/x1/encoder/hiden",
            "did you mean hidden?",
        ),
        ({"methods": [{"kind": "synb"}]}, "/methods/0/kind", "did you mean synib?"),
        ({"methods": [{"weight": 1}]}, "/methods/0", "say its kind"),
        ({"methods": []}, "/methods", "at least 1"),
        ({"methods": [{"kind": "synib", "weight": -0.1}]}, "/methods/0/weight", "must be at least 0"),
        (
            {"methods": [{"kind": "synib", "mask": {"kind": "random", "rate": 1.4}}]},
            "/methods/0/mask/rate",
            "must be at most 1",
        ),
        ({"methods": [{"kind": "vanilla"}, {"kind": "vanilla"}]}, "/methods/1/name", "taken by method 0"),
        ({"training": {"lr": float("nan")}}, "/training/lr", "finite"),
        ({"training": {"lr": 0}}, "/training/lr", "greater than 0"),
        ({"training": {"epochs": "30"}}, "/training/epochs", "valid integer"),
        ({"modalities": {"x1": {}, "voice": {}}}, "/modalities/voice", "it has x1, x2"),
        ({"modalities": {"x1": {}}}, "/modalities", "alone has no synergy"),
        (
            {"modalities": {"x1": {}, "x2": {"encoder": {"kind": "cnn"}}}},
            "/modalities/x2/encoder/kind",
            "use mlp",
        ),
        (
            {
                "dataset": DIGITS,
                "modalities": {"left": {}, "right": {"encoder": {"kind": "cnn", "channels": [4, 4, 4, 4]}}},
            },
            None,
            "",
        ),
        (
            {"dataset": XOR | {"split": {"train": 0.5, "validation": 0.1, "test": 0.1}}},
            "/dataset/split",
            "must sum to 1",
        ),
        (
            {"dataset": XOR | {"examples": 100, "split": {"train": 0.97, "validation": 0.02, "test": 0.01}}},
            "/dataset/split/test",
            "leaves 1 of 100",
        ),
        (
            {
                "dataset": DIGITS
                | {"examples": 100_000, "split": {"train": 0.985, "validation": 0.01, "test": 0.005}}
            },
            "/dataset/split/test",
            "rarest digit",
        ),
        ({"tuning": {"trials": 1001}}, "/tuning/trials", "must be at most 1000"),
        ({"dataset": 5}, "/dataset", "must be a mapping"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_be_right(
    fields: dict[str, Any], pointer: str | None, says: str
) -> None:
    found = faults(**fields)
    if pointer is None:
        assert found == {}
    else:
        assert says in found[pointer]


def test_every_fault_is_told_at_once() -> None:
    assert (
        len(faults(training={"lr": -1, "epochs": 0}, methods=[{"kind": "synib", "weight": -1}], extra=1)) == 4
    )


@pytest.mark.parametrize("body", [None, [], "vanilla", 3])
def test_a_body_that_is_no_mapping_is_a_fault_of_the_whole(body: Any) -> None:
    with pytest.raises(SpecError) as error:
        parse_experiment(body)
    assert error.value.problems[0].pointer == ""


def test_the_digest_knows_what_was_asked_and_not_how_it_was_written() -> None:
    short = parse_experiment({"dataset": XOR, "methods": [{"kind": "vanilla"}]})
    swapped = {name: short.model_dump(mode="json")["modalities"][name] for name in ("x2", "x1")}
    long = parse_experiment(short.model_dump(mode="json") | {"modalities": swapped})
    assert list(long.modalities) == ["x1", "x2"]
    assert (
        short.digest()
        == long.digest()
        == Experiment.model_validate(json.loads(short.model_dump_json())).digest()
    )
    assert (
        short.digest()
        != parse_experiment({"dataset": XOR | {"seed": 1}, "methods": [{"kind": "vanilla"}]}).digest()
    )


def test_specs_plans_and_reports_are_read_without_torch() -> None:
    code = "import sys, synib.spec, synib.plan, synib.report, synib.yaml; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------------------------------------- yaml


def test_yaml_means_what_people_mean_by_it() -> None:
    text = "lr: 1e-3\non: latent\nname: 2026-01-01\nold: 010\nhalf: .5\nnone:\nyes: no\ntime: 1:30\n"
    assert load_yaml(f"{text}true: [true, ~, -2, '1']") == {
        "lr": 0.001,
        "on": "latent",
        "name": "2026-01-01",
        "old": 10,
        "half": 0.5,
        "none": None,
        "yes": "no",
        "time": "1:30",
        True: [True, None, -2, "1"],
    }


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text("abc -_é"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
        max_leaves=10,
    )
)
def test_json_is_yaml(value: Any) -> None:
    assert load_yaml(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [1", "line 1, column 6"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: 'a' is there twice"),
        ("a: &big [1, 2]\nb: *big", "line 2, column 4: *aliases are not read"),
        ("!!python/object/apply:os.system [ls]", "python/object/apply:os.system"),
        ("[" * 20_000, "recursion"),
        ("\x00", "not allowed"),
    ],
    ids=lambda value: value[:20],
)
def test_yaml_that_cannot_be_meant_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(SpecError) as error:
        load_yaml(text)
    assert says in str(error.value)
