"""A tuned run through real processes: killed within a trial, it says what an undisturbed one says."""

from typing import Any

import pytest

from synib.report import Report
from tests.worker.service import Service, kill

EPOCHS, TRIALS = 12, 3
SPEC: dict[str, Any] = {
    "training": {"epochs": EPOCHS, "early_stopping": None},
    "methods": [{"kind": "synib", "mask": {"kind": "random"}}],
    "tuning": {"trials": TRIALS},
    "resources": {"max_attempts": 20},
}


@pytest.mark.slow
def test_a_tuned_run_survives_the_death_of_its_trainer_in_the_second_trial(service: Service) -> None:
    service.worker("score,system")
    service.worker("train.cpu")
    (disturbed,) = service.submit(**SPEC)
    trainer, attempt = service.until_trained(disturbed, EPOCHS + 5), service.run(disturbed).attempt
    kill(trainer)
    service.until_queued_again(disturbed, attempt)
    (undisturbed,) = service.submit(**SPEC)
    for run in service.until_ended(disturbed, undisturbed):
        assert run.status == "succeeded", run.reason
        assert run.progress["epochs"] == run.progress["epoch"] == TRIALS * EPOCHS
    outcome = service.outcome(disturbed)
    assert outcome == service.outcome(undisturbed)
    assert [epoch for epoch, *_ in outcome["metrics"]] == list(range(1, TRIALS * EPOCHS + 1))
    tuning = Report.model_validate(outcome["report"]).tuning
    assert tuning is not None
    assert [trial.epochs for trial in tuning.trials] == [EPOCHS] * TRIALS
    assert [trial.nll for trial in tuning.trials if trial.chosen] == [
        min(t.nll for t in tuning.trials if t.nll)
    ]
    folder = service.checkpoint(disturbed).parent
    service.until(lambda: not (folder / "tuning").exists())
