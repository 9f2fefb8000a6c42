"""Low-rank tensor fusion: every product of features across modalities, at the price of a sum of factors."""

import torch
from torch import Tensor, nn

from synib import spec
from synib.models.parts import fusions
from synib.models.tokens import pooled


@fusions(spec.LowRank)
class LowRank(nn.Module):
    """h = sum over i of ⊙ over m of W_m^(i) [z_m; 1]; logits linear in h.

    Liu et al. 2018 (arXiv 1806.00064), section 3: the tensor fusion h = W · ([z_1; 1] ⊗ … ⊗ [z_k; 1])
    of Zadeh et al. 2017, with W = sum over i of ⊗ over m of w_m^(i), which is never built.
    """

    def __init__(self, asked: spec.LowRank, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        self.rank = asked.rank
        self.factors = nn.ModuleList([nn.Linear(d, asked.rank * asked.hidden) for d in features.values()])
        self.classify = nn.Sequential(nn.Dropout(asked.dropout), nn.Linear(asked.hidden, classes))

    def fused(self, vectors: list[Tensor]) -> Tensor:
        """h of k vectors (B, d): (B, hidden)."""
        factors = [factor(one) for factor, one in zip(self.factors, vectors, strict=True)]
        product = torch.stack(factors).prod(dim=0)
        return product.reshape(len(product), self.rank, -1).sum(dim=1)

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        logits: Tensor = self.classify(self.fused([pooled(z[name]) for name in self.modalities]))
        return logits
