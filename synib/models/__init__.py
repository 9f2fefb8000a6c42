"""Networks: an encoder per modality, a fusion, a head per modality."""

from synib.models.classifier import Moments, MultimodalClassifier, moments_of

__all__ = ["Moments", "MultimodalClassifier", "moments_of"]
