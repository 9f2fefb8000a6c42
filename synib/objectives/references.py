"""The prediction that a model with a modality withheld should fall back to, and how far it is from it."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from synib.objectives.objective import Batch, Examples, Network

Seen = Sequence[tuple[str, ...]]
"""The modalities that each view leaves intact."""

BEGIN = "call objective.begin(model, train, validation) first"


def divergence(logits: Tensor, log_reference: Tensor) -> Tensor:
    """KL(q ‖ r) in nats over the last axis, q = softmax(logits); at most log K if r is uniform."""
    log_q = log_softmax(logits, dim=-1)
    return (log_q.exp() * (log_q - log_reference)).sum(dim=-1)


def uniform(logits: Tensor) -> Tensor:
    """log 1/K for every class, whatever is seen."""
    K = logits.shape[-1]
    return torch.full((K,), -math.log(K), device=logits.device, dtype=logits.dtype)


class Uniform(nn.Module):
    """KL(q ‖ 1/K). What the intact modalities know by themselves is penalised too."""

    def begin(self, model: Any, train: Examples) -> None:
        """Before training; ``after_step`` after each of the optimiser's steps."""

    def after_step(self, model: Any) -> None:
        pass

    def forward(self, logits: Tensor, x: Batch, seen: Seen) -> Tensor:
        """Withheld logits (V, B, K) of V views to divergences (V, B) in nats."""
        return divergence(logits, uniform(logits))


class ClassPrior(Uniform):
    """KL(q ‖ training frequencies of the classes)."""

    log_prior: Tensor

    def begin(self, model: Any, train: Examples) -> None:
        """Counts labels; classes that training lacks count as half an example, so that KL stays finite."""
        counts = train.y.bincount(minlength=_classes(model, train)).clamp(min=0.5)
        self.register_buffer("log_prior", (counts / counts.sum()).log())

    def forward(self, logits: Tensor, x: Batch, seen: Seen) -> Tensor:
        if not hasattr(self, "log_prior"):
            raise ValueError(f"the class prior is counted before training: {BEGIN}")
        return divergence(logits, self.log_prior)


class Unimodal(Uniform):
    """KL(q ‖ what the seen modalities say, each by its own encoder and head, averaged over steps).

    Where more than one modality is seen their probabilities are averaged. The teacher is evaluated without
    dropout and receives no gradient; it must never see the withheld modality.
    """

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay

    def begin(self, model: Any, train: Examples) -> None:
        """Copies the model as it is: it must have ``encode`` and ``heads``."""
        if not hasattr(model, "heads"):
            raise ValueError("the unimodal reference asks the model's heads(z), and the model has none")
        self.teacher = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def after_step(self, model: Any) -> None:
        mine = [p for p in self.teacher.parameters() if p.is_floating_point()]
        torch._foreach_lerp_(mine, [p.detach() for p in model.parameters()], 1 - self.decay)

    def train(self, mode: bool = True) -> "Unimodal":
        """Whatever the mode, the teacher is asked as at test time."""
        super().train(mode)
        if hasattr(self, "teacher"):
            self.teacher.eval()
        return self

    def forward(self, logits: Tensor, x: Batch, seen: Seen) -> Tensor:
        if not hasattr(self, "teacher"):
            raise ValueError(f"the teacher is copied before training: {BEGIN}")
        with torch.no_grad():
            network = Network.of(self.teacher)
            alone = {name: head.softmax(dim=-1) for name, head in network.heads(network.encode(x)).items()}
            views = [torch.stack([alone[name] for name in names]).mean(dim=0) for names in seen]
            log_reference = torch.stack(views).clamp(min=torch.finfo(logits.dtype).tiny).log()
        return divergence(logits, log_reference)


class Gaussian(Uniform):
    """KL(N(logits, I) ‖ N(0, I)) = half the logits' squared length: drawn to 0, without end where confident.

    Kontras et al. 2026, appendix C.1, whose learned variance is free and best at 1, which it is here.
    """

    def forward(self, logits: Tensor, x: Batch, seen: Seen) -> Tensor:
        return logits.square().sum(dim=-1) / 2


def named(name: str, decay: float = 0.99) -> Uniform:
    """The reference of that name in a spec."""
    match name:
        case "uniform":
            return Uniform()
        case "class_prior":
            return ClassPrior()
        case "unimodal":
            return Unimodal(decay)
        case "gaussian":
            return Gaussian()
        case _:
            raise ValueError(f"{name!r} is no reference; use uniform, class_prior, unimodal or gaussian")


@torch.no_grad()
def _classes(model: nn.Module, train: Examples) -> int:
    """K, from what the model says of two examples; without dropout, which would cost randomness."""
    mode = model.training
    logits: Tensor = model.eval()({name: values[:2] for name, values in train.x.items()})
    model.train(mode)
    return logits.shape[-1]
