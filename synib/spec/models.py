"""Networks: an encoder per modality, a fusion, heads."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.augment import Augmentation
from synib.spec.base import Spec, Width
from synib.spec.features import Features, ModelName, model_faults
from synib.spec.weights import About, ModelError, Pooling, Reads, find

Heads = Annotated[int, Field(ge=1, le=64)]


class Mlp(Spec):
    """Linear and ReLU layers on the flattened example; what is NaN, not there, is taken as the mean."""

    kind: Literal["mlp"] = "mlp"
    hidden: Annotated[list[Width], Field(max_length=8)] = [64]
    """Widths of the hidden layers."""
    features: Width = 64
    """Width of the modality's representation."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped after each layer in training."""

    def latent_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the representation of an example of ``shape``."""
        return (self.features,)


class Cnn(Spec):
    """Convolutions with ReLU and pooling between them, then a linear layer: 3 × 3 and 2 × 2 of an image, 3
    and 2 steps of a series."""

    kind: Literal["cnn"] = "cnn"
    channels: Annotated[list[Width], Field(min_length=1, max_length=4)] = [16, 32]
    """Output channels of each convolution."""
    features: Width = 64
    """Width of the modality's representation."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped before the linear layer in training."""

    def latent_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the representation of an example of ``shape``."""
        return (self.features,)


class Transformer(Spec):
    """Tokens with learned positions, then pre-norm transformer layers (Vaswani et al. 2017).

    A sequence of steps × values has a token a step, an image one a square patch (Dosovitskiy et al. 2021).
    Steps whose values are all NaN are padding, wherever they stand: nothing depends on them or on how many
    there are, and positions count the others. Fusions that read tokens get them all, the rest their mean.
    """

    kind: Literal["transformer"] = "transformer"
    features: Width = 64
    """Width of each token and its representation; a multiple of heads."""
    layers: Annotated[int, Field(ge=0, le=24)] = 1
    """How many layers of attention among the modality's own tokens; 0 leaves each token to itself."""
    heads: Heads = 4
    """Attention heads of each layer."""
    patch: Annotated[int, Field(ge=1, le=1024)] = 4
    """Side of an image's patches in pixels; it divides height and width. A sequence has no patches."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in training: of the tokens and of what each layer adds to them."""

    def latent_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the representation of an example of ``shape``: tokens × features."""
        tokens = shape[0] if len(shape) == 2 else (shape[1] // self.patch) * (shape[2] // self.patch)
        return tokens, self.features


class Gru(Spec):
    """Gated recurrent units over the steps of a series (Cho et al. 2014); the last state represents it.

    Steps whose values are all NaN are padding, wherever they stand: nothing depends on them.
    """

    kind: Literal["gru"] = "gru"
    features: Width = 64
    """Width of the modality's representation; even if bidirectional."""
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    """Layers, each reading the states of the one before."""
    bidirectional: bool = False
    """Whether a second network reads each layer's steps backwards; each has half of the features."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in training between layers and of the last state."""

    def latent_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the representation of an example of ``shape``."""
        return (self.features,)


class PretrainedEncoder(Spec):
    """A model of transformers inside the network, trained further with it, then a linear layer.

    It reads what the modality's features give: tokens, pixels, or a waveform at the model's own rate; what it
    does to pixels and waveforms before (mean and spread) is read from its folder. Steps that are NaN are
    padding. To use a model as it is, features ``pretrained`` are the cheaper way: they are computed once.
    """

    kind: Literal["pretrained"] = "pretrained"
    model: ModelName
    """A folder below `$SYNIB_MODELS`, or a name that transformers has cached."""
    pooling: Pooling = "mean"
    """mean: of all tokens, padding apart. pooled: the model's own summary; where it has none, the first
    token, of recordings the mean. tokens: all of them, for fusions that read tokens."""
    features: Width = 64
    """Width of the representation, by a linear layer after the model."""
    trained: bool = True
    """Whether the model's own weights are trained; else the linear layer alone."""
    lr_factor: Annotated[float, Field(gt=0, le=100)] = 0.02
    """Step size of the model's own weights as a share of training.lr: of 1e-3 it makes the usual 2e-5."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped before the linear layer in training."""

    def latent_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the representation of an example of ``shape``.

        Raises:
            ModelError: with pooling tokens, it cannot be known.
        """
        if self.pooling != "tokens":
            return (self.features,)
        if len(shape) == 1:
            return shape[0], self.features
        steps = self.about(shape).steps(shape[0])
        if not steps:
            raise ModelError(f"how many tokens {self.model} gives is not known; use another pooling")
        return steps, self.features

    def about(self, shape: tuple[int, ...]) -> About:
        """What is known of the model that reads examples of ``shape``.

        Raises:
            ModelError: it is not here, or reads something else.
        """
        for fault in model_faults(self.model, reads := read_from(shape)):
            raise ModelError(f"{self.model}: {fault.detail}")
        folder = find(self.model)
        assert folder
        return About.of(folder, reads)


def read_from(shape: tuple[int, ...]) -> Reads:
    """What examples of this shape are to a pretrained encoder: numbers of tokens, pixels or samples."""
    of: dict[int, Reads] = {1: "text", 2: "audio", 3: "image"}
    return of[len(shape)]


Encoder = Annotated[Mlp | Cnn | Transformer | Gru | PretrainedEncoder, Field(discriminator="kind")]


class Modality(Spec):
    """How one modality is read."""

    features: Features | None = None
    """What makes numbers of an image, a recording or a text; null for data that are numbers, and takes pixels
    for images and log_mel for recordings."""
    encoder: Encoder = Mlp()
    """What goes in to representation. Left out beside features, the one that suits them."""
    normalize: bool = True
    """Whether the model brings inputs to mean 0 and spread 1 by the training examples' moments. Where it
    does not, fills take mean 0 and spread 1 for the moments. Before an encoder ``pretrained`` it never
    does."""
    augment: Annotated[list[Augmentation], Field(max_length=8)] = []
    """Random changes of the training examples, one after another in every step; validation and test see none.
    They are drawn from the seed and the step, so that all methods see the same."""


class Concat(Spec):
    """The representations side by side, then linear and ReLU layers to class logits."""

    kind: Literal["concat"] = "concat"
    hidden: Width = 64
    """Width of the hidden layers."""
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    """How many hidden layers; at least one, else the model is additive and cannot represent synergy."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped after each hidden layer in training."""


