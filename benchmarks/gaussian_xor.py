"""Which mask and fill keep confidences true? Gaussian XOR has an exact posterior to hold them against.

    python benchmarks/gaussian_xor.py --seeds 5

RMSE: of p(y=1|x) on the test examples to the exact posterior. Bits: I(X1,X2;Y) estimated as the mean over
test examples of log2 q(y|x) / p(y), with the exact posterior's estimate on the same examples (oracle) beside
it. Both are given as trained and after one temperature fitted on validation. The default mask of
``synib.spec.SynIB`` was chosen by this table.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch.nn.functional import cross_entropy

from synib import spec
from synib.data import Dataset, load
from synib.training import train

CANDIDATES: list[dict[str, Any]] = [
    {"kind": "vanilla"},
    {"kind": "synib", "name": "synib default"},
    *(
        {"kind": "synib", "name": f"{mask['kind']} {mask['fill']} {weight:g}", "weight": weight, "mask": mask}
        for mask in (
            {"kind": "full", "fill": "mean"},
            {"kind": "full", "fill": "token"},
            {"kind": "random", "fill": "mean"},
            {"kind": "full", "fill": "shuffle"},
        )
        for weight in (0.3, 1.0)
    ),
]


class Outcome(NamedTuple):
    """One run's measurements."""

    rmse: float
    rmse_calibrated: float
    bits: float
    bits_calibrated: float
    seconds: float
    best_epoch: int
    epochs: int


def measure(experiment: spec.Experiment, method: int, seed: int) -> Outcome:
    torch.set_num_threads(1)
    dataset = load(experiment.dataset)
    start = time.perf_counter()
    trained = train(experiment, method, seed, dataset)
    seconds = time.perf_counter() - start
    test, validation = dataset.select("test"), dataset.select("validation")
    logits = {
        part: predict(trained.model, part_of) for part, part_of in (("test", test), ("val", validation))
    }
    y = torch.from_numpy(validation.y)

    def nll(log_temperature: float) -> float:
        return float(cross_entropy(logits["val"] / np.exp(log_temperature), y))

    temperature = float(np.exp(minimize_scalar(nll, bounds=(-3, 3), method="bounded").x))
    raw, calibrated = (torch.softmax(logits["test"] / t, dim=1).numpy() for t in (1.0, temperature))
    return Outcome(
        *(rmse(q, test) for q in (raw, calibrated)),
        *(information(q, test) for q in (raw, calibrated)),
        seconds,
        trained.best_epoch,
        trained.epochs,
    )


@torch.no_grad()
def predict(model: torch.nn.Module, part: Dataset) -> torch.Tensor:
    logits: torch.Tensor = model({name: torch.from_numpy(values) for name, values in part.x.items()}).double()
    return logits


def rmse(q: NDArray[np.float64], test: Dataset) -> float:
    assert test.posterior is not None
    return float(np.sqrt(((q[:, 1] - test.posterior[:, 1]) ** 2).mean()))


def information(q: NDArray[np.float64], test: Dataset) -> float:
    """Bits; both classes have probability ½."""
    return float(np.log2(2 * q[np.arange(len(q)), test.y]).mean())


def rows(mu: float, seeds: int, examples: int, pool: ProcessPoolExecutor) -> Iterator[str]:
    experiment = spec.parse_experiment(
        {
            "dataset": {"kind": "gaussian_xor", "mu": mu, "dims": 4, "examples": examples},
            "methods": CANDIDATES,
            "replication": {"seeds": seeds},
        }
    )
    dataset = load(experiment.dataset)
    test = dataset.select("test")
    assert test.posterior is not None
    oracle = information(test.posterior, test)
    yield f"mu {mu:g}: closed form {dataset.synergy:.4f} bits, oracle on these examples {oracle:.4f}"
    yield "method                     RMSE ≤ worst  calibrated     bits  calibrated      s  best epoch"
    for method, name in enumerate(experiment.method_names()):
        jobs = [pool.submit(measure, experiment, method, seed) for seed in experiment.seeds()]
        outcomes = np.array([job.result() for job in jobs])
        mean, worst = outcomes.mean(axis=0), outcomes.max(axis=0)
        yield (
            f"{name:<20}{mean[0]:>8.4f}≤{worst[0]:.4f} {mean[1]:>12.4f}{mean[2]:>9.4f}{mean[3]:>12.4f}"
            f"{mean[4]:>7.1f}{mean[5]:>6.1f}/{mean[6]:.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--mu", type=float, nargs="*", default=[1.0, 2.0])
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.processes) as pool:
        for mu in arguments.mu:
            for row in rows(mu, arguments.seeds, arguments.examples, pool):
                print(row, flush=True)


if __name__ == "__main__":
    main()
