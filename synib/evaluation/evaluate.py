"""From a trained model to what is said of it: one report, and one record per test example."""

import platform

import numpy as np
import torch

import synib
from synib import spec
from synib.data import Dataset
from synib.evaluation.protocols import Trained
from synib.evaluation.questioning import question
from synib.evaluation.records import ExampleTable
from synib.evaluation.scores import example_table, score
from synib.evaluation.summary import summarise, truth
from synib.report import Provenance, Report


def evaluate(
    trained: Trained, dataset: Dataset, experiment: spec.Experiment, method_index: int, seed: int
) -> tuple[Report, ExampleTable]:
    """Question a trained model on the test examples.

    Temperatures, what stands for each modality alone and which modality is best are chosen on validation;
    donors and class frequencies come from training; every number is over test. The same inputs give the same
    report and the same table, bit for bit, on one machine with one number of threads.
    """
    modalities = tuple(experiment.modalities or dataset.x)
    answers = question(trained.model, dataset, modalities, experiment.evaluation)
    scores = score(answers)
    test = dataset.select("test")
    table = example_table(test, answers, scores)
    report = summarise(
        answers,
        scores,
        np.bincount(table.group),
        experiment.evaluation,
        classes=dataset.classes,
        truth=truth(test, answers.joint),
        source=test.source,
        provenance=_provenance(trained, dataset, experiment, method_index, seed),
    )
    return report, table


def _provenance(
    trained: Trained, dataset: Dataset, experiment: spec.Experiment, method_index: int, seed: int
) -> Provenance:
    """No clock and no host: a run that was interrupted says the same as one that was not."""
    return Provenance(
        version=synib.__version__,
        data_sha256=dataset.sha256(),
        spec_sha256=experiment.digest(),
        method=experiment.method_names()[method_index],
        seed=seed,
        torch=torch.__version__,
        python=platform.python_version(),
        epochs=trained.epochs,
        best_epoch=trained.best_epoch,
    )
