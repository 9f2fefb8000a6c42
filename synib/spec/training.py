"""How models are trained, repeated, questioned and placed."""

from typing import Annotated, Literal

from pydantic import Field

from synib.spec.base import Seed, Spec
from synib.spec.search import Range


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
    """Search for every method alike, within each of its runs: so many settings are trained with the run's own
    seed, the first being the method as written, and the one that does best on validation is evaluated.

    The spread over seeds then holds the spread of tuning too. Nothing is chosen by synergy or on test.
    """

    trials: Annotated[int, Field(ge=0, le=1000)] = 0
    """Settings trained in every run of every method; 0 and 1 train each method as written."""
    metric: Literal["nll", "accuracy"] = "nll"
    """Of the validation examples, by which the best is chosen: the lowest NLL, or the highest accuracy and of
    equals the lowest NLL. Always of the weights that ``training.keep`` keeps."""
    sampler: Literal["random", "tpe"] = "random"
    """random: a Latin hypercube (McKay et al. 1979), drawn per seed and number, so that with the same seed
    all methods try the same step sizes; no method gains by being easier to search. tpe: Optuna's
    tree-structured Parzen estimator (Bergstra et al. 2011), which learns from its trials after 10 of them."""
    space: dict[str, Range] = {}
    """What is searched, by the name of a method's number, as in ``lr``, ``weight`` and ``mask.rate``; what a
    method does not have is left out for it, what it sets to 0 is never turned on. Empty takes each method's
    own ranges, stated with it: lr and weight_decay for all, and what the method adds."""


class Replication(Spec):
    """Repetition over seeds: initial weights, order of batches, masks. The data set has its own seed."""

    seeds: Annotated[int, Field(ge=1, le=100)] = 5
    """How many runs per method."""
    first: Seed = 0
    """The first seed; the others follow."""
    redraw: bool = False
    """Whether every seed draws a data set of its own, with seed ``dataset.seed`` + seed: then intervals say
    what other data would do, not only other initial weights."""


class Margins(Spec):
    """Differences between methods that are too small to matter; equivalence is tested against them."""

    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.005
    """Share of test examples: half a point, as in the literature."""
    nll: Annotated[float, Field(gt=0)] = 0.01
    """Bits: what half a point costs where 4 of 5 examples are right, log2(.8 / .2) × .005."""
    brier: Annotated[float, Field(gt=0, lt=2)] = 0.006
    """Squared probability: the same half point of two classes, 2 (2 × .8 - 1) × .005."""


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
    margins: Margins = Margins()
    """What counts as no difference when methods are compared."""


class Resources(Spec):
    """Where and how a run is executed."""

    queue: Literal["train.cpu", "train.gpu"] = "train.cpu"
    """Which workers may take it."""
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """CPU threads of torch in a run."""
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Starts before a run whose worker dies is given up."""
