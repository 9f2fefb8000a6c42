"""A search space is data, and a faulty one is told so."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from synib import spec
from synib.problems import SpecError
from synib.spec.search import numbers, searched, with_settings
from tests.synib.examples import experiment

DATA = {"kind": "gaussian_xor", "examples": 300, "dims": 3, "mu": 2.0}
RANDOM = {"kind": "synib", "mask": {"kind": "random", "fill": "noise"}}
EPOCHS, STEPS = 3, 3  # a trial's epochs at most, an epoch's steps


def test_settings_make_another_method_and_leave_the_first() -> None:
    written = spec.SynIB(mask=spec.LearnedMask())
    tuned = with_settings(written, {"lr": 0.01, "weight": 3, "mask.sparsity": 0.25, "mask.steps": 7.6})
    assert written == spec.SynIB(mask=spec.LearnedMask())
    assert tuned == spec.SynIB(lr=0.01, weight=3.0, mask=spec.LearnedMask(sparsity=0.25, steps=8))
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        with_settings(written, {"weight": -1})


def test_numbers_of_a_method_are_named_as_yaml_has_them() -> None:
    assert numbers(spec.NoisePenalty(mask=spec.RandomMask())) == {
        "lr": float,
        "weight_decay": float,
        "weight": float,
        "mask.draws": int,
        "mask.rate": float,
    }


def faults(space: dict[str, Any], *methods: dict[str, Any]) -> dict[str, str]:
    """{pointer: detail} of an experiment whose methods are tuned so."""
    asked = methods or ({"kind": "vanilla"}, RANDOM)
    try:
        experiment(methods=list(asked), tuning={"trials": 3, "space": space})
    except SpecError as error:
        return {problem.pointer: problem.detail for problem in error.problems}
    return {}


LR = {"lr": {"low": 1e-3, "high": 1e-2, "log": True}}


@pytest.mark.parametrize(
    ("space", "pointer", "says"),
    [
        ({"lr": {"low": 0.1, "high": 0.01}}, "/tuning/space/lr/high", "must be more than low, which is 0.1"),
        ({"lr": {"low": 0.1, "high": 0.1}}, "/tuning/space/lr/high", "leave the number out"),
        (
            {"weight_decay": {"low": 0, "high": 1, "log": True}},
            "/tuning/space/weight_decay/low",
            "more than 0",
        ),
        ({"lr": {"low": 1e-3}}, "/tuning/space/lr/high", "missing"),
        (
            {"lr": {"low": 0, "high": 1}},
            "/tuning/space/lr/low",
            "with lr 0: must be greater than 0",
        ),
        (LR | {"mask.rate": {"low": 0.1, "high": 2}}, "/tuning/space/mask.rate/high", "must be at most 1"),
        (LR | {"wieght": {"low": 1, "high": 2}}, "/tuning/space/wieght", "there are decay, lr, mask.draws"),
        (LR | {"name": {"low": 1, "high": 2}}, "/tuning/space/name", "no method has a number"),
        (LR | {"mask.kind": {"low": 1, "high": 2}}, "/tuning/space/mask.kind", "no method has a number"),
        (LR | {"a/b": {"low": 1, "high": 2}}, "/tuning/space/a~1b", "no method has a number"),
        ({"weight": {"low": 1, "high": 2}}, "/tuning/space", "'vanilla' has none of these numbers"),
    ],
)
def test_a_fault_of_the_space_is_told_with_its_place(space: dict[str, Any], pointer: str, says: str) -> None:
    assert says in faults(space)[pointer]


def test_a_number_that_only_some_methods_have_is_no_fault() -> None:
    assert faults(LR | {"weight": {"low": 1, "high": 2}, "mask.rate": {"low": 0, "high": 1}}) == {}


def test_tuning_does_not_turn_on_what_is_written_as_zero() -> None:
    off = {"kind": "synib", "weight": 0}
    assert "would be a synib instead of a baseline" in str(
        faults(LR | {"weight": {"low": 0, "high": 1}}, off)
    )
    assert faults(LR | {"weight": {"low": 0.1, "high": 1}}, off) == {}
    kept = searched(spec.SynIB(weight=0), spec.SynIB.SEARCH)
    assert set(kept) == {"lr", "weight_decay"}


def test_a_range_that_makes_a_learned_mask_do_nothing_is_a_fault() -> None:
    learned = {"kind": "synib", "mask": {"kind": "learned"}}
    assert (
        "none crosses 1/2"
        in faults({"mask.lr": {"low": 1e-4, "high": 1}}, learned)["/tuning/space/mask.lr/low"]
    )


METHODS = get_args(get_args(spec.Method)[0])
KINDS: list[dict[str, Any]] = [{"kind": method.model_fields["kind"].default} for method in METHODS]
KINDS += [{"kind": "synib", "mask": {"kind": mask}} for mask in ("random", "learned", "matched", "diffusion")]


def test_whatever_a_kind_of_method_searches_it_has() -> None:
    masked = [spec.SynIB(mask=mask) for mask in (spec.RandomMask(), spec.LearnedMask(), spec.MatchedMask())]
    of_masks = {path for method in masked for path in numbers(method) if path.startswith("mask.")}
    for method in METHODS:
        assert set(method.SEARCH) <= of_masks | set(numbers(method()))


@pytest.mark.parametrize("method", KINDS, ids=str)
def test_every_methods_own_ranges_would_be_accepted_from_a_person(method: dict[str, Any]) -> None:
    (parsed,) = experiment(methods=[method]).methods
    own = searched(parsed, parsed.SEARCH)
    assert {"lr", "weight_decay"} <= set(own)
    assert faults({path: span.model_dump() for path, span in own.items()}, method) == {}
