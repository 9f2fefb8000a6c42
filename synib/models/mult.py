"""The multimodal transformer, MulT: every modality's tokens attend to those of every other."""

from torch import Tensor, cat, nn

from synib import spec
from synib.models.attention import Transformer
from synib.models.parts import fusions
from synib.models.tokens import mean_of, tokens


@fusions(spec.Mult)
class Mult(nn.Module):
    """Z_{b→a} ← layer(queries Z_{b→a}, keys and values Z_b), from Z_{b→a} = Z_a, for every ordered pair.

    Tsai et al. 2019 (arXiv 1906.00295), section 3: crossmodal transformers, whose keys and values are always
    the other modality's projected tokens; what modality a has gathered, [Z_{b→a} for all b], then goes
    through self-attention, and all modalities' through one residual layer to logits. Two departures: the
    mean over tokens is read where they read the last one, which may be padding, and positions are the
    encoders' affair.
    """

    def __init__(self, asked: spec.Mult, features: dict[str, int], classes: int) -> None:
        super().__init__()
        self.modalities = tuple(features)
        k = len(features)
        gathered, joined = (k - 1) * asked.width, k * (k - 1) * asked.width
        layers = (asked.width, asked.heads, asked.layers, asked.dropout)
        self.project = nn.ModuleList([nn.Linear(d, asked.width) for d in features.values()])
        self.cross = nn.ModuleList([Transformer(*layers) for _ in range(k * (k - 1))])
        self.among = nn.ModuleList(
            [Transformer(gathered, asked.heads, asked.self_layers, asked.dropout) for _ in features]
        )
        self.refine = nn.Sequential(
            nn.Linear(joined, joined), nn.ReLU(), nn.Dropout(asked.dropout), nn.Linear(joined, joined)
        )
        self.classify = nn.Linear(joined, classes)

    def gathered(self, low: list[Tensor], seen: list[Tensor], a: int) -> Tensor:
        """What modality ``a`` has from every other, side by side: (B, T_a, (k - 1) width)."""
        others = [b for b in range(len(low)) if b != a]
        own = self.cross[a * len(others) : (a + 1) * len(others)]
        return cat([cross(low[a], seen[b], low[b]) for b, cross in zip(others, own, strict=True)], dim=2)

    def forward(self, z: dict[str, Tensor]) -> Tensor:
        """{modality: (B, d) or (B, T, d)} -> (B, K)."""
        read = [tokens(z[name]) for name in self.modalities]
        seen = [there for _, there in read]
        low = [project(values) for project, (values, _) in zip(self.project, read, strict=True)]
        ends = [
            mean_of(among(self.gathered(low, seen, a), seen[a]), seen[a])
            for a, among in enumerate(self.among)
        ]
        joined = cat(ends, dim=1)
        logits: Tensor = self.classify(joined + self.refine(joined))
        return logits
