"""The gradient of a modality's own error with respect to what the modality is given; weights are frozen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


class Branch(Protocol):
    """A modality's own way from its values to a prediction, on coordinates of its own choice."""

    def of(self, values: Tensor) -> Tensor:
        """Values (B, *shape) on these coordinates."""

    def slope(self, values: Tensor, y: Tensor) -> Tensor:
        """d CE(head(values), y) / d values of each example, for values on these coordinates."""


@dataclass(frozen=True)
class Traced:
    """Any differentiable branch, by automatic differentiation; its coordinates are the values' own."""

    logits: Callable[[Tensor], Tensor]

    def of(self, values: Tensor) -> Tensor:
        return values

    def slope(self, values: Tensor, y: Tensor) -> Tensor:
        def error(inputs: Tensor) -> Tensor:
            return cross_entropy(self.logits(inputs), y, reduction="sum")

        slope: Tensor = torch.func.grad(error)(values)
        return slope.nan_to_num()  # padding is NaN and has no slope
