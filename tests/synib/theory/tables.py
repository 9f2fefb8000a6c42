"""Models that can say anything of every input, and whole populations as one batch."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synib.objectives.objective import Objective

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def population(counts: Counts) -> tuple[dict[str, Tensor], Tensor]:
    """As many examples of each (x1, …, xk, y) as ``counts`` says; an input (B, 1) is its index."""
    cells = np.repeat(np.argwhere(counts >= 0), counts.ravel(), axis=0)
    x = {f"m{m}": torch.tensor(cells[:, m : m + 1], dtype=torch.float64) for m in range(counts.ndim - 1)}
    return x, torch.tensor(cells[:, -1])


class Table(nn.Module):
    """Logits of its own for every pair of inputs, and for inputs that are no value of theirs: withheld."""

    def __init__(self, values: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.values = values
        self.logits = nn.Parameter(torch.zeros(*[n + 1 for n in values], classes, dtype=torch.float64))
        self.shown: tuple[Tensor, ...] = ()

    def cells(self, x: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Index of each input (B,); the last one means that the fill shows."""
        known = zip(x.values(), self.values, strict=True)
        return tuple(
            torch.where(column == column.round(), column, float(n)).long().flatten() for column, n in known
        )

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        self.shown = self.cells(x)
        return self.logits[self.shown]

    def forecast(self) -> Floats:
        return np.asarray(self.logits.detach().softmax(-1).numpy())

    def withheld_law(self, examples: int, views: int) -> Floats:
        """How often each cell was shown in the last pass beyond the intact view: sums to 1.

        Where nothing is withheld the intact view is shown once and is its own other view.
        """
        cells = torch.stack(self.shown, 1).numpy()
        cells = cells[examples:] if len(cells) > examples else cells
        assert len(cells) == views * examples
        law = np.zeros([n + 1 for n in self.values])
        np.add.at(law, tuple(cells.T), 1 / len(cells))
        return law


class Additive(Table):
    """Logits f1(x1) + f2(x2): whatever the parts say, they cannot be combined."""

    def __init__(self, values: tuple[int, ...], classes: int) -> None:
        super().__init__(values, classes)
        self.parts = nn.ParameterList(torch.zeros(n + 1, classes, dtype=torch.float64) for n in values)

    def forward(self, x: Mapping[str, Tensor]) -> Tensor:
        seen = zip(self.parts, self.cells(x), strict=True)
        return torch.stack([part[index] for part, index in seen]).sum(0)


class Exact(Table):
    """Answers p(y | the inputs that do not show as withheld)."""

    def __init__(self, p: Floats) -> None:
        super().__init__(p.shape[:-1], p.shape[-1])
        table = np.zeros(self.logits.shape)
        for gone in itertools.product([False, True], repeat=p.ndim - 1):
            axes = tuple(axis for axis, g in enumerate(gone) if g)
            seen = p.sum(axes, keepdims=True)
            cells = tuple(slice(-1, None) if g else slice(0, -1) for g in gone)
            table[cells] = np.log(np.maximum(seen, 1e-30) / np.maximum(seen, 1e-30).sum(-1, keepdims=True))
        self.logits.data = torch.tensor(table)


def fit(objective: Objective, model: nn.Module, x: dict[str, Tensor], y: Tensor, steps: int = 30) -> None:
    """The minimum of the objective's loss over the model, the same randomness in every step."""
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=50,
        tolerance_grad=1e-11,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Any:
        optimizer.zero_grad()
        total = objective(model, x, y, generator=torch.Generator().manual_seed(3)).total
        total.backward()
        return total

    for _ in range(steps):
        optimizer.step(closure)  # type: ignore[no-untyped-call]
        if max(float(p.grad.abs().max()) for p in model.parameters() if p.grad is not None) < 1e-8:
            break
