"""The encoder for images and series: convolutions, halved between them, then one linear layer."""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from synib import spec
from synib.models.parts import encoders
from synib.models.tokens import Present


@encoders(spec.Cnn)
def cnn(asked: spec.Cnn, shape: tuple[int, ...]) -> nn.Module:
    """(B, C, H, W) or (B, T, d) -> (B, features).

    Without batch normalisation: an example's score is its own affair.
    """
    image = len(shape) == 3
    channels, sides = (shape[0], shape[1:]) if image else (shape[1], shape[:1])
    convolution, pooling = (nn.Conv2d, nn.MaxPool2d) if image else (nn.Conv1d, nn.MaxPool1d)
    layers: list[nn.Module] = [Present()] if image else [Present(), StepsLast()]
    for depth, (inputs, outputs) in enumerate(pairwise([channels, *asked.channels])):
        if depth:
            layers.append(pooling(2))
            sides = tuple(side // 2 for side in sides)
        layers += [convolution(inputs, outputs, kernel_size=3, padding=1), nn.ReLU()]
    layers += [nn.Flatten(), nn.Dropout(asked.dropout)] if asked.dropout else [nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(asked.channels[-1] * prod(sides), asked.features), nn.ReLU())


class StepsLast(nn.Module):
    """(B, T, d) to (B, d, T), as convolutions want it."""

    def forward(self, values: Tensor) -> Tensor:
        return torch.transpose(values, 1, 2)
