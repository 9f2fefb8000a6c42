"""What a mask is asked, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from synib.objectives.attack import Branch
from synib.objectives.fills import Drawn
from synib.registry import Registry


@dataclass(frozen=True)
class Asked:
    """One modality of a batch whose coordinates are to be withheld."""

    values: Tensor
    """(B, *shape) intact: raw inputs or representations."""
    stand_in: Tensor
    """Broadcasts to the values; what is put in the place of what is withheld."""
    y: Tensor
    """(B,) labels."""
    drawn: Drawn
    """What `Mask.draw` drew."""
    branch: Callable[[], Branch]
    """The modality's own way from these values to a prediction, frozen; asked for by learned masks only."""
    refill: Callable[[Drawn], Tensor]
    """Another stand-in, from other draws."""
    oracle: Tensor | None
    """(B, *shape), true where the synergy is; generated data only."""
    alone: bool = True
    """Whether work may be spared where values allow it; not where many replicas are computed as one."""


class Mask:
    """A family of masks with its settings."""

    def draw(self, shape: torch.Size, generator: Generator | None, device: torch.device) -> Drawn:
        """What the mask needs of chance for values (B, *shape)."""
        return {}

    def keep(self, asked: Asked) -> Tensor:
        """(B, *shape): bool, true where a value stays; or float, its share in the mixture with the fill."""
        raise NotImplementedError

    def apply(self, asked: Asked) -> tuple[Tensor, Tensor]:
        """The values with what is withheld replaced, and the share of coordinates withheld, a scalar."""
        return mixed(asked, self.keep(asked))

    def apply_each(self, asked: Sequence[Asked]) -> list[tuple[Tensor, Tensor]]:
        """The same of several modalities."""
        return [self.apply(one) for one in asked]


def mixed(asked: Asked, keep: Tensor) -> tuple[Tensor, Tensor]:
    """As `Mask.apply` says, of what stays as `Mask.keep` says."""
    if keep.dtype == torch.bool:
        filled = torch.where(keep, asked.values, asked.stand_in)
    else:
        filled = keep * asked.values + (1 - keep) * asked.stand_in
    return filled, 1 - keep.to(asked.values.dtype).mean()


masks: Registry[Callable[[Any], Mask]] = Registry("synib.objectives.masks")
"""Spec to mask."""
