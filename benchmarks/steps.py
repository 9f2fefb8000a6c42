"""What a training step costs, each method beside vanilla in the same run, and how far that is from the floor.

    OMP_NUM_THREADS=1 python benchmarks/steps.py            # and again with 2

PID-XOR and Spurious-XOR, models and settings as published (Kontras et al. 2026). Methods take turns: a
busy machine slows all alike; a ratio is the median over rounds of a method's time by vanilla's next
to it. With one thread it is the processor's time, else the clock's. The floor is what the step's matrix
products would take at the speed of a large one, and the optimiser's 28 bytes a parameter at that of a copy.
"""

import argparse
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from synib import spec
from synib.data import load
from synib.training.loop import pick
from synib.training.state import State

NOISE = {"fill": "noise"}
WARM_UP = 5
LEARNED_PID = {"kind": "learned", "steps": 20, **NOISE}
LEARNED_SPURIOUS = {"kind": "learned", "steps": 50, "lr": 3.0, "init": 4.0, "sparsity": 0.03, **NOISE}

COMMON: dict[str, dict[str, Any]] = {
    "random, latent": {"kind": "random", "on": "latent", **NOISE},
    "random, input": {"kind": "random", **NOISE},
    "full": {"kind": "full"},
    "none": {"kind": "none"},
}
PATHS: dict[str, dict[str, Any]] = {
    f"path, {steps} steps": {"kind": "learned", "solver": "path", "steps": steps, **NOISE}
    for steps in (1, 2, 4)
}

PID: dict[str, Any] = {
    "dataset": {"kind": "pid_xor", "test": 8},
    "encoder": {"encoder": {"kind": "mlp", "hidden": [1024], "features": 1024}},
    "fusion": {"kind": "concat", "hidden": 128, "layers": 2},
    "unimodal_heads": {"hidden": 1024},
    "training": {"batch_size": 64, "lr": 3e-4, "weight_decay": 1e-5},
    "masks": COMMON | {"learned, 20 steps": LEARNED_PID} | PATHS,
}
SPURIOUS: dict[str, Any] = {
    "dataset": {"kind": "spurious_xor", "test": 8},
    "encoder": {"encoder": {"kind": "mlp", "hidden": [], "features": 16}, "normalize": False},
    "fusion": {"kind": "concat", "hidden": 32, "layers": 1},
    "unimodal_heads": {"hidden": 0, "detached": False, "weight": 0.1},
    "training": {"batch_size": 128, "lr": 3e-4, "weight_decay": 1e-5},
    "masks": COMMON | {"learned, 50 steps": LEARNED_SPURIOUS} | PATHS,
}


def experiment(task: dict[str, Any]) -> spec.Experiment:
    methods = [
        {"kind": "synib", "name": name.replace(",", ""), "weight": 20.0, "mask": mask}
        for name, mask in task["masks"].items()
    ]
    parts = {name: task[name] for name in ("dataset", "fusion", "unimodal_heads", "training")}
    modalities = dict.fromkeys(("x1", "x2"), task["encoder"])
    return spec.parse_experiment(
        parts | {"modalities": modalities, "methods": [{"kind": "vanilla"}, *methods]}
    )


def stepper(asked: spec.Experiment, method: int) -> tuple[Callable[[], None], int]:
    """A training step on the next batch, as the training loop makes it; and the number of parameters."""
    state = State(asked, method, 0, load(asked.dataset), "cpu")
    state.model.train()
    generator, number = torch.Generator(), 0
    full = [rows for rows in state.batches_left("cpu") if len(rows) == asked.training.batch_size]

    def step() -> None:
        nonlocal number
        rows, number = full[number % len(full)], number + 1
        generator.manual_seed(number)
        known = pick(state.oracle, rows) if state.oracle else None
        batch, y = pick(state.train.x, rows), state.train.y[rows]
        losses = state.objective(state.model, batch, y, generator=generator, oracle=known)
        state.optimizer.zero_grad()
        state.objective.backward(state.model, losses)
        state.optimizer.step()
        state.objective.after_step(state.model)

    return step, sum(parameter.numel() for parameter in state.model.parameters())


def speeds(clock: Callable[[], float]) -> tuple[float, float]:
    """FLOP/s of a large matrix product and bytes/s of a large copy, the best of some."""
    square, long = torch.rand(1024, 1024), torch.rand(1 << 24)
    target = torch.empty_like(long)
    product = min(timed(lambda: square @ square, clock) for _ in range(8))
    copy = min(timed(lambda: target.copy_(long), clock) for _ in range(8))
    return 2 * 1024**3 / product, 2 * long.nbytes / copy


def timed(what: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    what()
    return clock() - start


def compare(task: dict[str, Any], seconds: float, clock: Callable[[], float]) -> None:
    asked = experiment(task)
    names = ["vanilla", *task["masks"]]
    steps, sizes = zip(*(stepper(asked, method) for method in range(len(names))), strict=True)
    for step in steps:
        for _ in range(WARM_UP):
            step()
    rounds: list[list[float]] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(rounds) < 3:
        rounds.append([])
        for step in steps:
            vanilla = timed(steps[0], clock)
            rounds[-1].append(timed(step, clock) / vanilla)
    vanilla = median(timed(steps[0], clock) for _ in range(30))
    flop_rate, byte_rate = speeds(clock)
    print(f"{asked.dataset.kind}, vanilla {1e3 * vanilla:.2f} ms, {flop_rate / 1e9:.0f} GFLOP/s, "
          f"{byte_rate / 1e9:.1f} GB/s, {len(rounds)} rounds")  # fmt: skip
    print(f"  {'method':<20}{'by vanilla':>11}{'ms':>8}{'GFLOP':>8}{'floor ms':>10}")
    for index, name in enumerate(names):
        with FlopCounterMode(display=False) as counter:
            steps[index]()
        ratio = median(each[index] for each in rounds)
        flop = counter.get_total_flops()
        floor = flop / flop_rate + 28 * sizes[index] / byte_rate
        print(
            f"  {name:<20}{ratio:>11.2f}{1e3 * ratio * vanilla:>8.2f}{flop / 1e9:>8.3f}{1e3 * floor:>10.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="for each of the two tasks")
    parser.add_argument("--only", choices=["pid", "spurious"])
    arguments = parser.parse_args()
    threads = torch.get_num_threads()
    clock = time.process_time if threads == 1 else time.perf_counter
    print(f"{threads} thread(s), load {os.getloadavg()[0]:.1f}")
    for name, task in (("pid", PID), ("spurious", SPURIOUS)):
        if arguments.only in (None, name):
            compare(task, arguments.seconds, clock)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
