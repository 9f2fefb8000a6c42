"""What an experiment asks for: typed, strict and free of torch.

Every field has a default but ``dataset`` and ``methods``. A field's docstring is its documentation and, in
the OpenAPI schema, its description. Whatever is wrong with a spec is told at once, as a list of problems
with a JSON pointer each: :func:`parse_experiment`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synib.problems import Problem, SpecError, escape, from_pydantic

Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.,:()=+-]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Width = Annotated[int, Field(ge=1, le=65_536)]


class Spec(BaseModel):
    """Immutable, no unknown fields, no NaN, no silent coercion of strings to numbers."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class DataInfo(BaseModel):
    """What a plan must know of a data set before it is made: an example's shape per modality, the classes."""

    shapes: dict[str, tuple[int, ...]]
    classes: tuple[str, ...]
    examples: int


# ---------------------------------------------------------------------------------------------- data


class Split(Spec):
    """Shares of the examples. They sum to 1."""

    train: Fraction = 0.6
    """Share to learn from."""
    validation: Fraction = 0.15
    """Share to stop early, select and calibrate on."""
    test: Fraction = 0.25
    """Share that only the report sees; information is estimated on it, with an error like 1 over its root."""

    def counts(self, examples: int) -> dict[str, int]:
        """Examples per split; they add up to ``examples``."""
        train, validation = round(self.train * examples), round(self.validation * examples)
        return {"train": train, "validation": validation, "test": examples - train - validation}


class Watermark(Spec):
    """A spurious short-cut: four pixels of one image tell the label, but not in test."""

    modality: Literal["left", "right"] = "left"
    """Which image carries it."""
    beta: Fraction
    """Probability that the mark is the label's, else a random class's: 0 is no short-cut, 1 a perfect one."""


RAREST_DIGIT = 174
"""Images of the digit that scikit-learn has the fewest of, 8."""


class PairedDigits(Spec):
    """Pairs of scikit-learn's 1,797 handwritten digits, 8 × 8 grey levels; no image is in two splits."""

    kind: Literal["paired_digits"] = "paired_digits"
    label: Literal["parity_differs", "sum", "same", "left_only", "and", "same_digit_both"] = "parity_differs"
    """parity_differs and same: 1 bit of pure synergy. left_only: parity of the left digit, unique.
    same_digit_both: parity of the digit that both show, redundant. and: both odd. sum: 19 classes."""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 6000
    """Pairs over all splits."""
    seed: Seed = 0
    """Seed of the images' split and of the pairing."""
    watermark: Watermark | None = None
    """A short-cut that fails at test time, or none."""
    split: Split = Split()
    """Shares of images and pairs."""

    def info(self) -> DataInfo:
        names = {
            "parity_differs": ("same parity", "parity differs"),
            "sum": tuple(str(total) for total in range(19)),
            "same": ("different", "same"),
            "left_only": ("even", "odd"),
            "and": ("not both odd", "both odd"),
            "same_digit_both": ("even", "odd"),
        }
        return DataInfo(
            shapes={"left": (1, 8, 8), "right": (1, 8, 8)}, classes=names[self.label], examples=self.examples
        )


class GaussianXor(Spec):
    """s_m = ±1 fair, x_m = mu s_m u_m + N(0, I), y = [product of s_m > 0]; all information is synergy.

    u_m is a unit vector in ``dims`` dimensions, so dims changes neither the posterior nor the synergy.
    """

    kind: Literal["gaussian_xor"] = "gaussian_xor"
    mu: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Distance of a sign's centre from the origin, in standard deviations of the noise."""
    dims: Annotated[int, Field(ge=1, le=4096)] = 4
    """Dimensions of each modality."""
    modalities: Annotated[int, Field(ge=2, le=5)] = 2
    """How many signs are multiplied; the modalities are x1, x2, …"""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 10_000
    """Examples over all splits."""
    seed: Seed = 0
    """Seed of the draw."""
    split: Split = Split()
    """Shares of the examples."""

    def info(self) -> DataInfo:
        shapes = {f"x{m + 1}": (self.dims,) for m in range(self.modalities)}
        return DataInfo(shapes=shapes, classes=("0", "1"), examples=self.examples)


