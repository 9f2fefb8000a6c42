"""A study run from beginning to end without a service, and the product's own answer printed.

    python -m benchmarks.study spurious_xor --jobs 2 --out /tmp/spurious_xor
    python -m benchmarks.study my_experiment.yaml --out /tmp/mine

Every run is what a worker would do: trained, tuned and evaluated alone, one thread each. Finished runs are
kept in the folder and not done again.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from rich.console import Console

from synib import spec, studies
from synib.report import Comparison, Report
from synib.yaml import load_yaml


def run(asked: spec.Experiment, method: int, seed: int, folder: Path) -> None:
    """Train, evaluate, and leave report, groups of the test examples and seconds in the folder."""
    import torch  # noqa: PLC0415 - in the child

    import synib.data  # noqa: PLC0415
    from synib.evaluation.evaluate import evaluate  # noqa: PLC0415
    from synib.features.prepare import prepare  # noqa: PLC0415
    from synib.training import train, tune  # noqa: PLC0415

    torch.set_num_threads(1)
    began = time.perf_counter()
    dataset = prepare(synib.data.load(asked.dataset_of(seed)), asked, folder.parent / "features")
    what = (asked, method, seed, dataset)
    if asked.tuning.trials:
        tuned = tune(*what)
        trained, tuning = tuned.trained, tuned.report
    else:
        trained, tuning = train(*what), None
    report, table = evaluate(trained, dataset, asked, method, seed)
    report = report.model_copy(update={"tuning": tuning})
    np.savez(folder / f"{method}-{seed}.npz", group=table.group, seconds=time.perf_counter() - began)
    (folder / f"{method}-{seed}.json").write_text(report.model_dump_json())


def answer(asked: spec.Experiment, folder: Path) -> Comparison:
    """What the runs in the folder say together."""
    from synib.evaluation.compare import RunOutcome, compare  # noqa: PLC0415 - scipy

    outcomes = []
    for method, name in enumerate(asked.method_names()):
        for seed in asked.seeds():
            path = folder / f"{method}-{seed}.json"
            if not path.exists():
                outcomes.append(RunOutcome(name, seed, None, "not run"))
                continue
            beside = np.load(path.with_suffix(".npz"))
            report = Report.model_validate_json(path.read_text())
            outcomes.append(
                RunOutcome(name, seed, report, groups=beside["group"], seconds=float(beside["seconds"]))
            )
    return compare(outcomes, asked)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("study", help="name of a study, or an experiment's YAML file")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, help="instead of the study's")
    parser.add_argument("--trials", type=int, help="instead of the study's")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", type=int, help="number of the one experiment to run, from 0")
    asked = parser.parse_args(arguments)
    if asked.study.endswith(".yaml"):
        experiments = [spec.parse_experiment(load_yaml(Path(asked.study).read_text()))]
    else:
        experiments = studies.load(asked.study, seeds=asked.seeds, trials=asked.trials).experiments
    chosen = [(i, one) for i, one in enumerate(experiments) if asked.only in (None, i)]
    for number, experiment in chosen:
        folder = asked.out / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "experiment.json").write_text(experiment.model_dump_json(indent=2))
        everything(experiment, folder, asked.jobs)
        comparison = answer(experiment, folder)
        (folder / "comparison.json").write_text(comparison.model_dump_json(indent=2))
        show(experiment, comparison)


def everything(experiment: spec.Experiment, folder: Path, jobs: int) -> None:
    """Whatever of the experiment's runs is not in the folder yet."""
    cells = [
        (method, seed)
        for seed in experiment.seeds()
        for method in range(len(experiment.methods))
        if not (folder / f"{method}-{seed}.json").exists()
    ]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(run, experiment, method, seed, folder) for method, seed in cells]
        for done, future in enumerate(as_completed(runs), 1):
            future.result()
            print(f"\r{done} of {len(cells)} runs", end="", file=sys.stderr, flush=True)


def show(experiment: spec.Experiment, comparison: Comparison) -> None:
    """As the command line of the product does."""
    from app.cli import sheets  # noqa: PLC0415

    console = Console(width=100)
    console.rule(experiment.name)
    sheets.print_answer(console, comparison)


if __name__ == "__main__":
    main(sys.argv[1:])
