"""What a model that answers has nevertheless not learned: to tell examples apart, to listen to a modality."""

from typing import Final

import numpy as np

from synib.evaluation.predictions import Predictions, Subset

STILL: Final = 0.01
"""A probability that never moves by more than this does not answer to what it is shown."""


def collapses(seen: Predictions) -> list[str]:
    """A sentence each, where the joint prediction is the same for all examples, or does not change for any
    when a modality is withheld: every measure is then near 0, and of the model, not of the modalities."""
    joint = seen.p[seen.full]
    if np.ptp(joint, axis=0).max() <= STILL:
        said = seen.classes[int(joint.mean(axis=0).argmax())]
        return [
            f"The joint prediction has collapsed: it is the same for all {len(seen):,} examples, {said!r}"
            f" with probability {joint.max(axis=1).mean():.2f}. Nothing here says what the modalities know."
        ]
    return [
        f"The joint prediction does not listen to {name}: without it no probability changes by more than"
        f" {STILL}, on any of {len(seen):,} examples."
        for name in seen.modalities
        if (rest := _without(seen.full, name)) in seen.p and np.abs(joint - seen.p[rest]).max() <= STILL
    ]


def _without(full: Subset, name: str) -> Subset:
    return tuple(other for other in full if other != name)