class NoisyXor(Spec):
    """Fair bits, y = their parity flipped with probability epsilon; synergy is 1 - h(epsilon) bits."""

    kind: Literal["noisy_xor"] = "noisy_xor"
    epsilon: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Probability that the label is flipped."""
    modalities: Annotated[int, Field(ge=2, le=5)] = 2
    """How many bits; the modalities are x1, x2, … with values -1 and 1."""
    examples: Annotated[int, Field(ge=60, le=1_000_000)] = 10_000
    """Examples over all splits."""
    seed: Seed = 0
    """Seed of the draw."""
    split: Split = Split()
    """Shares of the examples."""

    def info(self) -> DataInfo:
        shapes = {f"x{m + 1}": (1,) for m in range(self.modalities)}
        return DataInfo(shapes=shapes, classes=("0", "1"), examples=self.examples)


Dataset = Annotated[PairedDigits | GaussianXor | NoisyXor, Field(discriminator="kind")]

# --------------------------------------------------------------------------------------------- model


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

    hidden: Width = 64
    """Width of each head's one hidden layer."""
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """Weight of the heads' cross-entropy in the loss."""
    detached: bool = True
    """Whether the heads leave the encoders alone: only then do they watch without changing the model."""


# ----------------------------------------------------------------------------------------- objective

Fill = Literal["mean", "token", "noise", "shuffle", "zero"]


class Withheld(Spec):
    """What stands in the place of what is withheld, and where."""

    fill: Fill = "mean"
    """mean: the training mean. token: a learned value. noise: a normal draw of the mean and spread.
    shuffle: another example's values; turns the penalty into a confidence penalty where modalities are
    independent, and so ruins the confidences. zero: raw zeros."""
    on: Literal["input", "latent"] = "input"
    """Whether raw inputs or representations are filled."""


class FullMask(Withheld):
    """Withhold every coordinate of the modality."""

    kind: Literal["full"] = "full"


class RandomMask(Withheld):
    """Withhold each coordinate independently with one probability."""

    kind: Literal["random"] = "random"
    rate: Fraction = 0.5
    """Probability that a coordinate is withheld: 0 withholds nothing, 1 everything."""


Mask = Annotated[FullMask | RandomMask, Field(discriminator="kind")]


class Vanilla(Spec):
    """Cross-entropy of the joint prediction and of the detached heads; what everything is compared with."""

    kind: Literal["vanilla"] = "vanilla"
    name: Name | None = None
    """Name in tables; the kind if left out."""


class SynIB(Spec):
    """Synergistic information bottleneck: right with all modalities, unsure with one withheld."""

    kind: Literal["synib"] = "synib"
    name: Name | None = None
    """Name in tables; the kind if left out."""
    weight: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    """lambda, the weight of the penalty. 0 is vanilla, bit for bit."""
    mask: Mask = FullMask()
    """What is withheld and what stands in its place."""
    reference: Literal["uniform"] = "uniform"
    """The prediction to fall back to."""


Method = Annotated[Vanilla | SynIB, Field(discriminator="kind")]

# ------------------------------------------------------------------------------ training, evaluation


class EarlyStopping(Spec):
    """Stop when the validation negative log-likelihood no longer falls."""

    patience: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Epochs in a row without improvement after which training ends."""


class Training(Spec):
    """The same for every method."""

    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    """Passes over the training examples, at most."""
    batch_size: Annotated[int, Field(ge=2, le=65_536)] = 128
    """Examples a step; the last, smaller batch of an epoch is used too."""
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """sgd has momentum 0.9."""
    lr: Annotated[float, Field(gt=0, le=10)] = 1e-3
    """Step size."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 1e-3
    """L2 penalty (adam, sgd) or decoupled decay (adamw). Without any, vanilla looks worse than it must."""
    early_stopping: EarlyStopping | None = EarlyStopping()
    """When to stop before ``epochs``; null never does. The best validation NLL's weights are kept anyway."""


class Tuning(Spec):
    """Search per method. This version trains every method as stated: only 0 trials are accepted."""

    trials: Annotated[int, Field(ge=0, le=0)] = 0
    """Trials per method, the same number for all."""


class Replication(Spec):
    """Repetition over seeds: initial weights, order of batches, masks. The data set has its own seed."""

    seeds: Annotated[int, Field(ge=1, le=100)] = 5
    """How many runs per method."""
    first: Seed = 0
    """The first seed; the others follow."""


class Evaluation(Spec):
    """How a trained model is questioned."""

    donors: Annotated[int, Field(ge=1, le=1024)] = 16
    """Training examples that stand in one after another for what is withheld; probabilities are averaged."""
    calibration: Literal["temperature", "none"] = "temperature"
    """Temperature fitted on validation, or none."""
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    """Bootstrap resamples for intervals, and as many sign flips for the null."""
    seed: Seed = 0
    """Seed of donors and resamples."""


