"""Feature-wise linear modulation: the other modalities scale and shift a modality's features."""

from torch import Tensor, cat, nn

from synib import spec
from synib.models.parts import fusions
from synib.models.tokens import pooled


@fusions(spec.Film)
class Film(nn.Module):
    """FiLM(F) = gamma ⊙ F + beta, with (gamma - 1, beta) a linear function of what conditions it.

    Perez et al. 2018 (arXiv 1709.07871), equations 1 and 2. Gamma starts around 1, so that no feature is
    scaled away before anything is learned. They modulate images by a question; here every modality's
    features are modulated by all others, so that none is special. ReLU follows, then linear logits.
    """

    def __init__(self, asked: spec.Film, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        total = sum(features.values())
        self.features = nn.ModuleList([nn.Linear(d, asked.hidden) for d in features.values()])
        self.condition = nn.ModuleList([nn.Linear(total - d, 2 * asked.hidden) for d in features.values()])
        joined = nn.Linear(len(features) * asked.hidden, classes)
        self.classify = nn.Sequential(nn.ReLU(), nn.Dropout(asked.dropout), joined)

    def modulated(self, vectors: list[Tensor], m: int) -> Tensor:
        """Features of modality ``m``, modulated by the others: k vectors (B, d) to (B, hidden)."""
        others = cat([one for other, one in enumerate(vectors) if other != m], dim=1)
        delta, beta = self.condition[m](others).chunk(2, dim=1)
        gamma: Tensor = 1 + delta
        modulated: Tensor = gamma * self.features[m](vectors[m]) + beta
        return modulated

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        vectors = [pooled(z[name]) for name in self.modalities]
        logits: Tensor = self.classify(cat([self.modulated(vectors, m) for m in range(len(vectors))], dim=1))
        return logits
