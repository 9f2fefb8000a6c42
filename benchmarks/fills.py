"""The study of fills and masks: accuracy, calibration, short-cuts and detectability of every combination.

    python -m benchmarks.fills --seeds 5

Paired digits with a watermark in the left image that follows the label in training and validation with
strength beta and not at test (mlp encoders, weight 1, defaults otherwise); beside it gaussian_xor, whose
exact posterior shows what the penalty does to true confidences. Detectability: the area under the curve of
boosted trees that tell left images after mask and fill from intact ones, .5 if they cannot be told apart. A
linear probe cannot see that an image is the mean.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from typing import Any

import numpy as np

from synib import spec

FILLS = ("mean", "zero", "token", "noise", "shuffle")
SETTINGS: dict[str, dict[str, Any]] = {"vanilla": {"kind": "vanilla"}} | {
    f"{mask['kind']}, {fill}": {"kind": "synib", "mask": mask | {"fill": fill}}
    for mask, fill in product(({"kind": "full"}, {"kind": "random", "rate": 0.5}), FILLS)
}
BETAS = (0.0, 0.6, 1.0)


def digits(method: str, beta: float) -> spec.Experiment:
    watermark = {"watermark": {"beta": beta}} if beta else {}
    return spec.parse_experiment(
        {
            "dataset": {"kind": "paired_digits", "examples": 4000} | watermark,
            "modalities": {side: {"encoder": {"kind": "mlp"}} for side in ("left", "right")},
            "methods": [SETTINGS[method]],
        }
    )


def gaussian(method: str) -> spec.Experiment:
    return spec.parse_experiment(
        {"dataset": {"kind": "gaussian_xor", "mu": 2.0, "examples": 6000}, "methods": [SETTINGS[method]]}
    )


def run(asked: spec.Experiment, seed: int) -> tuple[float, float, float, float]:
    """Test accuracy (%), NLL (bits), ECE before temperature, and the posterior's RMSE or NaN."""
    import torch  # noqa: PLC0415 - in the child

    import synib.data  # noqa: PLC0415
    from synib.evaluation.evaluate import evaluate  # noqa: PLC0415
    from synib.training import train  # noqa: PLC0415

    torch.set_num_threads(1)
    dataset = synib.data.load(asked.dataset)
    report, _ = evaluate(train(asked, 0, seed, dataset), dataset, asked, 0, seed)
    rmse = report.truth.posterior_rmse if report.truth else float("nan")
    return 100 * report.joint.accuracy.value, report.joint.nll, report.calibration.ece_before, rmse


def detectability(method: str) -> float:
    """How well boosted trees tell withheld left images from intact ones; fitted on one half."""
    import torch  # noqa: PLC0415
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    import synib.data  # noqa: PLC0415
    from synib.models import MultimodalClassifier, moments_of  # noqa: PLC0415
    from synib.objectives import SynIB, build  # noqa: PLC0415
    from synib.objectives.objective import Network  # noqa: PLC0415

    asked = digits(method, 0.0)
    objective = build(asked.methods[0], asked, asked.dataset.info())
    if not isinstance(objective, SynIB):
        return float("nan")
    train = synib.data.load(asked.dataset).select("train")
    x = {name: torch.from_numpy(values) for name, values in train.x.items()}
    model = MultimodalClassifier(asked, asked.dataset.info(), moments_of(train.x))
    with torch.no_grad():
        (filled,), _ = objective.masking.fill(
            Network.of(model), x, torch.from_numpy(train.y), torch.Generator().manual_seed(0)
        )
    both = np.concatenate([x["left"].flatten(1), filled["left"].flatten(1)])
    is_filled = np.repeat([0, 1], len(train))
    first = np.random.default_rng(0).permutation(len(both)) < len(both) // 2
    probe = HistGradientBoostingClassifier(max_iter=50, random_state=0).fit(both[first], is_filled[first])
    return float(roc_auc_score(is_filled[~first], probe.predict_proba(both[~first])[:, 1]))


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(arguments)
    seeds = range(asked.seeds)
    print("| mask, fill | " + " | ".join(f"beta {beta:g}: % / NLL / ECE" for beta in BETAS), end="")
    print(" | gaussian_xor: RMSE | detectable |\n|---|" + "---|" * (len(BETAS) + 2))
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        tasks = {
            (method, beta): [pool.submit(run, digits(method, beta), seed) for seed in seeds]
            for method, beta in product(SETTINGS, BETAS)
        }
        exact = {method: [pool.submit(run, gaussian(method), seed) for seed in seeds] for method in SETTINGS}
        for method in SETTINGS:
            cells = []
            for beta in BETAS:
                values = np.array([task.result()[:3] for task in tasks[method, beta]])
                accuracy, nll, ece = values.mean(0)
                error = values[:, 0].std(ddof=1) / len(values) ** 0.5
                cells.append(f"{accuracy:.1f} ± {error:.1f} / {nll:.3f} / {ece:.3f}")
            rmse = np.mean([task.result()[3] for task in exact[method]])
            found = detectability(method)
            last = "–" if np.isnan(found) else f"{found:.2f}"
            print(f"| {method} | {' | '.join(cells)} | {rmse:.3f} | {last} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