class Resources(Spec):
    """Where and how a run is executed."""

    queue: Literal["train.cpu", "train.gpu"] = "train.cpu"
    """Which workers may take it."""
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """CPU threads of torch in a run."""
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Starts before a run whose worker dies is given up."""


class Experiment(Spec):
    """One question: a data set, the methods to compare, the seeds."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "untitled"
    """For people."""
    dataset: Dataset
    """A recipe and its seed."""
    modalities: dict[str, Modality] = {}
    """Two to five modalities, each with its encoder; empty takes all, images by cnn and the rest by mlp."""
    fusion: Concat = Concat()
    """How representations become one prediction."""
    unimodal_heads: UnimodalHeads = UnimodalHeads()
    """How a modality alone is judged."""
    methods: Annotated[list[Method], Field(min_length=1, max_length=32)]
    """Objectives to compare; the first is the one that the others are compared with."""
    training: Training = Training()
    tuning: Tuning = Tuning()
    replication: Replication = Replication()
    evaluation: Evaluation = Evaluation()
    resources: Resources = Resources()

    def seeds(self) -> range:
        return range(self.replication.first, self.replication.first + self.replication.seeds)

    def method_names(self) -> list[str]:
        return [method.name or method.kind for method in self.methods]

    def digest(self) -> str:
        """SHA-256 of the canonical JSON; two specs with the same digest ask for the same thing."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def resolved(self) -> Self:
        """The same experiment with every modality's encoder spelled out, in the data set's order."""
        shapes = self.dataset.info().shapes
        asked = self.modalities or {
            name: Modality(encoder=Cnn() if len(shape) == 3 else Mlp()) for name, shape in shapes.items()
        }
        return self.model_copy(update={"modalities": {name: asked[name] for name in shapes if name in asked}})


# ------------------------------------------------------------------------------------------- checking


def parse_experiment(data: Any) -> Experiment:
    """A checked and resolved experiment from parsed JSON or YAML.

    Raises:
        SpecError: with every problem found, each with a JSON pointer and what would be right.
    """
    try:
        experiment = Experiment.model_validate(data)
    except ValidationError as error:
        raise SpecError(from_pydantic(error, data, Experiment)) from None
    if problems := [*_modalities(experiment), *_split(experiment), *_names(experiment)]:
        raise SpecError(problems)
    return experiment.resolved()


def _modalities(experiment: Experiment) -> list[Problem]:
    shapes: Mapping[str, tuple[int, ...]] = experiment.dataset.info().shapes
    known, problems = ", ".join(shapes), []
    if len(experiment.modalities) == 1:
        only = next(iter(experiment.modalities))
        detail = f"{only!r} alone has no synergy; name two to five of {known}, or none to use all"
        problems.append(Problem("/modalities", detail, only))
    for name, modality in experiment.modalities.items():
        pointer = f"/modalities/{escape(name)}"
        if name not in shapes:
            detail = f"{experiment.dataset.kind} has no modality {name!r}; it has {known}"
            problems.append(Problem(pointer, detail, name))
        elif isinstance(modality.encoder, Cnn):
            problems += _cnn(modality.encoder, shapes[name], f"{pointer}/encoder")
    return problems


def _cnn(encoder: Cnn, shape: tuple[int, ...], pointer: str) -> list[Problem]:
    if len(shape) != 3:
        detail = f"reads channels × height × width and an example's shape is {shape}; use mlp"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    layers = len(encoder.channels)
    if min(shape[1:]) < 2 ** (layers - 1):
        detail = f"{layers} layers halve {shape[1]} × {shape[2]} pixels away; use fewer"
        return [Problem(f"{pointer}/channels", detail, layers)]
    return []


def _split(experiment: Experiment) -> list[Problem]:
    dataset, info = experiment.dataset, experiment.dataset.info()
    total = dataset.split.train + dataset.split.validation + dataset.split.test
    if not math.isclose(total, 1, abs_tol=1e-6):
        return [Problem("/dataset/split", f"the shares sum to {total:g}; they must sum to 1", total)]
    least = max(8, 2 * len(info.classes))
    problems = [
        Problem(
            f"/dataset/split/{name}",
            f"leaves {count} of {info.examples} examples; at least {least} are needed",
            count,
        )
        for name, count in dataset.split.counts(info.examples).items()
        if count < least
    ]
    if isinstance(dataset, PairedDigits) and not problems:
        problems = [
            Problem(
                f"/dataset/split/{name}",
                f"leaves {count} images of the rarest digit; use a larger share",
                count,
            )
            for name, count in dataset.split.counts(RAREST_DIGIT).items()
            if count < 2
        ]
    return problems


def _names(experiment: Experiment) -> list[Problem]:
    names = experiment.method_names()
    return [
        Problem(
            f"/methods/{index}/name", f"{name!r} is taken by method {names.index(name)}; use another", name
        )
        for index, name in enumerate(names)
        if names.index(name) != index
    ]
