"""Many runs that differ in seed and numbers, trained as one: seeds times settings in the time of a few."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from synib import spec
from synib.data import Dataset
from synib.objectives import build
from synib.objectives.masking import Masking
from synib.objectives.objective import Losses, Objective
from synib.seeds import derive
from synib.training.chance import Chance
from synib.training.loop import Trained, pick
from synib.training.stacked import StackedOptimizer
from synib.training.state import Diverged, State


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
        ValueError: a method cannot be trained so; ask `stackable` first.
    """
    experiment = experiment.resolved()
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


class Terms(nn.Module):
    """Model and objective as one function of a batch."""

    model: nn.Module
    objective: Objective

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, x: Any, y: Tensor, generator: torch.Generator, oracle: Any) -> Tensor:
        """Task, penalty, heads and corrupted of `Losses`, (4,)."""
        losses: Losses = self.objective(self.model, x, y, generator=generator, oracle=oracle)
        return torch.stack((losses.task, losses.penalty, losses.heads, losses.corrupted))


class Stack:
    """R replicas of one pattern. The parameters of each are views of its row of one tensor (R, P)."""

    def __init__(
        self, experiment: spec.Experiment, replicas: Sequence[Replica], dataset: Dataset, device: str
    ) -> None:
        self.device = device
        first = State(experiment, *replicas[0], dataset, device)
        others = (State(experiment, *replica, dataset, device, like=first) for replica in replicas[1:])
        self.states = [first, *others]
        self.running = list(range(len(replicas)))
        methods = [experiment.methods[replica.method] for replica in replicas]
        objective = build(pattern(methods[0]), experiment, experiment.dataset.info()).to(device)
        objective.begin(first.model, first.train, first.validation)
        maskings = [part for part in objective.modules() if isinstance(part, Masking)]
        for masking in maskings:
            masking.alone = False
        self.terms = Terms(first.model, objective)
        self.shapes = {name: p.shape for name, p in self.terms.named_parameters() if p.requires_grad}
        self.sizes = [shape.numel() for shape in self.shapes.values()]
        self.weights = torch.tensor([getattr(m, "weight", 1.0) or 1.0 for m in methods], device=device)
        self.rates = torch.tensor([mask.rate if (mask := _rated(m)) else 0.0 for m in methods], device=device)
        self.rated: list[Any] = [masking.mask for masking in maskings] if _rated(methods[0]) else []
        self.chance = Chance(len(replicas), device)
        self.flat = torch.stack([torch.cat([p.detach().flatten() for p in self._of(s)]) for s in self.states])
        self._point()
        self.optimizer = StackedOptimizer(
            first.settings.optimizer,
            self.flat,
            [state.settings.lr for state in self.states],
            [state.settings.weight_decay for state in self.states],
        )

    def _of(self, state: State) -> Iterable[nn.Parameter]:
        """A replica's parameters in the order of its row."""
        both = Terms(state.model, state.objective).named_parameters()
        return (parameter for name, parameter in both if name in self.shapes)

    def _point(self) -> None:
        """Let the replicas' models be views, so that they are up to date at any time."""
        for place, row in zip(self.running, self.flat, strict=True):
            pieces = torch.split(row, self.sizes)
            for parameter, piece in zip(self._of(self.states[place]), pieces, strict=True):
                parameter.data = piece.view_as(parameter)

    def train(self) -> list[Trained | Diverged]:
        """Until the last replica is finished."""
        failed: dict[int, Diverged] = {}
        while self.running:
            self._epoch()
            for place, validation in zip(self.running, self._validate(), strict=True):
                try:
                    self.states[place].close_epoch(validation)
                except Diverged as error:
                    failed[place] = error
            self._keep([p for p in self.running if p not in failed and not self.states[p].finished])
        return [failed.get(place) or _ended(state) for place, state in enumerate(self.states)]

    def _epoch(self) -> None:
        states = [self.states[place] for place in self.running]
        now, B = states[0], states[0].settings.batch_size
        totals = torch.zeros(len(states), len(now.totals), dtype=torch.float64, device=self.device)
        orders = torch.stack([torch.cat(list(state.batches_left(self.device))) for state in states])
        self.terms.train()
        self.terms.objective.begin_epoch(now.epoch)
        for step, rows in enumerate(torch.split(orders, B, dim=1), start=now.step):
            self.chance.seed(
                [derive(state.seed, "masks", step) for state in states],
                [derive(state.seed, "dropout", step) for state in states],
            )
            totals += rows.shape[1] * self._step(rows)
        for state, total in zip(states, totals, strict=True):
            state.totals, state.done = total, state.steps_per_epoch

    def _step(self, rows: Tensor) -> Tensor:
        """One step of every replica on its own examples (R, B). What each lost, (R, 5) as in state.TERMS."""
        data = self.states[0].data
        batch = pick(data.train.x, rows), data.train.y[rows], pick(data.oracle or {}, rows)
        pieces = [piece.requires_grad_() for piece in torch.split(self.flat.detach(), self.sizes, dim=1)]
        index = torch.arange(len(rows), device=self.device)
        with self.chance:
            terms = vmap(self._one)(index, self._named(pieces), self.rates, *batch)
        task, penalty, heads, corrupted = terms.unbind(dim=1)
        penalty = self.weights * penalty
        loss = task + penalty + heads
        gradients = torch.autograd.grad(loss.sum(), pieces, allow_unused=True)
        both = list(zip(gradients, pieces, strict=True))
        used = torch.cat([piece.new_full(piece.shape[1:], gradient is not None) for gradient, piece in both])
        self.optimizer.step(torch.cat([_or_zeros(*one) for one in both], dim=1), used)
        return torch.stack([loss, task, penalty, heads, corrupted], dim=1).detach()

    def _one(
        self, index: Tensor, parameters: dict[str, Tensor], rate: Tensor, x: Any, y: Tensor, oracle: Any
    ) -> Tensor:
        """One replica, as ``vmap`` sees it."""
        self.chance.index = index
        for mask in self.rated:
            mask.rate = rate
        terms: Tensor = functional_call(self.terms, parameters, (x, y, self.chance.generator, oracle or None))
        return terms

    def _named(self, pieces: Iterable[Tensor]) -> dict[str, Tensor]:
        """{name: (R, *shape)} from (R, size) each."""
        both = zip(self.shapes.items(), pieces, strict=True)
        return {name: piece.reshape(len(piece), *shape) for (name, shape), piece in both}

    @torch.no_grad()
    def _validate(self) -> list[dict[str, float]]:
        """As `loop.validate`, for each replica."""
        x, y = self.states[0].validation
        model: nn.Module = self.terms.model.eval()
        parameters = {
            name.removeprefix("model."): stacked
            for name, stacked in self._named(torch.split(self.flat, self.sizes, dim=1)).items()
            if name.startswith("model.")
        }
        R, B = len(self.running), 2 * self.states[0].settings.batch_size
        nll = torch.zeros(R, dtype=torch.float64, device=self.device)
        right = torch.zeros(R, dtype=torch.int64, device=self.device)
        of_each = vmap(lambda own, batch: functional_call(model, own, (batch,)), in_dims=(0, None))
        for start in range(0, len(y), B):
            rows = slice(start, start + B)
            batch = {name: values[rows] for name, values in x.items()}
            logits, labels = of_each(parameters, batch), y[rows].expand(R, -1)
            nll += cross_entropy(logits.mT, labels, reduction="none").sum(dim=1)
            right += (logits.argmax(dim=2) == labels).sum(dim=1)
        return [
            {"validation/nll": n / len(y), "validation/accuracy": r / len(y)}
            for n, r in zip(nll.tolist(), right.tolist(), strict=True)
        ]

    def _keep(self, places: list[int]) -> None:
        """Go on with these replicas only."""
        rows = [row for row, place in enumerate(self.running) if place in places]
        if len(rows) == len(self.running):
            return
        self.running = places
        self.flat, self.weights, self.rates = self.flat[rows], self.weights[rows], self.rates[rows]
        self.optimizer.keep(rows, self.flat)
        self.chance.keep(rows)
        self._point()


def _or_zeros(gradient: Tensor | None, like: Tensor) -> Tensor:
    return torch.zeros_like(like) if gradient is None else gradient


def _ended(state: State) -> Trained:
    state.model.load_state_dict(state.best)
    return Trained(state.model.eval(), state.history, state.kept_epoch, state.epoch, state.step)
