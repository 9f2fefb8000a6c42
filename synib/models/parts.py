"""Which network stands for which spec; an encoder or a fusion is one module that registers itself here."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from torch import nn

from synib.registry import Registry

encoders: Registry[Callable[[Any, tuple[int, ...]], nn.Module]] = Registry("synib.models")
"""(spec, shape of an example) to a module (B, *shape) -> (B, *latent shape), of a vector or of tokens.

Values that are not there are NaN; a token that is not there is NaN (synib.models.tokens)."""

fusions: Registry[Callable[[Any, dict[str, int], int], nn.Module]] = Registry("synib.models")
"""(spec, {modality: features}, classes) to a module {modality: z} -> (B, classes), z (B, features) or
(B, T, features): `tokens` and `pooled` of synib.models.tokens make one of the other."""


def perceptron(widths: list[int], dropout: float = 0.0) -> list[nn.Module]:
    """Linear, ReLU and, if asked for, dropout from each width to the next."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
    return layers


def head(widths: list[int], dropout: float = 0.0) -> nn.Sequential:
    """A classifier: `perceptron` up to the last width but one, then a linear layer to the classes."""
    return nn.Sequential(*perceptron(widths[:-1], dropout), nn.Linear(widths[-2], widths[-1]))
