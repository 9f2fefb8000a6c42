"""From a trained model to what is said of it: one report, and one record per test example."""

import numpy as np
import torch

import synib
from synib import spec
from synib.data import Dataset
from synib.evaluation import origin
from synib.evaluation.answers import Answers
from synib.evaluation.enough import of_groups
from synib.evaluation.protocols import Trained
from synib.evaluation.questioning import question
from synib.evaluation.records import ExampleTable
from synib.evaluation.scores import example_table, score
from synib.evaluation.sections import with_sections
from synib.evaluation.sources import by_source
from synib.evaluation.summary import summarise
from synib.evaluation.truth import truth
from synib.report import Provenance, Report

RERUN = "synib submit EXPERIMENT --watch"
"""All runs of the experiment: each is the same whatever runs beside it."""


def evaluate(
    trained: Trained, dataset: Dataset, experiment: spec.Experiment, method_index: int, seed: int
) -> tuple[Report, ExampleTable]:
    """Question a trained model on the test examples.

    Temperatures, what stands for each modality alone and which modality is best are chosen on validation;
    donors and class frequencies come from training; every number is over test. The same inputs give the same
    report and the same table, bit for bit, on one machine with one number of threads.
    """
    answers = ask(trained, dataset, experiment)
    return tell(answers, trained, dataset, experiment, method_index, seed)


def ask(trained: Trained, dataset: Dataset, experiment: spec.Experiment) -> Answers:
    """The first half of it: what the model says."""
    modalities = tuple(experiment.modalities or dataset.x)
    return question(trained.model, dataset, modalities, experiment.evaluation)


def tell(
    answers: Answers,
    trained: Trained,
    dataset: Dataset,
    experiment: spec.Experiment,
    method_index: int,
    seed: int,
) -> tuple[Report, ExampleTable]:
    """The second half: what that shows."""
    scores = score(answers)
    test = dataset.select("test")
    table = example_table(answers, scores)
    report = summarise(
        answers,
        scores,
        np.bincount(table.group),
        experiment.evaluation,
        provenance=_provenance(trained, dataset, experiment, method_index, seed),
    )
    known = {
        "notes": of_groups(test.group),
        "truth": truth(test, answers.seen.joint),
        "by_source": None
        if test.source is None
        else by_source(answers.full, test.source, experiment.evaluation),
    }
    return with_sections(report.model_copy(update=known), answers, experiment.evaluation), table


def _provenance(
    trained: Trained, dataset: Dataset, experiment: spec.Experiment, method_index: int, seed: int
) -> Provenance:
    """No clock and no host: a run that was interrupted says the same as one that was not."""
    return Provenance(
        version=synib.__version__,
        code_sha256=origin.code_sha256(),
        data_sha256=dataset.sha256(),
        spec_sha256=experiment.digest(),
        method=experiment.method_names()[method_index],
        seed=seed,
        seeds={"run": seed, "evaluation": experiment.evaluation.seed} | _seed_of_data(experiment, seed),
        torch=torch.__version__,
        python=origin.python(),
        environment=origin.environment(),
        epochs=trained.epochs,
        best_epoch=trained.best_epoch,
        rerun=RERUN,
    )


def _seed_of_data(experiment: spec.Experiment, seed: int) -> dict[str, int]:
    """Of the recipe that this run's data were made by."""
    made = getattr(experiment.dataset_of(seed), "seed", None)
    return {} if made is None else {"data": made}