class LateSum(Spec):
    """A classifier per modality, logits summed. Additive: it cannot represent synergy. For comparison only.

    f(a, b) - f(a', b) - f(a, b') + f(a', b') is 0 for all inputs, so of an exclusive or it learns nothing.
    """

    kind: Literal["late_sum"] = "late_sum"
    hidden: Annotated[int, Field(ge=0, le=65_536)] = 64
    """Width of each classifier's one hidden layer; 0 makes it linear."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped after each hidden layer in training."""


class Gated(Spec):
    """Gated multimodal unit: per feature, a convex mixture of modalities (Arevalo et al. 2017).

    h = sum over m of g_m ⊙ tanh(W_m z_m), with gates g that see all modalities and sum to 1; logits are
    linear in h.
    """

    kind: Literal["gated"] = "gated"
    hidden: Width = 64
    """Width of the mixture."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the mixture's features dropped in training."""


class Film(Spec):
    """Feature-wise linear modulation of each modality by all others (Perez et al. 2018).

    h_m = ReLU(gamma ⊙ W_m z_m + beta), with gamma and beta linear in the other modalities; logits are linear
    in all h_m side by side.
    """

    kind: Literal["film"] = "film"
    hidden: Width = 64
    """Width of each modality's modulated features."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the modulated features dropped in training."""


class LowRank(Spec):
    """Low-rank tensor fusion (Liu et al. 2018): every product of features across modalities, factorised.

    h = sum over i of the product over m of W_m^(i) [z_m; 1], which is the outer product of all [z_m; 1]
    contracted with a tensor of the given rank; logits are linear in h.
    """

    kind: Literal["low_rank"] = "low_rank"
    rank: Annotated[int, Field(ge=1, le=1024)] = 4
    """Rank of the tensor: terms of the sum."""
    hidden: Width = 64
    """Width of h."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of h dropped in training."""


class Mult(Spec):
    """Multimodal transformer, MulT (Tsai et al. 2019): tokens attend to those of each other modality.

    A modality without tokens is one token. What a modality has gathered from the others stands side by side,
    passes through attention among its own tokens, is averaged over them and joined across modalities.
    """

    kind: Literal["mult"] = "mult"
    width: Width = 32
    """Common width to which tokens are projected; a multiple of heads."""
    heads: Heads = 4
    """Attention heads of each layer."""
    layers: Annotated[int, Field(ge=1, le=24)] = 1
    """Layers of attention from one modality to another, for every ordered pair."""
    self_layers: Annotated[int, Field(ge=0, le=24)] = 1
    """Layers of attention among a modality's tokens after that."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in training, of what each layer adds."""


class Mbt(Spec):
    """Attention bottlenecks, MBT (Nagrani et al. 2021): modalities meet only in a few shared tokens.

    In each layer a modality attends to its own tokens and the shared ones, which are then averaged over
    modalities. Each modality's class token gives logits, which are averaged. A modality without tokens is
    one token.
    """

    kind: Literal["mbt"] = "mbt"
    width: Width = 64
    """Common width to which tokens are projected; a multiple of heads."""
    heads: Heads = 4
    """Attention heads of each layer."""
    layers: Annotated[int, Field(ge=2, le=24)] = 2
    """At least two: after one layer nothing of another modality has reached a class token, so that the model
    is additive and cannot represent synergy."""
    bottlenecks: Annotated[int, Field(ge=1, le=256)] = 4
    """How many tokens the modalities share."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in training, of what each layer adds."""


Fusion = Annotated[Concat | LateSum | Gated | Film | LowRank | Mult | Mbt, Field(discriminator="kind")]


class UnimodalHeads(Spec):
    """One classifier per modality on its representation: what the modality knows alone."""

    hidden: Annotated[int, Field(ge=0, le=65_536)] = 64
    """Width of each head's one hidden layer; 0 makes the head linear."""
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Weight of the heads' cross-entropy in the loss."""
    detached: bool = True
    """Whether the heads leave the encoders alone: only then do they watch without changing the model."""
