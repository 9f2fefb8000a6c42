"""The optimisers of many replicas at once, each with a step size and a weight decay of its own."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

BETAS, EPSILON, MOMENTUM = (0.9, 0.999), 1e-8, 0.9


class StackedOptimizer:
    """What torch.optim's Adam, AdamW or SGD with momentum do, on R replicas' parameters (R, P) in place.

    Args:
        kind: which.
        parameters: (R, P), of all tensors side by side.
        lr: step size of each replica.
        weight_decay: of each replica; L2 penalty (adam, sgd) or decoupled (adamw).
    """

    def __init__(
        self,
        kind: Literal["adam", "adamw", "sgd"],
        parameters: Tensor,
        lr: Sequence[float],
        weight_decay: Sequence[float],
    ) -> None:
        self.kind, self.parameters = kind, parameters
        self.lr, self.decay = (parameters.new_tensor(column)[:, None] for column in (lr, weight_decay))
        self.mean = torch.zeros_like(parameters)
        self.square = torch.zeros_like(parameters) if kind != "sgd" else self.mean
        self.steps = 0

    @torch.no_grad()
    def step(self, gradients: Tensor, used: Tensor | float = 1.0) -> None:
        """Gradients (R, P). Where ``used`` (P,) is 0, because no loss depends on the parameter, they are 0,
        and it does not decay either."""
        self.steps += 1
        decay = self.decay * used
        if self.kind == "adamw":
            self.parameters.mul_(1 - self.lr * decay)
        else:
            gradients = torch.addcmul(gradients, decay, self.parameters)
        if self.kind == "sgd":
            self.mean.mul_(MOMENTUM).add_(gradients)
            self.parameters.addcmul_(self.mean, self.lr, value=-1)
            return
        self.mean.lerp_(gradients, 1 - BETAS[0])
        self.square.mul_(BETAS[1]).addcmul_(gradients, gradients, value=1 - BETAS[1])
        root = self.square.sqrt().div_(math.sqrt(1 - BETAS[1] ** self.steps)).add_(EPSILON)
        move = (self.mean / root).mul_(self.lr / (1 - BETAS[0] ** self.steps))
        self.parameters.sub_(move)

    def keep(self, rows: Sequence[int], parameters: Tensor) -> None:
        """Go on with some replicas only, whose ``parameters`` are these from now on."""
        self.parameters = parameters
        self.lr, self.decay, self.mean = self.lr[rows], self.decay[rows], self.mean[rows]
        self.square = self.square[rows] if self.kind != "sgd" else self.mean
