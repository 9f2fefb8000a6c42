"""The experiment as a whole."""

import hashlib
import json
from typing import Annotated, Self

from pydantic import Field, field_validator

from synib.problems import escape
from synib.spec.base import DataInfo, Spec
from synib.spec.data import Dataset
from synib.spec.methods import (
    ConfidencePenalty,
    LabelSmoothing,
    MaskingOnly,
    ModalityDropout,
    NoisePenalty,
    Released,
    SynIB,
    Vanilla,
)
from synib.spec.models import Concat, Fusion, Modality, UnimodalHeads
from synib.spec.natural import input_shape, spelled_out
from synib.spec.rivals import (
    I2M2,
    Cml,
    DiagnoseRelearn,
    LateEnsemble,
    Mcr,
    MmPareto,
    OgmGe,
    ReconBoost,
)
from synib.spec.stored import by_id
from synib.spec.training import Evaluation, Replication, Resources, Training, Tuning

Method = Annotated[
    Vanilla
    | SynIB
    | Released
    | ConfidencePenalty
    | MaskingOnly
    | NoisePenalty
    | LabelSmoothing
    | ModalityDropout
    | LateEnsemble
    | I2M2
    | OgmGe
    | Cml
    | MmPareto
    | DiagnoseRelearn
    | ReconBoost
    | Mcr,
    Field(discriminator="kind"),
]


class Experiment(Spec):
    """One question: a data set, the methods to compare, the seeds."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "untitled"
    """For people."""
    dataset: Dataset
    """A recipe and its seed, or `{id: ds_…}` of data that was uploaded."""
    modalities: dict[str, Modality] = {}
    """Two to five modalities, each with its features and encoder; empty takes all: images and recordings by
    cnn, sequences by transformer, the rest by mlp. Texts must be said how to read."""
    fusion: Fusion = Concat()
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

    _by_id = field_validator("dataset", mode="before")(by_id)

    def seeds(self) -> range:
        return range(self.replication.first, self.replication.first + self.replication.seeds)

    def method_names(self) -> list[str]:
        return [method.name or method.kind for method in self.methods]

    def dataset_of(self, seed: int) -> Dataset:
        """The data set that the runs of one seed see."""
        first = getattr(self.dataset, "seed", None)  # none of what is always the same
        if not self.replication.redraw or first is None:
            return self.dataset
        return self.dataset.model_copy(update={"seed": first + seed})

    def training_of(self, method_index: int) -> Training:
        """The training of one method: the experiment's, with what the method says itself."""
        method = self.methods[method_index]
        own = {"lr": method.lr, "weight_decay": method.weight_decay}
        return self.training.model_copy(update={k: v for k, v in own.items() if v is not None})

    def digest(self) -> str:
        """SHA-256 of the canonical JSON; two specs with the same digest ask for the same thing."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def resolved(self) -> Self:
        """The same experiment with every modality spelled out, in the data set's order."""
        info = self.dataset.info()
        asked = self.modalities or dict.fromkeys(info.modalities)
        resolved = {
            name: spelled_out(asked[name], info.shapes.get(name), info.media.get(name))
            for name in info.modalities
            if name in asked
        }
        return self.model_copy(update={"modalities": resolved})

    def input_shapes(self) -> dict[str, tuple[int, ...]]:
        """Of an example as the network sees it, by modality: of the data set, or of the features made of it.

        Raises:
            SpecError: a shape cannot be known.
        """
        shapes = self.dataset.info().shapes
        return {
            name: input_shape(modality, shapes.get(name), f"/modalities/{escape(name)}")
            for name, modality in self.resolved().modalities.items()
        }

    def inputs(self) -> DataInfo:
        """What the data set says of itself, with the shapes of the network's inputs."""
        info = self.dataset.info()
        return info.model_copy(update={"shapes": info.shapes | self.input_shapes(), "media": {}})
