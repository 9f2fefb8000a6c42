"""The fusion that cannot fuse: every modality decides alone, and logits are added."""

import torch
from torch import Tensor, nn

from synib import spec
from synib.models.parts import fusions, head
from synib.models.tokens import pooled


@fusions(spec.LateSum)
class LateSum(nn.Module):
    """logits = sum over m of f_m(z_m): no interaction between modalities, whatever the weights."""

    def __init__(self, asked: spec.LateSum, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        hidden = [asked.hidden] if asked.hidden else []
        self.heads = nn.ModuleList([head([d, *hidden, classes], asked.dropout) for d in features.values()])

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        alone = [one(pooled(z[name])) for name, one in zip(self.modalities, self.heads, strict=True)]
        return torch.stack(alone).sum(dim=0)
