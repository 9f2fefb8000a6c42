"""How often is a method declared a winner where there is nothing to win?

    OMP_NUM_THREADS=1 python benchmarks/no_winner.py --task coins --experiments 50 --out no_winner.jsonl

Many small experiments on data without synergy, each with vanilla, SynIB, two controls and every rival, ten
seeds each, all trained, and every one answered by the product's own comparison. Counted is in how many a
method is said to beat vanilla in accuracy, at 5 % after Holm's correction over the methods.

  coins   labels are fair coins, independent of everything. Every method's true accuracy is 1/2, so that
          every winner is a false one, whatever a method does.
  copies  x1 knows a noisy label, and x2 is a noisy copy of what x1 knows: y - x1 - x2 is a Markov chain,
          hence I(x1, x2; y) = I(x1; y), no synergy by any measure. A method may still regularise better
          than vanilla and win by right: no false winner, but no synergy either.

By default every seed draws data of its own, so that a seed is a replicate of the whole experiment. With
``--fixed`` all seeds share one data set, as experiments on real data do: intervals then say what other seeds
would do and not other examples, and a winner on these test examples need not be one on others.

Finished experiments are lines of the file and are not run again.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import binomtest

from synib import spec
from synib.data import Dataset, load
from synib.evaluation.calibration import brier, ece, nll
from synib.evaluation.compare import RunOutcome, compare
from synib.evaluation.evaluate import evaluate
from synib.report import Comparison, Estimate, Report
from synib.seeds import derive
from synib.training import Diverged, Trained, train

TASKS = ("coins", "copies")
SEEDS = 10
DIMS, DISTANCE, FLIPPED = 4, 1.5, 0.2
"""Of each modality; of a sign's centre from the origin in standard deviations; share of labels in copies."""

METHODS: list[dict[str, Any]] = [
    {"kind": "vanilla"},
    {"kind": "synib", "mask": {"kind": "random", "fill": "noise"}},
    {"kind": "confidence_penalty"},
    {"kind": "masking_only", "mask": {"kind": "random", "fill": "noise"}},
    {"kind": "late_ensemble"},
    {"kind": "i2m2"},
    {"kind": "ogm_ge"},
    {"kind": "cml"},
    {"kind": "mmpareto"},
    {"kind": "diagnose_relearn", "every": 2, "times": 2},
    {"kind": "reconboost", "stage": 1, "rectification": 1},
    {"kind": "mcr", "permutations": 4},
]


def experiment(redraw: bool) -> spec.Experiment:
    """240 training examples, 32 steps. The data set only lends its shapes; see `dataset`."""
    encoder = {"encoder": {"kind": "mlp", "hidden": [], "features": 8}}
    return spec.parse_experiment(
        {
            "dataset": {
                "kind": "gaussian_xor",
                "examples": 800,
                "dims": DIMS,
                "split": {"train": 0.3, "validation": 0.1, "test": 0.6},
            },
            "modalities": {"x1": encoder, "x2": encoder},
            "fusion": {"kind": "concat", "hidden": 8},
            "unimodal_heads": {"hidden": 0},
            "methods": METHODS,
            "training": {
                "epochs": 8, "batch_size": 64, "lr": 0.01, "keep": "last", "early_stopping": None
            },
            "replication": {"seeds": SEEDS, "redraw": redraw},
            "evaluation": {"donors": 1, "resamples": 100},
        }
    )  # fmt: skip


def dataset(task: str, shapes: Dataset, seed: int) -> Dataset:
    """Data without synergy, in the shapes of another data set."""
    rng, N = np.random.default_rng(seed), len(shapes)
    sign = rng.choice([-1.0, 1.0], N)
    axes = rng.standard_normal((2, DIMS))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    x1 = DISTANCE * np.outer(sign, axes[0]) + rng.standard_normal((N, DIMS))
    x2 = np.outer(x1 @ axes[0], axes[1]) + rng.standard_normal((N, DIMS))
    y = sign > 0 if task == "copies" else rng.random(N) < 0.5
    if task == "copies":
        y ^= rng.random(N) < FLIPPED
    return replace(
        shapes,
        x={"x1": x1.astype(np.float32), "x2": x2.astype(np.float32)},
        y=y.astype(np.int64),
        posterior=None,
        synergy=None,
    )


