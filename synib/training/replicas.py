"""Many runs that differ in seed and numbers, trained as one: seeds times settings in the time of a few."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from synib import spec
from synib.data import Dataset
from synib.objectives import build
from synib.objectives.masking import Masking
from synib.seeds import derive
from synib.training.chance import Chance
from synib.training.loop import Trained
from synib.training.stacked import StackedOptimizer
from synib.training.state import Diverged, State
from synib.training.together import Batches, Terms, Together


class Replica(NamedTuple):
    """One run of an experiment."""

    method: int
    """Index into the experiment's methods."""
    seed: int


def stackable(method: spec.Method) -> bool:
    """Whether replicas of a method can be trained as one: its objective only turns a batch into a loss.

    Rivals that change gradients or weights between steps, and the unimodal reference, which follows the
    weights from step to step, must be trained one by one.
    """
    match method:
        case spec.SynIB():
            return method.reference != "unimodal" or not method.weight
        case (
            spec.Vanilla()
            | spec.ConfidencePenalty()
            | spec.MaskingOnly()
            | spec.NoisePenalty()
            | spec.LabelSmoothing()
            | spec.ModalityDropout()
            | spec.Released()
        ):
            return True
        case _:
            return False


def train_replicas(
    experiment: spec.Experiment, replicas: Sequence[Replica], dataset: Dataset, *, device: str = "cpu"
) -> list[Trained | Diverged]:
    """Each replica as `train` would leave it, to float tolerance, in the order asked for.

    Replicas whose methods differ in nothing but ``lr``, ``weight_decay``, ``weight`` and the ``rate`` of a
    mask are computed as one, each with its own initial weights, order of batches, masks and dropout; the next
    such group follows. Nothing is checkpointed. A replica that diverges is its error in the list, and the
    others go on.

    Raises:
        ValueError: a method cannot be trained so, ask `stackable` first; or a modality's encoder or
            augmentation cannot.
    """
    experiment = experiment.resolved()
    for name, modality in experiment.modalities.items():
        if modality.augment or isinstance(modality.encoder, spec.Gru | spec.PretrainedEncoder):
            why = "augmentation" if modality.augment else f"an encoder {modality.encoder.kind}"
            raise ValueError(
                f"with {why}, as {name} has, replicas cannot share steps; use synib.training.train"
            )
    alike: dict[str, list[int]] = {}
    for place, replica in enumerate(replicas):
        method = experiment.methods[replica.method]
        if not stackable(method):
            name = experiment.method_names()[replica.method]
            raise ValueError(f"{name!r} cannot share its steps with other replicas; use synib.training.train")
        alike.setdefault(pattern(method).model_dump_json(), []).append(place)
    trained: dict[int, Trained | Diverged] = {}
    for places in alike.values():
        stack = Stack(experiment, [replicas[place] for place in places], dataset, device)
        trained |= zip(places, stack.train(), strict=True)
    return [trained[place] for place in range(len(replicas))]


def pattern(method: spec.Method) -> spec.Method:
    """The method without what may differ within a stack; its penalty has weight 1, or 0 if it has none."""
    change: dict[str, Any] = {"name": None, "lr": None, "weight_decay": None}
    if getattr(method, "weight", None):
        change["weight"] = 1.0
    if mask := _rated(method):
        change["mask"] = mask.model_copy(update={"rate": 0.5})
    return method.model_copy(update=change)


def _rated(method: spec.Method) -> spec.RandomMask | spec.DiffusionMask | None:
    """The method's mask, if it has a rate."""
    mask = getattr(method, "mask", None)
    return mask if isinstance(mask, spec.RandomMask | spec.DiffusionMask) else None


