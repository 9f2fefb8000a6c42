"""The studies that come with the library can be posted as they are."""

import pytest

from synib.plan import plan
from synib.problems import SpecError
from synib.studies import UnknownStudy, load, names


def test_there_are_these_studies_and_each_asks_a_question() -> None:
    assert names() == ["digits_seen_heard", "does_it_help", "falsification", "pid_xor", "spurious_xor"]
    for name in names():
        assert load(name).question


@pytest.mark.parametrize("name", names())
def test_every_experiment_of_a_study_has_ten_seeds_and_vanilla_first(name: str) -> None:
    for experiment in load(name).experiments:
        assert experiment.methods[0].kind == "vanilla"
        assert len(experiment.seeds()) >= 10
        assert len(plan(experiment).runs) == len(experiment.methods) * len(experiment.seeds())


@pytest.mark.parametrize("name", ["falsification", "does_it_help"])
def test_a_study_of_why_has_the_controls_that_the_verdict_asks_for(name: str) -> None:
    (experiment,) = load(name).experiments
    kinds = {method.kind for method in experiment.methods}
    assert {"synib", "confidence_penalty", "masking_only", "noise_penalty", "label_smoothing"} <= kinds
    assert experiment.tuning.trials > 0


def test_a_study_can_be_asked_of_other_data() -> None:
    asked = load("does_it_help", {"kind": "noisy_xor", "epsilon": 0.2})
    assert [one.dataset.kind for one in asked.experiments] == ["noisy_xor"]
    with pytest.raises(SpecError, match="epsilon"):
        load("does_it_help", {"kind": "noisy_xor", "epsilon": 2})
    with pytest.raises(SpecError, match="does_it_help"):
        load("spurious_xor", {"kind": "noisy_xor"})


@pytest.mark.parametrize("name", names())
def test_fewer_seeds_and_trials_change_nothing_else(name: str) -> None:
    small = load(name, seeds=2, trials=1).experiments
    for one, own in zip(small, load(name).experiments, strict=True):
        assert (list(one.seeds()), one.tuning.trials) == ([0, 1], 1)
        assert one.model_copy(update={"replication": own.replication, "tuning": own.tuning}) == own
        assert one.replication.redraw == own.replication.redraw
    with pytest.raises(SpecError, match="/replication/seeds"):
        load(name, seeds=101)


def test_experiments_are_named_after_their_study_and_differ() -> None:
    found = [one.name for name in names() for one in load(name).experiments]
    assert len(set(found)) == len(found)
    for name in names():
        assert all(one.name.startswith(f"{name}: ") for one in load(name).experiments)


def test_an_unknown_study_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownStudy, match="falsification, pid_xor"):
        load("everything")
