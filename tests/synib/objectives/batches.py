"""A batch, two models and a generator that the objectives' tests share."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from synib.models import Moments

SHAPES = {"a": (40,), "b": (1, 6, 7)}
MOMENTS = {name: Moments(torch.full(shape, 3.0), torch.full(shape, 2.0)) for name, shape in SHAPES.items()}


class Spy(nn.Module):
    """A plain model that remembers what it was shown; its logits are a joint function of both inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, Tensor]] = []
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self.layer = nn.Linear(82, 3)

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        self.seen.append(dict(x))
        logits: Tensor = self.layer(torch.cat([x["a"], x["b"].flatten(1)], dim=1))
        return logits


class Parted(Spy):
    """The same with encoders, known moments and a fusion, and a count of encoded rows."""

    moments = MOMENTS

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def encode(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        self.rows += [len(values) for values in x.values()]
        self.seen.append(dict(x))
        return dict(x)

    def fuse(self, z: Mapping[str, Tensor]) -> Tensor:
        logits: Tensor = self.layer(torch.cat([z["a"], z["b"].flatten(1)], dim=1))
        return logits


def batch(size: int = 64) -> tuple[dict[str, Tensor], Tensor]:
    g = torch.Generator().manual_seed(7)
    x = {name: torch.randn(size, *shape, generator=g) + 1 for name, shape in SHAPES.items()}
    return x, torch.randint(0, 3, (size,), generator=g)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(11)