@torch.no_grad()
def report(like: Report, trained: Trained, data: Dataset) -> Report:
    """Another run's report with what the comparison tests, of this one: a full evaluation costs more than a
    training here, and nothing else of it is asked."""
    test = data.select("test")
    logits = trained.model({name: torch.from_numpy(values) for name, values in test.x.items()})
    p = logits.double().softmax(dim=1).numpy()
    right = p.argmax(axis=1) == test.y
    joint = {
        "accuracy": Estimate(value=float(right.mean()), low=None, high=None),
        "nll": float(nll(p[np.arange(len(p)), test.y]).mean()),
        "brier": float(brier(p, test.y).mean()),
        "ece": ece(p.max(axis=1), right),
    }
    return like.model_copy(update={"joint": like.joint.model_copy(update=joint)})


def answer(task: str, number: int, redraw: bool, like: Report) -> Comparison:
    """Of one experiment, trained from beginning to end."""
    asked = experiment(redraw)
    shapes, outcomes = load(asked.dataset), []
    for seed in asked.seeds():
        data = dataset(task, shapes, derive(number, task, seed if redraw else "shared"))
        for method, name in enumerate(asked.method_names()):
            run_seed = derive(number, "run", seed) % 2**31
            try:
                found = report(like, train(asked, method, run_seed, data), data)
            except Diverged as error:
                outcomes.append(RunOutcome(name, seed, None, str(error)))
            else:
                outcomes.append(RunOutcome(name, seed, found))
    return compare(outcomes, asked)


def template() -> Report:
    asked = experiment(redraw=False)
    data = load(asked.dataset)
    return evaluate(train(asked, 0, 0, data), data, asked, 0, 0)[0]


def run(task: str, redraw: bool, experiments: int, seconds: float, out: Path) -> None:
    """Whatever is not in the file yet, until time is up."""
    done, end = {line["number"] for line in lines(out, task, redraw)}, time.monotonic() + seconds
    like = template()
    for number in range(experiments):
        if number in done:
            continue
        if time.monotonic() > end:
            break
        began = time.process_time()
        found = answer(task, number, redraw, like)
        helps = [test for test in found.attribution.tests if test.question == "helps"]
        line = {
            "task": task,
            "redraw": redraw,
            "number": number,
            "winners": found.attribution.winners,
            "verdict": found.attribution.code,
            "p": {test.method: test.p_holm for test in helps if test.metric == "accuracy"},
            "excluded": len(found.excluded),
            "seconds": round(time.process_time() - began, 2),
        }
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(f"\r{number + 1} of {experiments}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def lines(out: Path, task: str, redraw: bool) -> Iterator[dict[str, Any]]:
    """The finished experiments of this kind."""
    if not out.exists():
        return
    for text in out.read_text().splitlines():
        line = json.loads(text)
        if (line["task"], line["redraw"]) == (task, redraw):
            yield line


def show(task: str, redraw: bool, out: Path) -> None:
    """Shares with exact binomial intervals (Clopper & Pearson 1934)."""
    found = list(lines(out, task, redraw))
    if not found:
        print("no experiment is finished")
        return
    seconds = sum(line["seconds"] for line in found) / len(found)
    whose = "data redrawn by seed" if redraw else "one data set for all seeds"
    print(
        f"{task}, {whose}, {len(found)} experiments of {len(METHODS)} methods and {SEEDS} seeds, "
        f"{seconds:.0f} CPU seconds each"
    )
    print(f"  {'any method wins':<28}{share([bool(line['winners']) for line in found])}")
    for method in found[0]["p"]:
        print(f"  {method:<28}{share([method in line['winners'] for line in found])}")
    if lost := sum(line["excluded"] for line in found):
        print(f"  {lost} runs diverged")


def share(happened: list[bool]) -> str:
    k, n = sum(happened), len(happened)
    low, high = (100 * end for end in binomtest(k, n).proportion_ci(0.95, method="exact"))
    return f"{k:>4} of {n}  {100 * k / n:5.1f} %, interval {low:.1f} to {high:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=TASKS, default="coins")
    parser.add_argument("--fixed", action="store_true", help="one data set for all seeds of an experiment")
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin none after so long")
    parser.add_argument("--out", type=Path, default=Path("no_winner.jsonl"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"load {os.getloadavg()[0]:.1f}")
    run(asked.task, not asked.fixed, asked.experiments, asked.seconds, asked.out)
    show(asked.task, not asked.fixed, asked.out)


if __name__ == "__main__":
    main()
