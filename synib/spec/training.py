"""How models are trained, repeated, questioned and placed."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import Seed, Spec


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
    """When to stop before ``epochs``; null never does."""
    keep: Literal["best", "last"] = "best"
    """Whose weights are evaluated: the epoch's with the best validation NLL, or the last's."""


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
