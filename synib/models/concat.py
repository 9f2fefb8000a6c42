"""The fusion that every paper compares with: representations side by side, hidden layers, logits."""

from torch import Tensor, cat, nn

from synib import spec
from synib.models.parts import fusions, head
from synib.models.tokens import pooled


@fusions(spec.Concat)
class Concat(nn.Module):
    """At least one hidden layer: without it logits are a sum over modalities, without synergy."""

    def __init__(self, asked: spec.Concat, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        self.layers = head([sum(features.values()), *[asked.hidden] * asked.layers, classes], asked.dropout)

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        logits: Tensor = self.layers(cat([pooled(z[name]) for name in self.modalities], dim=1))
        return logits
