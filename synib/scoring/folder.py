"""A model as files: weights, the examples that stand for what is withheld, a card that says the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from synib import spec
from synib.data import Dataset
from synib.evaluation.answers import Answers
from synib.models import moments_of
from synib.report import Report
from synib.report.card import Card, Standing, Worth
from synib.scoring.profile import Profile
from synib.training import Trained, checkpoint

WEIGHTS: Final = "model.safetensors"
DONORS: Final = "donors.safetensors"
CARD: Final = "card.json"


@dataclass(frozen=True)
class Kit:
    """What, beside its weights, a model is asked with about new examples."""

    card: Card
    donors: Mapping[str, Tensor]  # {modality: (D, *shape)} raw
    profiles: Mapping[str, Profile]

    def save_donors(self, path: Path) -> None:
        """Donors and profiles as safetensors."""
        tensors = {f"donor/{name}": values for name, values in self.donors.items()}
        for name, profile in self.profiles.items():
            tensors |= {f"{part}/{name}": torch.tensor(values) for part, values in vars(profile).items()}
        checkpoint.write(path, tensors, {})

    def save(self, folder: Path, trained: Trained) -> None:
        """All of it as the folder that `Scorer.load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        trained.save_weights(folder / WEIGHTS)
        self.save_donors(folder / DONORS)
        (folder / CARD).write_text(self.card.model_dump_json(indent=2))


def kit_of(
    trained: Trained,
    dataset: Dataset,
    experiment: spec.Experiment,
    seed: int,
    answers: Answers,
    report: Report,
) -> Kit:
    """From what a run has when it has evaluated its model.

    answers: of `synib.evaluation.questioning.question`; report: made of them.
    """
    assert answers.asking is not None
    train, validation = dataset.select("train"), dataset.select("validation")
    names = answers.seen.modalities
    moments = moments_of({name: train.x[name] for name in names})
    profiles = {name: Profile.of(train.x[name], moments[name]) for name in names}
    words = trained.model.words  # whose numbers are names, near to none
    most = {name: 0 if name in words else len(validation) for name in names}
    first, second = answers.best_two
    card = Card(
        experiment=experiment.resolved().model_dump(mode="json"),
        method=str(report.provenance.method),
        seed=seed,
        predict=trained.model.predict,
        shapes={name: list(train.x[name].shape[1:]) for name in names},
        classes=list(dataset.classes),
        base_rate=answers.base.tolist(),
        donors=len(answers.asking.donors),
        temperature=answers.temperature.value,
        head_temperatures=answers.asking.head_temperatures,
        alone=[
            Standing.model_validate({"modality": name, "by": answers.standins[name].by})
            for name in dict.fromkeys((first, second, *names))
        ],
        profile={name: profiles[name].limits(validation.x[name][: most[name]]) for name in names},
        worth=Worth(
            examples=report.examples,
            accuracy=report.joint.accuracy,
            ece=report.joint.ece,
            synergy=report.synergy.estimate,
            found=report.synergy.found,
            sentence=report.synergy.sentence,
        ),
        provenance=report.provenance,
    )
    donors = {name: torch.from_numpy(train.x[name][answers.asking.donors]) for name in names}
    return Kit(card, donors, profiles)


def read(folder: Path) -> Kit:
    """The kit of a folder.

    Raises:
        FileNotFoundError: a file is missing.
        CorruptCheckpoint: the donors are not what was written.
    """
    card = Card.model_validate_json((folder / CARD).read_bytes())
    tensors, _ = checkpoint.read(folder / DONORS, "cpu")
    parts = {part: checkpoint.part(tensors, part) for part in ("donor", "low", "high", "mean", "std")}
    profiles = {
        name: Profile(*(parts[part][name].numpy() for part in ("low", "high", "mean", "std")))
        for name in card.shapes
    }
    return Kit(card, parts["donor"], profiles)
