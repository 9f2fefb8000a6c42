"""Exactly the coordinates that carry the synergy go."""

from torch import Tensor

from synib import spec
from synib.objectives.masks.mask import Asked, Mask, masks


@masks(spec.OracleMask)
class Oracle(Mask):
    """Only generated data know where it is; elsewhere a spec that asks is refused."""

    def __init__(self, settings: spec.OracleMask) -> None:
        pass

    def keep(self, asked: Asked) -> Tensor:
        if asked.oracle is None:
            raise ValueError("an oracle mask must be told where the synergy is: pass oracle={modality: …}")
        return ~asked.oracle
