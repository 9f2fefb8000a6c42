"""The encoder for vectors: linear and ReLU layers."""

from math import prod

from torch import nn

from synib import spec
from synib.models.parts import encoders, perceptron
from synib.models.tokens import Flatten


@encoders(spec.Mlp)
def mlp(asked: spec.Mlp, shape: tuple[int, ...]) -> nn.Module:
    """(B, *shape) -> (B, features)."""
    widths = [prod(shape), *asked.hidden, asked.features]
    return nn.Sequential(Flatten(), *perceptron(widths, asked.dropout))
