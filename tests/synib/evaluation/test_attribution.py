"""The rule as a truth table, and the answer in words for outcomes that are made to have it."""

from itertools import product

import numpy as np
import pytest

from synib.evaluation.attribution import decide
from synib.evaluation.compare import RunOutcome, compare
from synib.evaluation.evaluate import evaluate
from synib.report import Comparison, Report
from synib.spec import parse_experiment

from .oracles import AND, Finished, Oracle, experiment, population

FINDINGS = ("better", "worse", "equivalent", "no_better", "undecided")


@pytest.mark.parametrize("controls", [{}, {"a": "better"}, {"a": "worse", "b": "undecided"}])
@pytest.mark.parametrize("missing", [[], ["- {kind: confidence_penalty}"]])
@pytest.mark.parametrize(
    ("gain", "code"),
    [("worse", "harm"), ("equivalent", "no_gain"), ("no_better", "no_gain"), ("undecided", "undecided")],
)
def test_without_a_gain_there_is_nothing_to_explain(gain, code, controls, missing):
    assert decide(gain, controls, missing) == code


@pytest.mark.parametrize(
    ("first", "second", "missing", "code"),
    [
        ("better", "better", False, "penalty"),
        ("better", "better", True, "unattributed"),
        ("better", "undecided", False, "open"),
        ("undecided", "undecided", False, "open"),
        ("better", "undecided", True, "unattributed"),
        ("better", "worse", False, "explained"),
        ("better", "equivalent", False, "explained"),
        ("better", "no_better", True, "explained"),
        ("undecided", "equivalent", True, "explained"),
    ],
)
def test_a_gain_is_attributed_by_the_controls(first, second, missing, code):
    assert decide("better", {"a": first, "b": second}, ["tuning"] * missing) == code
    assert decide("better", {"a": second, "b": first}, ["tuning"] * missing) == code


def test_only_a_gain_that_beats_every_control_is_the_penaltys():
    for gain, first, second, missing in product(FINDINGS, FINDINGS, FINDINGS, ([], ["x"])):
        beaten = (gain, first, second, missing) == ("better", "better", "better", [])
        assert (decide(gain, {"a": first, "b": second}, missing) == "penalty") == beaten


# ------------------------------------------------------------------------------- outcomes made up

MASK = {"kind": "random", "rate": 0.5}
VANILLA, SYNIB = {"kind": "vanilla"}, {"kind": "synib", "mask": MASK}
PENALTY, MASKING = {"kind": "confidence_penalty"}, {"kind": "masking_only", "mask": MASK}
WOBBLE = np.tile([0.002, -0.002], 10)


@pytest.fixture(scope="module")
def template() -> Report:
    return evaluate(Finished(Oracle(AND)), population(AND, 1), experiment(), 0, 0)[0]


@pytest.fixture(scope="module")
def say(template):
    """Comparison of methods with their mean accuracies; seeds wobble by .2 points, each its own way."""

    def make(*methods, seeds: int = 10, trials: int = 20, nll: float = 1.0, wobble: float = 1) -> Comparison:
        asked = parse_experiment({"dataset": {"kind": "noisy_xor"}, "methods": [m for m, _ in methods]})
        tuning = asked.tuning.model_copy(update={"trials": trials})
        outcomes = []
        for index, (name, (_, accuracy)) in enumerate(zip(asked.method_names(), methods, strict=True)):
            for seed in range(seeds):
                value = accuracy + wobble * WOBBLE[seed] * (index % 2) + 0.001 * (seed % 3 == index % 3)
                joint = template.joint.model_copy(
                    update={
                        "accuracy": template.joint.accuracy.model_copy(update={"value": value}),
                        "nll": nll * (1 - value),
                    }
                )
                outcomes.append(RunOutcome(name, seed, template.model_copy(update={"joint": joint})))
        return compare(outcomes, asked.model_copy(update={"tuning": tuning}))

    return make


def test_a_gain_over_every_control_is_the_penaltys(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.95), (PENALTY, 0.91), (MASKING, 0.92))
    assert found.attribution.code == "penalty"
    assert found.sentence.startswith(
        "synib helps, and withholding modalities is what does it: +5.0 points [4.8, 5.1] accuracy"
    )
    assert "more than the confidence penalty (+4.0 points" in found.attribution.paragraph
    assert "every method had 20 trials" in found.attribution.paragraph
    assert not found.attribution.preliminary
    assert found.attribution.winners == ["synib", "confidence_penalty", "masking_only"]


