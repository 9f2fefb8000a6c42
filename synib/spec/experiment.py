"""The experiment as a whole."""

import hashlib
import json
from typing import Annotated, Self

from pydantic import Field

from synib.spec.base import Spec
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
from synib.spec.models import Cnn, Concat, Encoder, Fusion, Mlp, Modality, Transformer, UnimodalHeads
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
    """A recipe and its seed."""
    modalities: dict[str, Modality] = {}
    """Two to five modalities, each with its encoder; empty takes all: images by cnn, sequences by
    transformer, the rest by mlp."""
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

    def seeds(self) -> range:
        return range(self.replication.first, self.replication.first + self.replication.seeds)

    def method_names(self) -> list[str]:
        return [method.name or method.kind for method in self.methods]

    def dataset_of(self, seed: int) -> Dataset:
        """The data set that the runs of one seed see."""
        if not self.replication.redraw:
            return self.dataset
        return self.dataset.model_copy(update={"seed": self.dataset.seed + seed})

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
        """The same experiment with every modality's encoder spelled out, in the data set's order."""
        shapes = self.dataset.info().shapes
        natural: dict[int, Encoder] = {2: Transformer(), 3: Cnn()}
        asked = self.modalities or {
            name: Modality(encoder=natural.get(len(shape), Mlp())) for name, shape in shapes.items()
        }
        return self.model_copy(update={"modalities": {name: asked[name] for name in shapes if name in asked}})
