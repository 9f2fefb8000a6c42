"""A run in the middle: what must be kept for it to go on as if nothing had happened."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synib import spec
from synib.data import Dataset
from synib.models import Moments, MultimodalClassifier, moments_of
from synib.objectives import Examples, Losses, build
from synib.seeds import derive
from synib.training import checkpoint

TERMS = ("loss", "task", "penalty", "heads", "corrupted")


@dataclass(frozen=True)
class EpochMetrics:
    """What one epoch said. No clock in it: a resumed run says exactly the same."""

    epoch: int
    """1 is the first."""
    step: int
    """Steps so far, over all epochs."""
    values: dict[str, float]
    """train/loss, task, penalty, heads (nats, mean over the epoch's examples, already weighted),
    train/corrupted (share of coordinates), validation/nll (nats), validation/accuracy."""


class Diverged(ArithmeticError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Data:
    """What a run learns from, on the device."""

    train: Examples
    validation: Examples
    oracle: dict[str, Tensor] | None
    """Where the training examples' synergy is, {modality: (N, *shape)}, if a method withholds it there."""
    moments: dict[str, Moments]
    """Of the training examples, on the CPU."""

    @classmethod
    def of(cls, dataset: Dataset, experiment: spec.Experiment, device: str) -> "Data":
        if lacking := [name for name in experiment.modalities if name not in dataset.x]:
            detail = "no numbers have been made of it yet; use synib.features.prepare(dataset, experiment)"
            raise ValueError(f"{lacking[0]}: {detail}")
        train = dataset.select("train")
        return cls(
            train=tensors(dataset, "train", experiment, device),
            validation=tensors(dataset, "validation", experiment, device),
            oracle=oracle(train, experiment, device),
            moments=moments_of({name: train.x[name] for name in experiment.modalities}),
        )


class State:
    """Model, objective, optimiser and how far they are.

    Every random choice has a generator seeded by (seed, purpose, epoch or step): none has a state to keep.
    """

    def __init__(
        self,
        experiment: spec.Experiment,
        method_index: int,
        seed: int,
        dataset: Dataset,
        device: str,
        *,
        like: "State | None" = None,
    ) -> None:
        """With ``like``, a state of the same experiment and data set, examples are shared and not copied."""
        info = experiment.inputs()
        self.settings = experiment.training_of(method_index)
        self.seed = seed
        self.identity = identity(experiment, method_index, seed)
        self.data: Data = like.data if like else Data.of(dataset, experiment, device)
        self.train, self.validation, self.oracle = self.data.train, self.data.validation, self.data.oracle
        objective = build(experiment.methods[method_index], experiment, info)
        moments, predict = self.data.moments, objective.predict
        model = MultimodalClassifier(experiment, info, moments, seed=seed, predict=predict)
        self.model, self.objective = model.to(device), objective.to(device)
        self.objective.begin(self.model, self.train, self.validation)
        both = (*self.model.parameters(), *self.objective.parameters())
        parameters = [parameter for parameter in both if parameter.requires_grad]
        self.optimizer = make_optimizer(parameters, self.settings, slowed(self.model, experiment))
        self.examples = len(self.train.y)
        self.steps_per_epoch = -(-self.examples // self.settings.batch_size)
        self.history: list[EpochMetrics] = []
        self.best = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        self.done = 0  # steps of the current epoch
        self.totals = torch.zeros(len(TERMS), dtype=torch.float64, device=device)  # sums over its examples

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return len(self.history)

    @property
    def step(self) -> int:
        """Steps completed, over all epochs."""
        return self.epoch * self.steps_per_epoch + self.done

    @property
    def best_epoch(self) -> int:
        """Whose validation NLL is the lowest, the first of equals; 0 before any."""
        return min(self.history, key=lambda m: m.values["validation/nll"]).epoch if self.history else 0

    @property
    def kept_epoch(self) -> int:
        """Whose weights the run ends with."""
        return self.best_epoch if self.settings.keep == "best" else self.epoch

    @property
    def finished(self) -> bool:
        stopping = self.settings.early_stopping
        exhausted = stopping is not None and self.epoch - self.best_epoch >= stopping.patience
        return self.epoch >= self.settings.epochs or exhausted

    def batches_left(self, device: str) -> Iterator[Tensor]:
        """Row numbers of the batches that this epoch still has to see."""
        generator = torch.Generator().manual_seed(derive(self.seed, "order", self.epoch))
        order = torch.randperm(self.examples, generator=generator).to(device)
        yield from torch.split(order, self.settings.batch_size)[self.done :]

    def count(self, losses: Losses, examples: int) -> None:
        """Add one step to the epoch's sums."""
        terms = (losses.total, losses.task, losses.penalty, losses.heads, losses.corrupted)
        self.totals += examples * torch.stack([term.detach() for term in terms])
        self.done += 1

    def close_epoch(self, validation: dict[str, float]) -> EpochMetrics:
        """Log the epoch, and keep the weights if they are the ones to end with so far.

        Raises:
            Diverged: if anything is not finite.
        """
        epoch = self.log_epoch(validation)
        if self.kept_epoch == epoch.epoch:
            self.best = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        return epoch

    def log_epoch(self, validation: dict[str, float]) -> EpochMetrics:
        """Turn the epoch's sums into metrics.

        Raises:
            Diverged: if anything is not finite.
        """
        means = (self.totals / self.examples).tolist()
        values = {f"train/{term}": value for term, value in zip(TERMS, means, strict=True)} | validation
        epoch = EpochMetrics(self.epoch + 1, self.step, values)
        if bad := [name for name, value in values.items() if not abs(value) < float("inf")]:
            raise Diverged(
                f"{bad[0]} is no longer finite in epoch {epoch.epoch}; lower training.lr (it is "
                f"{self.settings.lr:g}) or the method's weight, and look for extreme values in the data"
            )
        self.history.append(epoch)
        self.done = 0
        self.totals.zero_()
        return epoch

    def save(self, path: Path) -> None:
        tensors = {"totals": self.totals}
        tensors |= {f"model/{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        tensors |= {f"objective/{name}": tensor for name, tensor in self.objective.state_dict().items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{slot}": tensor for slot, tensor in slots.items()}
        history = [asdict(epoch) for epoch in self.history]
        checkpoint.write(path, tensors, {**self.identity, "done": self.done, "history": history})

    def restore(self, path: Path, device: str) -> None:
        """Go on from a checkpoint of this very run."""
        tensors, about = checkpoint.read(path, device)
        checkpoint.belongs(path, about, self.identity)
        self.model.load_state_dict(checkpoint.part(tensors, "model"))
        self.objective.load_state_dict(checkpoint.part(tensors, "objective"))
        self.best = checkpoint.part(tensors, "best")
        self.totals = tensors["totals"]
        self.done = about["done"]
        self.history = [EpochMetrics(**epoch) for epoch in about["history"]]
        slots: dict[int, dict[str, Tensor]] = {}
        for key, tensor in checkpoint.part(tensors, "optimizer").items():
            index, slot = key.split("/")
            slots.setdefault(int(index), {})[slot] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": slots, "param_groups": groups})


def identity(experiment: spec.Experiment, method_index: int, seed: int) -> dict[str, Any]:
    """What a checkpoint must have been written for to be gone on with."""
    return {"spec": experiment.digest(), "method": method_index, "seed": seed}


def tensors(dataset: Dataset, split: str, experiment: spec.Experiment, device: str) -> Examples:
    """Raw inputs {modality: (N, *shape)} and labels (N,) of one split, on the device for the whole run."""
    part = dataset.select(split)
    x = {name: torch.from_numpy(part.x[name]).to(device) for name in experiment.modalities}
    return Examples(x, torch.from_numpy(part.y).to(device))


def oracle(train: Dataset, experiment: spec.Experiment, device: str) -> dict[str, Tensor] | None:
    """Of the training examples, as `Data.oracle` says."""
    masks = [getattr(method, "mask", None) for method in experiment.methods]
    if train.oracle is None or not any(isinstance(mask, spec.OracleMask) for mask in masks):
        return None
    return {name: torch.from_numpy(train.oracle[name]).to(device) for name in experiment.modalities}


def slowed(model: MultimodalClassifier, experiment: spec.Experiment) -> dict[torch.nn.Parameter, float]:
    """Weights with a step size of their own, as a factor: those of pretrained encoders."""
    return {
        parameter: modality.encoder.lr_factor
        for name, modality in experiment.modalities.items()
        if isinstance(modality.encoder, spec.PretrainedEncoder)
        for parameter in model.get_submodule(f"encoders.{name}.tower").parameters()
    }


def make_optimizer(
    parameters: list[torch.nn.Parameter],
    settings: spec.Training,
    factors: Mapping[torch.nn.Parameter, float] | None = None,
) -> torch.optim.Optimizer:
    """Fused: on small models the steps of the optimiser's loop would cost more than the gradients."""
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay, "fused": True}
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for parameter in parameters:
        groups.setdefault((factors or {}).get(parameter, 1.0), []).append(parameter)
    asked = [{"params": group, "lr": factor * settings.lr} for factor, group in groups.items()]
    match settings.optimizer:
        case "adam":
            return torch.optim.Adam(asked, **common)
        case "adamw":
            return torch.optim.AdamW(asked, **common)
        case "sgd":
            return torch.optim.SGD(asked, momentum=0.9, **common)