def test_a_control_that_does_as_well_explains_the_gain(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.95), (PENALTY, 0.95), (MASKING, 0.97))
    (verdict,) = found.attribution.verdicts
    assert verdict.code == "explained"
    assert verdict.explained_by == ["confidence penalty", "masking as augmentation"]
    assert "its gain is explained by the confidence penalty and masking as augmentation" in found.sentence


def test_a_better_tuned_baseline_explains_the_gain(say):
    faster = {"kind": "vanilla", "name": "faster", "lr": 0.01}
    found = say((VANILLA, 0.9), (SYNIB, 0.95), (faster, 0.95))
    assert found.attribution.verdicts[0].explained_by == ["tuning"]
    assert "explained by other settings of the baseline" in found.sentence


def test_without_controls_and_tuning_a_gain_has_no_reason_yet(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.95), trials=0)
    assert found.attribution.code == "unattributed"
    assert found.attribution.verdicts[0].missing == [
        "- {kind: confidence_penalty}",
        "- {kind: masking_only, mask: {kind: random}}",
        "tuning: {trials: 20}",
    ]
    assert all(f"`{line}`" in found.attribution.paragraph for line in found.attribution.verdicts[0].missing)
    assert "a better tuned baseline may gain as much" in found.attribution.paragraph


def test_harm_is_said_as_harm_and_what_does_win_is_named(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.85), (PENALTY, 0.93), (MASKING, 0.9))
    assert found.attribution.code == "harm"
    assert found.sentence.startswith("synib harms: -5.0 points")
    assert "What does beat vanilla: confidence_penalty." in found.attribution.paragraph


def test_no_gain_says_what_is_excluded(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.9), (PENALTY, 0.9), (MASKING, 0.9))
    assert found.attribution.code == "no_gain"
    assert "synib does not help here" in found.sentence
    assert "a difference of 0.5 points or more is excluded (TOST, p" in found.sentence
    assert found.attribution.winners == []


def test_undecided_says_how_many_more_seeds(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.904), seeds=7, wobble=5)
    (test,) = [test for test in found.attribution.tests if test.metric == "accuracy"]
    assert found.attribution.code == "undecided"
    assert f"takes about {test.seeds_needed - 7} more" in found.sentence
    assert found.attribution.preliminary
    assert "a first look: a result needs 10 seeds or more" in found.attribution.paragraph


def test_probabilities_that_get_worse_are_a_cost(say):
    found = say((VANILLA, 0.9), (SYNIB, 0.95), nll=-1.0)
    assert "NLL +0.050 [0.048, 0.051] bit (worse)" in found.attribution.paragraph


def test_where_the_mask_points_is_a_question_of_its_own(say):
    learned = {"kind": "synib", "mask": {"kind": "learned"}}
    masking = {"kind": "masking_only", "mask": {"kind": "random"}}
    matched = {"kind": "synib", "name": "anywhere", "mask": {"kind": "matched"}}
    found = say((VANILLA, 0.9), (learned, 0.95), (PENALTY, 0.9), (masking, 0.9), (matched, 0.95))
    assert found.attribution.code == "penalty"
    assert "Where the mask points does not matter" in found.attribution.paragraph


def test_the_best_synib_leads_and_the_others_are_not_forgotten(say):
    shuffled = {"kind": "synib", "name": "shuffled", "mask": {"kind": "full", "fill": "shuffle"}}
    found = say((VANILLA, 0.9), (shuffled, 0.85), (SYNIB, 0.95), (PENALTY, 0.9), (MASKING, 0.9))
    assert [verdict.method for verdict in found.attribution.verdicts] == ["synib", "shuffled"]
    assert "shuffled harms: -5.0 points" in found.attribution.paragraph


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ([(SYNIB, 0.9), (PENALTY, 0.9)], "add - {kind: vanilla} to the methods"),
        ([(VANILLA, 0.9), (PENALTY, 0.95)], "no method is a SynIB that withholds. confidence_penalty beats"),
    ],
)
def test_without_baseline_or_synib_nothing_is_attributed(say, methods, said):
    found = say(*methods)
    assert found.attribution.code == "nothing_to_attribute"
    assert found.attribution.verdicts == []
    assert said in found.sentence


def test_no_verdict_says_significant(say):
    for accuracy, seeds in product((0.8, 0.9, 0.95), (1, 2, 3, 5, 10, 12)):
        found = say((VANILLA, 0.9), (SYNIB, accuracy), (PENALTY, 0.9), seeds=seeds)
        assert "significant" not in found.attribution.paragraph
        assert found.attribution.paragraph.startswith(found.sentence)
        if seeds < 6:
            assert found.attribution.winners == []
