"""Settings of methods that could not work are refused before anything is stored."""

from typing import Any

import pytest

from synib.problems import SpecError
from synib.spec import parse_experiment

XOR = {"kind": "gaussian_xor", "examples": 300}


def problems(method: dict[str, Any], **fields: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as refused:
        parse_experiment({"dataset": XOR, "methods": [{"kind": "vanilla"}, method]} | fields)
    return {problem.pointer: problem.detail for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("method", "pointer", "says"),
    [
        ({"kind": "synib", "weight": float("nan")}, "/methods/1/weight", "finite"),
        ({"kind": "synib", "weight": -1}, "/methods/1/weight", "0"),
        ({"kind": "synib", "mask": {"kind": "random", "rate": 1.4}}, "/methods/1/mask/rate", "1"),
        ({"kind": "synib", "mask": {"kind": "oracle"}}, "/methods/1/mask/kind", "known to carry"),
        (
            {"kind": "synib", "modality_weights": {"sound": 2.0}},
            "/methods/1/modality_weights/sound",
            "x1, x2",
        ),
        ({"kind": "masking_only", "mask": {"kind": "none"}}, "/methods/1/mask/kind", "use full or random"),
        ({"kind": "masking_only", "mask": {"kind": "learned"}}, "/methods/1/mask/kind", "tells them"),
        ({"kind": "label_smoothing", "smoothing": 1.5}, "/methods/1/smoothing", "1"),
        ({"kind": "synib", "reference": "flat"}, "/methods/1/reference", "uniform"),
        ({"kind": "synib", "lr": 0}, "/methods/1/lr", "0"),
        (
            {"kind": "synib", "mask": {"kind": "diffusion", "fill": "mean"}},
            "/methods/1/mask/fill",
            "noise",
        ),
    ],
)
def test_a_bad_setting_names_its_field_and_what_would_be_right(
    method: dict[str, Any], pointer: str, says: str
) -> None:
    found = problems(method)
    assert list(found) == [pointer]
    assert says in found[pointer]


def test_a_learned_mask_needs_trained_heads_to_attack_and_so_does_the_unimodal_reference() -> None:
    for method, pointer in (
        ({"kind": "synib", "mask": {"kind": "learned"}}, "/methods/1/mask/kind"),
        ({"kind": "synib", "mask": {"kind": "matched"}}, "/methods/1/mask/like/kind"),
        ({"kind": "synib", "reference": "unimodal"}, "/methods/1/reference"),
    ):
        found = problems(method, unimodal_heads={"weight": 0.0})
        assert list(found) == [pointer]
        assert "unimodal_heads.weight" in found[pointer]


@pytest.mark.parametrize(
    ("mask", "reach"), [({"steps": 5}, "from 0.62 to 0.82"), ({"init": 6.0}, "from 0.98 to 1.00")]
)
def test_a_learned_mask_whose_gates_cannot_cross_a_half_is_refused_with_their_reach(
    mask: dict[str, Any], reach: str
) -> None:
    # 5 steps of .1 from logit 1: sigma(.5) = .62 to sigma(1.5) = .82, as published for one data set.
    found = problems({"kind": "synib", "mask": {"kind": "learned"} | mask})
    assert list(found) == ["/methods/1/mask/steps"]
    assert reach in found["/methods/1/mask/steps"]
    parse_experiment(
        {"dataset": XOR, "methods": [{"kind": "synib", "mask": {"kind": "learned", "hard": False} | mask}]}
    )


def test_a_methods_own_step_size_and_decay_replace_the_experiments() -> None:
    plan = parse_experiment(
        {
            "dataset": XOR,
            "methods": [{"kind": "vanilla", "lr": 0.01}, {"kind": "synib", "weight_decay": 0.0}],
            "training": {"lr": 0.002, "weight_decay": 0.1},
        }
    )
    assert [(t.lr, t.weight_decay) for t in map(plan.training_of, range(2))] == [(0.01, 0.1), (0.002, 0.0)]
