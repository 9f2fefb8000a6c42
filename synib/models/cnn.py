"""The encoder for images: 3 × 3 convolutions, halved between them, then one linear layer."""

from itertools import pairwise

from torch import nn

from synib import spec
from synib.models.parts import encoders
from synib.models.tokens import Present


@encoders(spec.Cnn)
def cnn(asked: spec.Cnn, shape: tuple[int, ...]) -> nn.Module:
    """(B, C, H, W) -> (B, features). Without batch normalisation: an example's score is its own affair."""
    channels, height, width = shape
    layers: list[nn.Module] = [Present()]
    for depth, (inputs, outputs) in enumerate(pairwise([channels, *asked.channels])):
        if depth:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        layers += [nn.Conv2d(inputs, outputs, kernel_size=3, padding=1), nn.ReLU()]
    layers += [nn.Flatten(), nn.Dropout(asked.dropout)] if asked.dropout else [nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(asked.channels[-1] * height * width, asked.features), nn.ReLU())
