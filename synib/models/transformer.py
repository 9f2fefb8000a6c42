"""The encoder for sequences, and for images as patches: tokens with positions, attention among them."""

import torch
from torch import Tensor, nn

from synib import spec
from synib.models.attention import Transformer
from synib.models.parts import encoders
from synib.models.tokens import Present, tokens

POSITION_SPREAD = 0.02  # of initial positions, as in Dosovitskiy et al. 2021


@encoders(spec.Transformer)
class TransformerEncoder(nn.Module):
    """(B, T, d) or (B, C, H, W) to tokens (B, T, features), NaN where a step or patch is all NaN.

    Positions count the steps that are there, so that padding may stand before, after or between them.
    """

    def __init__(self, asked: spec.Transformer, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.patch = asked.patch
        T, features = asked.latent_shape(shape)
        values = shape[1] if len(shape) == 2 else shape[0] * asked.patch**2
        self.present = Present()
        self.project = nn.Linear(values, features)
        self.positions = nn.Parameter(POSITION_SPREAD * torch.randn(T, features))
        self.dropout = nn.Dropout(asked.dropout)
        self.transformer = Transformer(features, asked.heads, asked.layers, asked.dropout)

    def forward(self, x: Tensor) -> Tensor:
        steps = x if x.ndim == 3 else self._patches(x)
        values, seen = tokens(steps)
        absent = steps.isnan().all(dim=2)
        position = ((~absent).cumsum(dim=1) - 1).clamp(min=0)
        embedded = self.dropout(self.project(self.present(values)) + self.positions[position])
        encoded: Tensor = self.transformer(embedded, seen)
        return encoded.masked_fill(absent[..., None], torch.nan)

    def _patches(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to square patches (B, H / p · W / p, C · p · p), row by row."""
        p, (B, C, H, W) = self.patch, x.shape
        grid = x.reshape(B, C, H // p, p, W // p, p)
        return grid.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
