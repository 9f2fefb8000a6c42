"""How the trials of a tuned run are shown."""

from app.cli.trials import SHOWN, trials
from synib.report import Trial, TuningReport
from synib.spec import Range


def report(*found: tuple[float, float] | None, metric: str = "nll", chosen: int = 0) -> TuningReport:
    """Trials of these validation NLLs and accuracies."""
    return TuningReport.model_validate(
        {
            "metric": metric,
            "sampler": "random",
            "space": {"lr": Range(low=1e-4, high=1e-1, log=True)},
            "method": {"kind": "vanilla"},
            "trials": [
                Trial(
                    settings={"lr": 1e-3 + number},
                    nll=one and one[0],
                    accuracy=one and one[1],
                    epochs=7,
                    failed=None if one else "train/loss is no longer finite",
                    chosen=number == chosen,
                )
                for number, one in enumerate(found)
            ],
        }
    )


def test_every_trial_is_a_line_with_what_became_of_it() -> None:
    sheet = trials(report((0.5, 0.8), None, (0.25, 0.9), chosen=2))
    assert sheet.title == "Tuning: 3 trials, chosen by validation NLL"
    assert sheet.columns == ["trial", "", "lr", "val. NLL, bits", "val. accuracy", "epochs"]
    assert sheet.rows == [
        ["1", "as written", "0.001", "0.500", "0.800", "7"],
        ["2", "diverged", "1.001", "", "", "7"],
        ["3", "chosen", "2.001", "0.250", "0.900", "7"],
    ]
    assert trials(report((0.5, 0.8))).rows[0][1] == "as written, chosen"


def test_of_many_trials_the_first_and_the_best_are_shown() -> None:
    found = [(1 - number / 100, number / 100) for number in range(50)]
    by_nll = trials(report(*found, chosen=49))
    assert by_nll.title == f"Tuning: the best {SHOWN} of 50 trials, chosen by validation NLL"
    assert [row[0] for row in by_nll.rows] == ["1", *(str(number) for number in range(32, 51))]
    worse_is_surer = [(nll, 1 - accuracy) for nll, accuracy in found]
    by_accuracy = trials(report(*worse_is_surer, metric="accuracy"))
    assert [row[0] for row in by_accuracy.rows] == [str(number) for number in range(1, 21)]
