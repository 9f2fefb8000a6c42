"""The ceiling of `digits_seen_heard`: two readers trained apart on what they hear or see, and a parity.

    python -m benchmarks.digit_readers --seeds 10

Each reader has the study's features and encoder and learns the ten digits from every recording or image of
the training split: more than the study's models are told, which learn from the parity of a pair alone. The
epoch is chosen on validation. Their probabilities of an odd digit, multiplied out, are judged on the study's
own test pairs.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from synib import spec, studies
from synib.data import ArrayMedia, load
from synib.data.digit_files import read_images, read_recordings
from synib.data.digits_seen_heard import split_images, split_recordings
from synib.data.sources import source_folder
from synib.features import prepare
from synib.information.statistics import t_interval
from synib.models import moments_of
from synib.models.parts import encoders, head
from synib.seeds import derive

EPOCHS, BATCH, LR, DECAY = 40, 128, 2e-3, 1e-3


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    began = time.process_time()
    experiment = studies.load("digits_seen_heard").experiments[0]
    digits = {
        "heard": read_recordings(source_folder("fsdd") / "recordings").digit,
        "seen": read_images(source_folder("mnist-t10k"))[1],
    }
    x = features(experiment, digits)
    rows = [judged(experiment, seed, digits, x) for seed in range(asked.seeds)]
    for name in rows[0]:
        values = [row[name] for row in rows]
        low, high = t_interval(values) or (np.nan, np.nan)
        print(f"{name:24s} {np.mean(values):.3f} [{low:.3f}, {high:.3f}]")
    print(f"{asked.seeds} seeds, {time.process_time() - began:.0f} CPU seconds")


def features(
    experiment: spec.Experiment, digits: Mapping[str, NDArray[np.int64]]
) -> Mapping[str, NDArray[np.float32]]:
    """Of every item, (M, *shape)."""
    some = load(experiment.dataset)
    everything = {
        name: replace(cast(ArrayMedia, media), index=np.arange(len(digits[name])))
        for name, media in some.media.items()
    }
    return prepare(replace(some, media=everything), experiment).x


def judged(
    experiment: spec.Experiment,
    seed: int,
    digits: Mapping[str, NDArray[np.int64]],
    x: Mapping[str, NDArray[np.float32]],
) -> dict[str, float]:
    """Accuracies on the test items and pairs of the study's data set with this seed."""
    recipe = experiment.dataset_of(seed)
    assert isinstance(recipe, spec.DigitsSeenHeard)
    recordings = read_recordings(source_folder("fsdd") / "recordings")
    pools = {
        "heard": split_recordings(recordings, recipe),
        "seen": split_images(digits["seen"], recipe.seed),
    }
    test = load(recipe).select("test")
    odd, found = {}, {}
    for name, modality in experiment.modalities.items():
        p = read(x[name], digits[name], pools[name], modality, derive(seed, "reader", name))
        unseen, shown = pools[name]["test"], test.media[name].index
        odd[name] = p[shown][:, 1::2].sum(axis=1)
        found[f"digit, {name}"] = float((p[unseen].argmax(axis=1) == digits[name][unseen]).mean())
        found[f"odd or even, {name}"] = float(((odd[name] > 0.5) == digits[name][shown] % 2).mean())
    differs = odd["heard"] * (1 - odd["seen"]) + odd["seen"] * (1 - odd["heard"])
    return found | {"whether parity differs": float(((differs > 0.5) == test.y).mean())}


def read(
    x: NDArray[np.float32],
    digit: NDArray[np.int64],
    pools: Mapping[str, NDArray[np.int64]],
    modality: spec.Modality,
    seed: int,
) -> NDArray[np.float32]:
    """Train a reader; its probabilities (M, 10) of every item."""
    mean, std = moments_of({"x": x[pools["train"]]})["x"]
    values, y = (torch.from_numpy(x) - mean) / std, torch.from_numpy(digit)
    train, validation = (torch.from_numpy(pools[name]) for name in ("train", "validation"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = encoders[type(modality.encoder)](modality.encoder, x.shape[1:])
        model = nn.Sequential(encoder, head([modality.encoder.features, 64, 10]))
        optimizer = torch.optim.Adam(model.parameters(), LR, weight_decay=DECAY, fused=True)
        best, chosen = np.inf, None
        for _ in range(EPOCHS):
            for rows in torch.split(train[torch.randperm(len(train))], BATCH):
                optimizer.zero_grad()
                cross_entropy(model(values[rows]), y[rows]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            nll, p = _tested(model, values, y, validation)
            if nll < best:
                best, chosen = nll, p
    assert chosen is not None
    return chosen


@torch.no_grad()
def _tested(
    model: nn.Module, values: Tensor, y: Tensor, validation: Tensor
) -> tuple[float, NDArray[np.float32]]:
    """Validation NLL, and probabilities of all items."""
    logits = model(values)
    return cross_entropy(logits[validation], y[validation]).item(), logits.softmax(dim=1).numpy()


if __name__ == "__main__":
    main(sys.argv[1:])
