"""The best setting on Spurious-XOR that needs no oracle, chosen on validation data alone.

    python -m benchmarks.spurious_search --beta 1 --draws 3 --json found.jsonl

The short-cut works on validation too, so validation accuracy is perfect for who relies on it. What tells such
a model there is that it is sure from one modality alone. The criterion is therefore NLL plus the mean over
modalities of KL(q(y|x_m) ‖ uniform), q(y|x_m) by averaging over donors from training; both on validation, in
nats. Test accuracy is printed beside it and takes no part. Data seeds start at 100: the study's are 0 to 9.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

import synib.data
from benchmarks.published import SPURIOUS
from synib import spec
from synib.data import Dataset
from synib.models import MultimodalClassifier
from synib.training.replicas import Replica, train_replicas
from synib.training.state import Diverged

DONORS, AT_ONCE, FIRST = 16, 32, 100


def grid() -> list[dict[str, Any]]:
    """Every setting tried: random, full and learned masks, their fill, weight and step size."""
    settings: list[dict[str, Any]] = [
        *(
            {"weight": weight, "mask": {"kind": "random", "rate": rate, "fill": fill}}
            for fill, rate, weight in product(("noise", "mean"), (0.8, 0.9, 0.95, 0.98), (0.6, 2, 6))
        ),
        *(
            {"weight": weight, "mask": {"kind": "full", "fill": fill}}
            for fill, weight in product(("noise", "mean", "shuffle"), (0.6, 2, 6))
        ),
        *(
            {"weight": weight, "warm_up": 20, "mask": {
                "kind": "learned", "solver": "path", "steps": 4, "sparsity": sparsity, "fill": fill}}
            for fill, sparsity, weight in product(("noise", "mean"), (0.01, 0.03, 0.1), (2, 6, 20))
        ),
    ]  # fmt: skip
    return [{"kind": "synib", "lr": lr} | setting for lr in (3e-4, 1e-3) for setting in settings]


@torch.no_grad()
def judge(model: MultimodalClassifier, dataset: Dataset, seed: int) -> dict[str, float]:
    """NLL and confidence alone on validation, nats; accuracy on test, percent."""
    train, validation, test = (dataset.select(split) for split in ("train", "validation", "test"))
    z, donors = model.encode(inputs(validation)), model.encode(inputs(train))
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(len(train), (DONORS, len(validation)), generator=generator)
    sure = []
    for name in z:
        seen = [
            model.fuse({other: z[other] if other == name else donors[other][row] for other in z}).softmax(1)
            for row in rows
        ]
        q = torch.stack(seen).mean(0)
        sure.append((q.xlogy(2 * q)).sum(1).mean().item())
    right = model(inputs(test)).argmax(1).numpy() == test.y
    return {
        "nll": cross_entropy(model.fuse(z), torch.from_numpy(validation.y)).item(),
        "alone": float(np.mean(sure)),
        "test": 100 * float(right.mean()),
    }


def inputs(part: Dataset) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in part.x.items()}


def tried(beta: float, seed: int) -> list[dict[str, Any]]:
    """What each setting of the grid comes to on one draw of the data."""
    torch.set_num_threads(1)
    settings, found = grid(), []
    for start in range(0, len(settings), AT_ONCE):
        part = settings[start : start + AT_ONCE]
        asked = spec.parse_experiment(
            SPURIOUS
            | {
                "dataset": {"kind": "spurious_xor", "beta": beta, "seed": seed},
                "methods": [setting | {"name": str(index)} for index, setting in enumerate(part)],
            }
        )
        dataset = synib.data.load(asked.dataset)
        for setting, trained in zip(
            part, train_replicas(asked, [Replica(i, seed) for i in range(len(part))], dataset), strict=True
        ):
            if not isinstance(trained, Diverged):
                found.append({"beta": beta, "seed": seed, "setting": setting})
                found[-1] |= judge(trained.model, dataset, seed)
    return found


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--beta", type=float, required=True)
    parser.add_argument("--draws", type=int, default=3, help="data sets to judge each setting on")
    parser.add_argument("--json", type=Path, help="where every figure goes, a line each")
    asked = parser.parse_args(arguments)
    by_setting = defaultdict(list)
    for seed in range(FIRST, FIRST + asked.draws):
        for line in tried(asked.beta, seed):
            by_setting[json.dumps(line["setting"])].append(line)
            if asked.json:
                with asked.json.open("a") as file:
                    file.write(json.dumps(line) + "\n")
    means = {
        setting: {key: np.mean([line[key] for line in lines]) for key in ("nll", "alone", "test")}
        for setting, lines in by_setting.items()
    }
    print("criterion  nll    alone  test %  setting")
    for setting in sorted(means, key=lambda one: means[one]["nll"] + means[one]["alone"])[:12]:
        nll, alone, test = means[setting].values()
        print(f"{nll + alone:9.3f}  {nll:.3f}  {alone:.3f}  {test:6.1f}  {setting}")


if __name__ == "__main__":
    main(sys.argv[1:])
