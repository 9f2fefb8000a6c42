"""Train, evaluate, and find what is there in closed form."""

import time

import pytest
import torch

from synib.data import load
from synib.evaluation.compare import RunOutcome, compare
from synib.evaluation.evaluate import evaluate
from synib.models import MultimodalClassifier, moments_of
from synib.spec import Experiment, parse_experiment
from synib.training import train

from .oracles import Finished


def asked(examples: int, **dataset) -> Experiment:
    return parse_experiment(
        {
            "dataset": {"examples": examples, **dataset},
            "methods": [{"kind": "vanilla"}, {"kind": "synib"}],
            "training": {"epochs": 12, "lr": 3e-3},
        }
    )


@pytest.mark.parametrize(
    ("dataset", "synergy"),
    [
        ({"kind": "noisy_xor", "epsilon": 0.1, "examples": 6_000}, 0.531004),
        ({"kind": "gaussian_xor", "mu": 2.0, "examples": 10_000}, 0.835183),
        ({"kind": "gaussian_xor", "mu": 1.0, "examples": 10_000}, 0.250437),
    ],
)
def test_a_trained_model_has_nearly_the_synergy_of_the_closed_form(dataset, synergy):
    experiment = asked(**dataset)
    data = load(experiment.dataset)
    report, _ = evaluate(train(experiment, 0, 0, data), data, experiment, 0, 0)
    found = report.synergy.estimate
    assert report.synergy.found
    assert report.truth.synergy == pytest.approx(synergy, abs=1e-4)
    assert found.low - 0.03 <= synergy <= found.high + 0.03
    assert report.synergy.at_least == pytest.approx(found.value, abs=0.01)


def test_an_experiment_of_two_methods_is_compared():
    experiment = asked(1_000, kind="noisy_xor", epsilon=0.0)
    data = load(experiment.dataset)
    runs = [
        RunOutcome(
            method, seed, evaluate(train(experiment, index, seed, data), data, experiment, index, seed)[0]
        )
        for index, method in enumerate(experiment.method_names())
        for seed in (0, 1)
    ]
    comparison = compare(runs, experiment)
    assert [row.method for row in comparison.tables[0].rows] == ["vanilla", "synib"]
    assert "2 seeds are too few for an interval or a test" in comparison.sentence


def test_forty_thousand_examples_with_eight_donors_take_seconds():
    experiment = parse_experiment(
        {
            "dataset": {
                "kind": "gaussian_xor",
                "examples": 50_000,
                "split": {"train": 0.1, "validation": 0.1, "test": 0.8},
            },
            "methods": [{"kind": "vanilla"}],
        }
    )
    data = load(experiment.dataset)
    moments = moments_of(data.select("train").x)
    model = MultimodalClassifier(experiment, experiment.dataset.info(), moments, seed=0)
    start = time.process_time()
    report, table = evaluate(Finished(model), data, experiment, 0, 0)
    assert len(table) == report.examples == 40_000
    assert time.process_time() - start < 20 * torch.get_num_threads()