class Stack:
    """R replicas of one pattern, side by side until the last is finished."""

    def __init__(
        self, experiment: spec.Experiment, replicas: Sequence[Replica], dataset: Dataset, device: str
    ) -> None:
        self.device = device
        first = State(experiment, *replicas[0], dataset, device)
        others = (State(experiment, *replica, dataset, device, like=first) for replica in replicas[1:])
        self.states = [first, *others]
        self.places = list(range(len(replicas)))
        """Whose the rows are."""
        self.left = self.places
        """Who is not finished; others may keep their rows a while, to no effect."""
        methods = [experiment.methods[replica.method] for replica in replicas]
        objective = build(pattern(methods[0]), experiment, experiment.inputs()).to(device)
        objective.begin(first.model, first.train, first.validation)
        rated = [
            part.mask for part in objective.modules() if isinstance(part, Masking) and _rated(methods[0])
        ]
        self.weights = torch.tensor([getattr(m, "weight", 1.0) or 1.0 for m in methods], device=device)
        self.rates = torch.tensor([mask.rate if (mask := _rated(m)) else 0.0 for m in methods], device=device)
        self.chance = Chance(len(replicas), device)
        self.together = Together(Terms(first.model, objective), rated, self.chance)
        self.flat = torch.stack([flattened(self._parameters(state)) for state in self.states])
        self.best = self.flat.clone()
        self.optimizer = StackedOptimizer(
            first.settings.optimizer,
            self.flat,
            [state.settings.lr for state in self.states],
            [state.settings.weight_decay for state in self.states],
        )

    def _parameters(self, state: State) -> list[nn.Parameter]:
        return self.together.parameters_of(Terms(state.model, state.objective))

    def train(self) -> list[Trained | Diverged]:
        """Until the last replica is finished."""
        failed: dict[int, Diverged] = {}
        while self.left:
            self._epoch()
            validations = dict(zip(self.places, self._validate(), strict=True))
            for place in self.left:
                try:
                    self._close_epoch(place, validations[place])
                except Diverged as error:
                    failed[place] = error
            self.left = [p for p in self.left if p not in failed and not self.states[p].finished]
            if len(self.left) <= len(self.places) / 2:  # every number of rows needs a recording of its own
                self._keep(self.left)
        return [failed.get(place) or self._ended(place) for place in range(len(self.states))]

    def _epoch(self) -> None:
        now, data = self.states[self.left[0]], self.states[0].data
        states = [self.states[place] if place in self.left else now for place in self.places]
        totals = torch.zeros(len(states), len(now.totals), dtype=torch.float64, device=self.device)
        orders = torch.stack([torch.cat(list(state.batches_left(self.device))) for state in states])
        self.together.terms.objective.begin_epoch(now.epoch)
        for step, rows in enumerate(torch.split(orders, now.settings.batch_size, dim=1), start=now.step):
            batches = Batches(
                x=_pick(data.train.x, rows),
                y=data.train.y[rows],
                oracle=_pick(data.oracle or {}, rows),
                weights=self.weights,
                rates=self.rates,
            )
            seed = partial(self._seed, [state.seed for state in states], step)
            gradients, used, terms = self.together.gradients(self.flat, batches, seed)
            self.optimizer.step(gradients, used)
            totals += rows.shape[1] * terms
        for place in self.left:
            state = self.states[place]
            state.totals, state.done = totals[self.places.index(place)], state.steps_per_epoch

    def _seed(self, seeds: Sequence[int], step: int) -> None:
        self.chance.seed(
            [derive(seed, "masks", step) for seed in seeds], [derive(seed, "dropout", step) for seed in seeds]
        )

    def _validate(self) -> list[dict[str, float]]:
        """As `loop.validate`, for each row."""
        x, y = self.states[0].validation
        nll = torch.zeros(len(self.flat), dtype=torch.float64, device=self.device)
        right = torch.zeros(len(self.flat), dtype=torch.int64, device=self.device)
        B = 2 * self.states[0].settings.batch_size
        for start in range(0, len(y), B):
            rows = slice(start, start + B)
            some = self.together.test(self.flat, {name: x[name][rows] for name in x}, y[rows])
            nll, right = nll + some[0], right + some[1]
        return [
            {"validation/nll": n / len(y), "validation/accuracy": r / len(y)}
            for n, r in zip(nll.tolist(), right.tolist(), strict=True)
        ]

    def _close_epoch(self, place: int, validation: dict[str, float]) -> None:
        state = self.states[place]
        if state.log_epoch(validation).epoch == state.kept_epoch:
            self.best[place] = self.flat[self.places.index(place)]

    def _keep(self, places: list[int]) -> None:
        """Go on with these replicas only."""
        rows = [self.places.index(place) for place in places]
        self.places = places
        self.flat, self.weights, self.rates = self.flat[rows], self.weights[rows], self.rates[rows]
        self.optimizer.keep(rows, self.flat)
        self.chance.keep(rows)

    @torch.no_grad()
    def _ended(self, place: int) -> Trained:
        state, row = self.states[place], self.best[place]
        for parameter, values in zip(
            self._parameters(state), torch.split(row, self.together.sizes), strict=True
        ):
            parameter.copy_(values.view_as(parameter))
        return Trained(state.model.eval(), state.history, state.kept_epoch, state.epoch, state.step)


def flattened(parameters: Iterable[Tensor]) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in parameters])


def _pick(values: Mapping[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    """Rows (R, B) of every modality; where a row is long, several times as fast as indexing."""
    return {
        name: column.index_select(0, rows.flatten()).reshape(*rows.shape, *column.shape[1:])
        for name, column in values.items()
    }
