"""Networks: an encoder per modality, a fusion, a head per modality."""

from synib.models.chain import Chain
from synib.models.classifier import Moments, MultimodalClassifier, Predict, moments_of

__all__ = ["Chain", "Moments", "MultimodalClassifier", "Predict", "moments_of"]
