"""Where each example's information comes from: shared, one modality's own, or only the combination's.

Minimum mutual information (MMI, Barrett 2015) made pointwise. With b the modality that tells most alone on
the validation examples and s the second, and i = log2 q(y|x) / p(y) in bits,

    redundant(e) = i_s(e)    unique_b(e) = i_b(e) - i_s(e)    synergy(e) = i_joint(e) - i_b(e)

and no other modality has anything unique. Row by row they sum to i_joint; they are made of forecasts only, so
that a modality's scale, rotation or order of columns changes nothing as long as the forecasts stay. Single
rows may be negative: the combination can mislead where the best modality alone does not.

What the mean is. For two modalities and exact forecasts it is the MMI decomposition, and MMI's synergy is the
**largest** of all decompositions whose atoms are not negative: S = I_joint - I_b - U_s <= I_joint - I_b. The
smallest is max(0, I_joint - I_1 - I_2), because S = I_joint - I_1 - I_2 + R: ``at_least``. The truth of any
other measure lies between. The trap is COPY, y = (x1, x2) with independent bits: MMI says 1 bit of synergy
and 1 bit of redundancy, other measures (BROJA) 0 and 0, and ``at_least`` is 0. Read both numbers.

For more than two modalities, synergy here is all that no single modality tells, what two of three tell
together included; it is not what needs them all. Both bounds hold for that quantity in every lattice
decomposition with non-negative atoms: I_joint - sum I_m counts an atom once less for each single modality
that has it.

What it is not. With learned forecasts it is the model's, not the world's: a difference of two lower bounds
(Barber & Agakov 2003), too small where the joint model is poor, too large where what stands for b is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decomposition:
    """Bits per example; ``redundant + sum of unique + synergy`` is the joint information."""

    redundant: Floats  # (N,)
    unique: dict[str, Floats]  # (N,) per modality
    synergy: Floats  # (N,)


def decompose(joint: Floats, alone: Mapping[str, Floats], best: str, second: str) -> Decomposition:
    """Pointwise information of the joint forecast and of each modality alone, (N,) bits, to its parts."""
    nothing = np.zeros_like(joint)
    return Decomposition(
        redundant=alone[second],
        unique={name: alone[best] - alone[second] if name == best else nothing for name in alone},
        synergy=joint - alone[best],
    )


def synergy_at_least(joint: Floats, alone: Mapping[str, Floats]) -> float:
    """max(0, I_joint - sum of I_m), bits; a modality that misleads (I_m below 0) counts as 0."""
    return max(0.0, float(joint.mean()) - sum(max(0.0, float(i.mean())) for i in alone.values()))
