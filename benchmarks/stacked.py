"""A study as `benchmarks.study` has it, but all seeds and all trials of a method are trained as one.

    python -m benchmarks.stacked benchmarks/experiments/irony_balanced.yaml --out /tmp/irony

What is tried, how the best is chosen and what is said are those of a worker's runs, to float tolerance; the
methods must be stackable and the data the same for every seed. A busy machine is left free all the sooner.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import synib.data
from benchmarks.study import answer, show
from synib import spec
from synib.data import Dataset
from synib.evaluation.evaluate import evaluate
from synib.features import prepare
from synib.spec.search import exact, number_at, searched, with_settings
from synib.training import Trained
from synib.training.replicas import Replica, train_replicas
from synib.training.samplers import SAMPLERS
from synib.yaml import load_yaml


def tuned(asked: spec.Experiment, number: int, dataset: Dataset) -> dict[int, tuple[Trained, spec.Method]]:
    """{seed: the best of its trials by validation NLL, and the method with its numbers}"""
    method = asked.methods[number]
    space = searched(method, asked.tuning.space or method.SEARCH)
    written = {path: _written(asked, number, path) for path in space}
    tried: list[tuple[int, spec.Method]] = []
    for seed in asked.seeds():
        proposals = next(SAMPLERS["random"](space, written, max(1, asked.tuning.trials), seed))
        tried += [(seed, with_settings(method, exact(method, settings))) for settings in proposals]
    each = asked.model_copy(update={"methods": [one for _, one in tried]})
    replicas = [Replica(place, seed) for place, (seed, _) in enumerate(tried)]
    best: dict[int, tuple[Trained, spec.Method]] = {}
    for (seed, one), trained in zip(tried, train_replicas(each, replicas, dataset), strict=True):
        if isinstance(trained, Trained) and (seed not in best or _nll(trained) < _nll(best[seed][0])):
            best[seed] = trained, one
    return best


def _written(asked: spec.Experiment, number: int, path: str) -> float:
    own = number_at(asked.methods[number], path)
    value: float = getattr(asked.training, path) if own is None else own
    return value


def _nll(trained: Trained) -> float:
    return trained.history[trained.best_epoch - 1].values["validation/nll"]


def run(asked: spec.Experiment, folder: Path, only: int | None) -> None:
    """Every method with every seed: report, groups of the test examples, and a share of the seconds."""
    dataset = prepare(synib.data.load(asked.dataset), asked, folder.parent / "features")
    for number, name in enumerate(asked.method_names()):
        done = all((folder / f"{number}-{seed}.json").exists() for seed in asked.seeds())
        if done or only not in (None, number):
            continue
        began = time.process_time()
        found = tuned(asked, number, dataset)
        seconds = (time.process_time() - began) / len(found)
        settings = {seed: one.model_dump(mode="json") for seed, (_, one) in found.items()}
        (folder / f"settings-{number}.json").write_text(json.dumps(settings, indent=2))
        for seed, (trained, _) in found.items():
            report, table = evaluate(trained, dataset, asked, number, seed)
            np.savez(folder / f"{number}-{seed}.npz", group=table.group, seconds=seconds)
            (folder / f"{number}-{seed}.json").write_text(report.model_dump_json())
        print(f"{name}: {time.process_time() - began:.0f} CPU seconds", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("experiment", type=Path, help="an experiment's YAML file")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", type=int, help="number of the one method to run, from 0")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    asked = spec.parse_experiment(load_yaml(given.experiment.read_text()))
    if asked.replication.redraw:
        raise SystemExit("runs that are trained as one have one data set; set replication.redraw to false")
    given.out.mkdir(parents=True, exist_ok=True)
    run(asked, given.out, given.only)
    comparison = answer(asked, given.out)
    (given.out / "comparison.json").write_text(comparison.model_dump_json(indent=2))
    show(asked, comparison)


if __name__ == "__main__":
    main(sys.argv[1:])
