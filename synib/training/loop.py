"""The training loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.data import Dataset
from synib.models import MultimodalClassifier
from synib.seeds import derive
from synib.training import checkpoint as checkpoints
from synib.training.augment import augment
from synib.training.state import Diverged, EpochMetrics, State

__all__ = ["Diverged", "EpochMetrics", "Interrupted", "Trained", "train"]


class Interrupted(Exception):
    """The run was asked to stop; its checkpoint, if it has one, holds everything up to the last step."""


@dataclass(frozen=True)
class Trained:
    """A finished run. The model carries the weights of the epoch to keep and is in evaluation mode."""

    model: MultimodalClassifier
    history: list[EpochMetrics]
    best_epoch: int
    epochs: int
    steps: int

    def save_weights(self, path: Path) -> None:
        """Weights and training moments as safetensors, ``model.load_state_dict`` reads them back."""
        checkpoints.write(path, self.model.state_dict(), {"best_epoch": self.best_epoch})


def train(
    experiment: spec.Experiment,
    method_index: int,
    seed: int,
    dataset: Dataset,
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[EpochMetrics], None] = lambda metrics: None,
    should_stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> Trained:
    """Train one method of an experiment with one seed.

    An existing ``checkpoint`` is resumed, and on a CPU the result is bit for bit that of an undisturbed run.
    ``on_epoch`` then hears of the epochs before it again, so that no listener misses one. ``should_stop`` is
    asked before every step.

    Raises:
        Interrupted: when ``should_stop`` said so; the checkpoint is written.
        Diverged: when a loss is not finite.
        CheckpointMismatch, CorruptCheckpoint: when ``checkpoint`` cannot be resumed.
    """
    experiment = experiment.resolved()
    state = State(experiment, method_index, seed, dataset, device)
    if checkpoint and checkpoint.exists():
        state.restore(checkpoint, device)
    for past in state.history:
        on_epoch(past)
    (x, y), masks = state.train, torch.Generator(device)
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        while not state.finished:
            state.model.train()
            state.objective.begin_epoch(state.epoch)
            for rows in state.batches_left(device):
                if should_stop():
                    if checkpoint:
                        state.save(checkpoint)
                    raise Interrupted(f"stopped before step {state.step + 1}")
                batch, known = pick(x, rows), pick(state.oracle, rows) if state.oracle else None
                masks.manual_seed(derive(seed, "augmentation", state.step))
                batch = augment(batch, experiment.modalities, state.model.moments, masks)
                seed_dropout(derive(seed, "dropout", state.step), device)
                masks.manual_seed(derive(seed, "masks", state.step))
                losses = state.objective(state.model, batch, y[rows], generator=masks, oracle=known)
                state.optimizer.zero_grad()
                state.objective.backward(state.model, losses)
                state.optimizer.step()
                state.objective.after_step(state.model)
                state.count(losses, len(rows))
            held_out = validate(state.model, *state.validation, 2 * experiment.training.batch_size)
            epoch = state.close_epoch(held_out)
            state.objective.end_epoch(state.model, epoch.epoch, state.train, state.validation)
            if checkpoint:
                state.save(checkpoint)
            on_epoch(epoch)
    state.model.load_state_dict(state.best)
    return Trained(state.model.eval(), state.history, state.kept_epoch, state.epoch, state.step)


def seed_dropout(seed: int, device: str) -> None:
    """``torch.manual_seed`` for one device: that one notes a stack trace for each kind of accelerator that is
    not there, 0.3 to 0.7 ms, a fifth of a small model's step."""
    torch.default_generator.manual_seed(seed)
    if device.startswith("cuda"):
        torch.cuda.manual_seed(seed)


def pick(values: Mapping[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    """Some rows of every modality."""
    return {name: column[rows] for name, column in values.items()}


@torch.no_grad()
def validate(model: MultimodalClassifier, x: Mapping[str, Tensor], y: Tensor, rows: int) -> dict[str, float]:
    """NLL (nats) and argmax accuracy over all examples, ``rows`` of them at a time."""
    model.eval()
    nll = torch.zeros((), dtype=torch.float64, device=y.device)
    right = torch.zeros((), dtype=torch.int64, device=y.device)
    for start in range(0, len(y), rows):
        batch = slice(start, start + rows)
        logits = model({name: values[batch] for name, values in x.items()})
        nll += cross_entropy(logits, y[batch], reduction="sum")
        right += (logits.argmax(dim=1) == y[batch]).sum()
    return {"validation/nll": nll.item() / len(y), "validation/accuracy": right.item() / len(y)}
