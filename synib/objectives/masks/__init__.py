"""Masks: which coordinates of a modality are withheld. One file a family."""

from synib.objectives.masks.mask import Asked, Mask, masks

__all__ = ["Asked", "Mask", "masks"]
