"""Who plays which part, and what is missing before a gain can be attributed."""

import pytest

from synib.evaluation.cast import Cast
from synib.spec import parse_experiment
from synib.yaml import load_yaml

RANDOM = {"kind": "random", "rate": 0.3, "fill": "zero"}


def cast(*methods, trials: int = 0) -> Cast:
    asked = parse_experiment({"dataset": {"kind": "noisy_xor"}, "methods": [*methods]})
    tuning = asked.tuning.model_copy(update={"trials": trials})
    return Cast.of(asked.model_copy(update={"tuning": tuning}))


@pytest.mark.parametrize(
    ("method", "role", "explains"),
    [
        ({"kind": "vanilla"}, "baseline", None),
        ({"kind": "synib"}, "synib", None),
        ({"kind": "synib", "weight": 0}, "baseline", None),
        ({"kind": "synib", "mask": {"kind": "none"}}, "control", "confidence penalty"),
        ({"kind": "synib", "mask": {"kind": "matched"}}, "control", "where the mask points"),
        ({"kind": "synib_released"}, "synib", None),
        ({"kind": "confidence_penalty"}, "control", "confidence penalty"),
        ({"kind": "masking_only"}, "control", "masking as augmentation"),
        ({"kind": "noise_penalty"}, "control", "noise"),
        ({"kind": "label_smoothing"}, "control", "label smoothing"),
        ({"kind": "modality_dropout"}, "control", "modality dropout"),
    ],
)
def test_every_method_has_a_part(method, role, explains):
    (asked,) = parse_experiment({"dataset": {"kind": "noisy_xor"}, "methods": [method]}).methods
    assert (asked.role(), asked.explains()) == (role, explains)


def test_the_first_method_without_penalty_is_the_baseline_and_another_stands_for_tuning():
    faster = {"kind": "vanilla", "name": "faster", "lr": 0.01}
    found = cast(
        {"kind": "synib"}, {"kind": "vanilla"}, faster, {"kind": "synib", "name": "off", "weight": 0}
    )
    assert (found.baseline, found.synibs, found.controls) == ("vanilla", ["synib"], {"faster": "tuning"})
    assert cast({"kind": "synib"}).baseline is None


def test_missing_controls_are_lines_that_can_be_put_into_the_experiment():
    synib = {"kind": "synib", "mask": RANDOM, "withhold": "all_but_one"}
    *methods, tuning = cast({"kind": "vanilla"}, synib).missing("synib")
    assert tuning == "tuning: {trials: 20}"
    added = load_yaml("\n".join(methods))
    found = cast({"kind": "vanilla"}, synib, *added, trials=20)
    assert found.alternatives() == {
        "confidence_penalty": "confidence penalty",
        "masking_only": "masking as augmentation",
    }
    assert found.missing("synib") == []


def test_other_masks_than_synibs_do_not_acquit_masking():
    penalty, masking = {"kind": "confidence_penalty"}, {"kind": "masking_only", "mask": RANDOM}
    synib = {"kind": "synib", "mask": RANDOM | {"rate": 0.5}}
    found = cast({"kind": "vanilla"}, synib, penalty, masking, trials=5)
    assert found.missing("synib") == ["- {kind: masking_only, mask: {kind: random, fill: zero}}"]
    masking["mask"] = synib["mask"]
    assert cast({"kind": "vanilla"}, synib, penalty, masking, trials=5).missing("synib") == []


def test_random_masks_of_the_same_fill_stand_for_learned_ones():
    synib = {"kind": "synib", "mask": {"kind": "learned", "fill": "noise", "on": "latent"}}
    (line, _) = cast({"kind": "vanilla"}, synib, {"kind": "confidence_penalty"}).missing("synib")
    assert line == "- {kind: masking_only, mask: {kind: random, fill: noise, on: latent}}"
    found = cast({"kind": "vanilla"}, synib, {"kind": "confidence_penalty"}, *load_yaml(line), trials=2)
    assert found.missing("synib") == []


def test_one_trial_is_no_tuning():
    assert not cast({"kind": "vanilla"}, trials=1).tuned
    assert cast({"kind": "vanilla"}, trials=2).tuned


def test_as_much_withheld_anywhere_explains_the_mask_and_not_the_penalty():
    matched = {"kind": "synib", "name": "anywhere", "mask": {"kind": "matched"}}
    found = cast({"kind": "vanilla"}, {"kind": "synib", "mask": {"kind": "learned"}}, matched)
    assert found.controls == {"anywhere": "where the mask points"}
    assert found.alternatives() == {}
