"""Attention bottlenecks, MBT: modalities exchange what fits into a few shared tokens."""

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import pad

from synib import spec
from synib.models.attention import TransformerLayer
from synib.models.parts import fusions
from synib.models.tokens import tokens

SPREAD = 0.02  # of initial class and bottleneck tokens


@fusions(spec.Mbt)
class Mbt(nn.Module):
    """[z_m, s_m] ← layer_m([z_m, s]), s ← mean over m of s_m, with s the bottleneck tokens.

    Nagrani et al. 2021 (arXiv 2107.00135), section 3. Each modality has its own layers and its own
    class token; one classifier reads every class token, and logits are averaged. Nothing of one modality
    reaches another's class token but through s, which takes two layers.
    """

    def __init__(self, asked: spec.Mbt, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        self.project = nn.ModuleList([nn.Linear(d, asked.width) for d in features.values()])
        self.class_tokens = nn.Parameter(SPREAD * torch.randn(len(features), asked.width))
        self.bottlenecks = nn.Parameter(SPREAD * torch.randn(asked.bottlenecks, asked.width))
        self.layers = nn.ModuleList(
            [
                TransformerLayer(asked.width, asked.heads, asked.dropout)
                for _ in range(asked.layers * len(features))
            ]
        )
        self.classify = nn.Sequential(nn.LayerNorm(asked.width), nn.Linear(asked.width, classes))

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        logits: Tensor = self.classify(self.class_tokens_of(z))
        return logits.mean(dim=1)

    def class_tokens_of(self, z: dict[str, Tensor]) -> Tensor:
        """Each modality's class token after all layers: (B, k, width)."""
        read = [tokens(z[name]) for name in self.modalities]
        B = len(read[0][0])
        streams = [
            cat([token.expand(B, 1, -1), project(values)], dim=1)
            for token, project, (values, _) in zip(self.class_tokens, self.project, read, strict=True)
        ]
        seen = [pad(there, (1, len(self.bottlenecks)), value=True) for _, there in read]
        shared = self.bottlenecks.expand(B, -1, -1)
        k = len(streams)
        for depth in range(0, len(self.layers), k):
            parts = [
                layer(cat([stream, shared], dim=1), there).split([stream.shape[1], shared.shape[1]], dim=1)
                for layer, stream, there in zip(self.layers[depth : depth + k], streams, seen, strict=True)
            ]
            streams = [stream for stream, _ in parts]
            shared = torch.stack([part for _, part in parts]).mean(dim=0)
        return torch.stack([stream[:, 0] for stream in streams], dim=1)
