"""The fusion that every paper compares with: representations side by side, hidden layers, logits."""

from torch import Tensor, cat, nn

from synib import spec
from synib.models.parts import fusions, perceptron


@fusions(spec.Concat)
class Concat(nn.Module):
    """At least one hidden layer: without it logits are a sum over modalities, without synergy."""

    def __init__(self, asked: spec.Concat, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        widths = [sum(features.values()), *[asked.hidden] * asked.layers]
        self.layers = nn.Sequential(*perceptron(widths, asked.dropout), nn.Linear(asked.hidden, classes))

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, features)} -> (B, K)."""
        logits: Tensor = self.layers(cat([z[name] for name in self.modalities], dim=1))
        return logits
