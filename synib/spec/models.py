"""Networks: an encoder per modality, a fusion, heads."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import Spec, Width


class Mlp(Spec):
    """Linear and ReLU layers on the flattened example."""

    kind: Literal["mlp"] = "mlp"
    hidden: Annotated[list[Width], Field(max_length=8)] = [64]
    """Widths of the hidden layers."""
    features: Width = 64
    """Width of the modality's representation."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped after each layer in training."""


class Cnn(Spec):
    """Two-dimensional convolutions 3 × 3 with ReLU and 2 × 2 pooling between them, then a linear layer."""

    kind: Literal["cnn"] = "cnn"
    channels: Annotated[list[Width], Field(min_length=1, max_length=4)] = [16, 32]
    """Output channels of each convolution."""
    features: Width = 64
    """Width of the modality's representation."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped before the linear layer in training."""


Encoder = Annotated[Mlp | Cnn, Field(discriminator="kind")]


class Modality(Spec):
    """How one modality is read."""

    encoder: Encoder = Mlp()
    """Raw input to representation."""
    normalize: bool = True
    """Whether the model brings inputs to mean 0 and spread 1 by the training examples' moments. Where it
    does not, fills take mean 0 and spread 1 for the moments."""


class Concat(Spec):
    """The representations side by side, then linear and ReLU layers to class logits."""

    kind: Literal["concat"] = "concat"
    hidden: Width = 64
    """Width of the hidden layers."""
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    """How many hidden layers; at least one, else the model is additive and cannot represent synergy."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped after each hidden layer in training."""


class UnimodalHeads(Spec):
    """One classifier per modality on its representation: what the modality knows alone."""

    hidden: Annotated[int, Field(ge=0, le=65_536)] = 64
    """Width of each head's one hidden layer; 0 makes the head linear."""
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Weight of the heads' cross-entropy in the loss."""
    detached: bool = True
    """Whether the heads leave the encoders alone: only then do they watch without changing the model."""
