"""The gated multimodal unit: per feature, a convex mixture of what the modalities say."""

import torch
from torch import Tensor, cat, nn

from synib import spec
from synib.models.parts import fusions
from synib.models.tokens import pooled


@fusions(spec.Gated)
class Gated(nn.Module):
    """h = sum over m of g_m ⊙ tanh(W_m z_m), g = softmax over m of (V [z_1, …, z_k], 0); logits linear in h.

    Arevalo et al. 2017 (arXiv 1702.01992), section 3. With two modalities it is their bimodal unit,
    g_1 = sigmoid(V [z_1, z_2]) and g_2 = 1 - g_1. For more they leave the gates independent; here they stay
    a convex mixture.
    """

    def __init__(self, asked: spec.Gated, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        self.say = nn.ModuleList([nn.Linear(d, asked.hidden) for d in features.values()])
        self.gate = nn.Linear(sum(features.values()), (len(features) - 1) * asked.hidden)
        self.classify = nn.Sequential(nn.Dropout(asked.dropout), nn.Linear(asked.hidden, classes))

    def gates(self, vectors: list[Tensor]) -> Tensor:
        """Of vectors (B, d) in the order of modalities; (B, k, hidden), in (0, 1) and 1 summed over k."""
        free = self.gate(cat(vectors, dim=1)).unflatten(1, (len(vectors) - 1, -1))
        return torch.softmax(cat([free, torch.zeros_like(free[:, :1])], dim=1), dim=1)

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        vectors = [pooled(z[name]) for name in self.modalities]
        said = torch.stack([say(one) for say, one in zip(self.say, vectors, strict=True)], dim=1).tanh()
        logits: Tensor = self.classify((self.gates(vectors) * said).sum(dim=1))
        return logits
