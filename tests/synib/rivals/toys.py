"""The smallest model that a rival can train: every number in it can be followed by hand."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from synib.models import Predict


class Toy(nn.Module):
    """Representations (B, 2) by a 2 × 2 matrix a modality, a 2 × 2 matrix as its head, and a joint fusion."""

    def __init__(self, modalities: str = "ab", predict: Predict = "fusion") -> None:
        super().__init__()
        self.predict = predict
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.encoders = nn.ModuleDict({name: nn.Linear(2, 2, bias=False) for name in modalities})
            self.unimodal = nn.ModuleDict({name: nn.Linear(2, 2, bias=False) for name in modalities})
            hidden = nn.Linear(2 * len(modalities), 5)
            self.fusion = nn.Sequential(hidden, nn.Tanh(), nn.Linear(5, 2))

    def encode(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: self.encoders[name](values) for name, values in x.items()}

    def heads(self, z: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: self.unimodal[name](latent) for name, latent in z.items()}

    def fuse(self, z: Mapping[str, Tensor]) -> Tensor:
        if self.predict == "heads":
            return torch.stack(list(self.heads(z).values())).sum(dim=0)
        logits: Tensor = self.fusion(torch.cat(list(z.values()), dim=1))
        return logits


def batch(modalities: str = "ab", size: int = 16) -> tuple[dict[str, Tensor], Tensor]:
    g = torch.Generator().manual_seed(7)
    x = {name: torch.randn(size, 2, generator=g) for name in modalities}
    return x, torch.randint(0, 2, (size,), generator=g)


def generator(seed: int = 11) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gradients(module: nn.Module) -> list[Tensor | None]:
    return [parameter.grad for parameter in module.parameters()]
