"""A trained model, asked about new examples.

What is said of an example depends on it alone, never on those that it is scored with. Donors are drawn once,
when the run ends, and are the same for all; nothing is averaged over a batch; and all is computed in double
precision, since in single precision a product of matrices gives the same row other last digits in another
batch, which a sharp temperature makes visible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.evaluation import calibration
from synib.evaluation.calibration import Temperature
from synib.evaluation.decomposition import decompose
from synib.evaluation.donors import Donors
from synib.evaluation.interaction import interaction, with_nothing
from synib.evaluation.predictions import Subset
from synib.evaluation.protocols import Model
from synib.evaluation.subsets import Encoded, encode, questioned, see, subsets
from synib.features import Extractor
from synib.information.entropy import entropy, pointwise_information
from synib.models import MultimodalClassifier
from synib.report.card import Card
from synib.scoring import folder as files
from synib.scoring.folder import Kit
from synib.scoring.profile import Profile
from synib.scoring.scored import Scored, Warn
from synib.training import checkpoint

Floats = NDArray[np.float64]
Values = NDArray[np.float32]


class NotLikeThat(ValueError):
    """The examples are not of the model's modalities, shapes or classes; the message says which and how."""


@dataclass(frozen=True)
class Scorer:
    """A model with its kit, on the CPU."""

    model: Model  # in double precision
    kit: Kit

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From a folder that `Kit.save` or the service has written.

        Raises:
            FileNotFoundError: a file is missing.
            CorruptCheckpoint: a file is not what was written.
        """
        kit = files.read(folder)
        card = kit.card
        info = spec.DataInfo(
            shapes={name: tuple(shape) for name, shape in card.shapes.items()},
            classes=tuple(card.classes),
            counts={},
        )
        experiment = spec.Experiment.model_validate(card.experiment)
        model = MultimodalClassifier(experiment, info, predict=card.predict)
        weights, _ = checkpoint.read(folder / files.WEIGHTS, "cpu")
        model.load_state_dict(weights)
        scorer = cls(model.double().eval(), kit)
        assert scorer._nothing.any()  # the donors are encoded now, not with the first example
        return scorer

    @property
    def card(self) -> Card:
        return self.kit.card

    @cached_property
    def experiment(self) -> spec.Experiment:
        """By which it was trained."""
        return spec.Experiment.model_validate(self.card.experiment)

    @cached_property
    def extractors(self) -> dict[str, Extractor]:
        """What makes numbers of images, recordings and texts, by modality; of numbers, nothing."""
        modalities = self.experiment.modalities
        return {name: Extractor(modalities[name]) for name in self.modalities if modalities[name].features}

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.card.shapes)

    @cached_property
    def size(self) -> int:
        """Bytes of weights and donors, about what it takes in memory."""
        state = [*getattr(self.model, "state_dict", dict)().values(), *self.kit.donors.values()]
        return sum(tensor.numel() * tensor.element_size() for tensor in state)

    def score(self, x: Mapping[str, Values], label: Sequence[str | None] | None = None) -> Scored:
        """What the model sees in N examples, alone, jointly and without.

        x: raw {modality: (N, *shape)}. An example that is NaN throughout in a modality lacks it, and all lack
        a modality that is not given: it is withheld from them as in the run's evaluation.
        label: (N,) where known, and then the information in bits, too.

        Raises:
            NotLikeThat: a modality, shape or class that the model does not have, or an example without any.
        """
        given = self._checked(x)
        N = len(next(iter(given.values())))
        codes = self._codes(label, N)
        present = np.stack([~np.isnan(v.reshape(N, -1)).all(axis=1) for v in given.values()], axis=1)
        if not present.any(axis=1).all():
            row = int((~present.any(axis=1)).argmax())
            raise NotLikeThat(f"example {row} has no modality at all; give at least one of {self._named()}")
        columns = _Columns.empty(N, len(self._subsets), len(self.modalities), len(self.card.classes))
        with questioned(self.model):
            for pattern in np.unique(present, axis=0):
                rows = np.flatnonzero((present == pattern).all(axis=1))
                seen = encode(self.model, {name: values[rows] for name, values in given.items()})
                there = [name for name, is_there in zip(self.modalities, pattern, strict=True) if is_there]
                self._ask(columns, rows, seen, there)
        return self._told(given, present, columns, codes)

    # ------------------------------------------------------------------------------------ asking

    def _ask(self, columns: "_Columns", rows: NDArray[np.int64], seen: Encoded, there: list[str]) -> None:
        """Fill in what examples say that have these modalities."""
        temperature = Temperature(self.card.temperature)
        donors: Donors = np.tile(np.arange(self.card.donors), (len(rows), 1))
        heard: dict[Subset, Floats] = {}
        for place, subset in enumerate(self._subsets):
            if not set(subset) <= set(there):
                continue
            if subset == self.modalities:
                heard[subset] = calibration.probabilities(seen.joint, temperature)
            else:
                heard[subset] = see(self.model, seen, self._pool, donors, subset, temperature)
            columns.subset_p[rows, place] = heard[subset]
        whole = tuple(there)
        joint = heard[whole] if whole in heard else see(
            self.model, seen, self._pool, donors, whole, temperature
        )  # fmt: skip
        columns.joint_p[rows] = joint
        for place, name in enumerate(self.modalities):
            if name in there:
                fitted = Temperature(self.card.head_temperatures[name])
                columns.head_p[rows, place] = calibration.probabilities(seen.heads[name], fitted)
        if len(there) > 1:
            every, predicted = np.arange(len(rows)), joint.argmax(1)
            singles = np.stack([heard[(name,)][every, predicted] for name in there], axis=1)
            columns.interaction[rows] = interaction(
                joint[every, predicted], singles, self._nothing[predicted]
            )

    def _told(
        self,
        given: dict[str, Values],
        present: NDArray[np.bool_],
        columns: "_Columns",
        label: NDArray[np.int64],
    ) -> Scored:
        """Everything, with what a label adds."""
        card, N = self.card, len(label)
        information = np.full((N, len(self._subsets)), np.nan)
        parts = {"redundant": np.full(N, np.nan), "synergy": np.full(N, np.nan)}
        unique = np.full((N, len(self.modalities)), np.nan)
        rows = np.flatnonzero(label >= 0)
        if len(rows):
            told = self._by_standins(columns, rows)
            true = told[np.arange(len(rows)), :, label[rows]]  # (n, S)
            base = np.asarray(card.base_rate)[label[rows]]
            information[rows] = pointwise_information(true, base[:, None])
            alone = {name: information[rows, self._subsets.index((name,))] for name in self.modalities}
            first, second = card.alone[0].modality, card.alone[1].modality
            found = decompose(information[rows, -1], alone, first, second)
            whole = np.asarray(present[rows].all(axis=1))
            parts["redundant"][rows] = np.where(whole, found.redundant, np.nan)
            parts["synergy"][rows] = np.where(whole, found.synergy, np.nan)
            bits = np.stack([found.unique[name] for name in self.modalities], axis=1)
            unique[rows] = np.where(whole[:, None], bits, np.nan)
        return Scored(
            modalities=self.modalities,
            classes=tuple(card.classes),
            subsets=tuple(self._subsets),
            present=present,
            joint_p=columns.joint_p,
            subset_p=columns.subset_p,
            subset_entropy=_entropy(columns.subset_p),
            head_p=columns.head_p,
            interaction=columns.interaction,
            label=label,
            information=information,
            unique=unique,
            warnings=tuple(self._warnings(given, present)),
            **parts,
        )

    def _by_standins(self, columns: "_Columns", rows: NDArray[np.int64]) -> Floats:
        """(n, S, K): a single modality's by whoever stands for it, the others' by withholding."""
        told = columns.subset_p[rows].copy()
        for one in self.card.alone:
            place, at = self._subsets.index((one.modality,)), self.modalities.index(one.modality)
            there = ~np.isnan(told[:, place, :1])
            if one.by == "head":
                told[:, place] = columns.head_p[rows, at]
            elif one.by == "base rate":
                told[:, place] = np.where(there, np.asarray(self.card.base_rate), np.nan)
        return told

    def _warnings(self, given: dict[str, Values], present: NDArray[np.bool_]) -> list[Warn]:
        """Inputs that are farther out than any validation example."""
        found = []
        for at, name in enumerate(self.modalities):
            rows = np.flatnonzero(present[:, at])
            if not len(rows):
                continue
            profile, limits, x = self.kit.profiles[name], self.card.profile[name], given[name][rows]
            outside, where = profile.farthest(x)
            distance = profile.distance(x)
            for i in np.flatnonzero(outside > limits.outside):
                detail = _range(name, profile, x[i], int(where[i]))
                found.append(Warn(int(rows[i]), name, "outside", float(outside[i]), limits.outside, detail))
            if limits.examples:
                for i in np.flatnonzero(distance > limits.distance):
                    detail = (
                        f"{name} is {distance[i]:.3g} spreads from the training mean, on average over its "
                        f"values; of {limits.examples} validation examples none is farther than "
                        f"{limits.distance:.3g}"
                    )
                    found.append(
                        Warn(int(rows[i]), name, "distance", float(distance[i]), limits.distance, detail)
                    )
        return sorted(found, key=lambda one: one.example)

    # ------------------------------------------------------------------------------------ what is fixed

    @cached_property
    def _subsets(self) -> list[Subset]:
        return subsets(self.modalities)

    @cached_property
    def _pool(self) -> Encoded:
        """The donors, encoded once."""
        with questioned(self.model):
            return encode(self.model, {name: self.kit.donors[name].numpy() for name in self.modalities})

    @cached_property
    def _nothing(self) -> Floats:
        """(K,) what is said when all is withheld: the mean over the donors."""
        p = calibration.probabilities(self._pool.joint, Temperature(self.card.temperature))
        return np.asarray(with_nothing(p, np.arange(self.card.donors)[None])[0])

    # ------------------------------------------------------------------------------------ checking

    def _checked(self, x: Mapping[str, Values]) -> dict[str, Values]:
        """Every modality of the model, NaN where it is not given."""
        shapes = {name: tuple(shape) for name, shape in self.card.shapes.items()}
        if unknown := [name for name in x if name not in shapes]:
            raise NotLikeThat(f"the model has no modality {unknown[0]!r}; it has {self._named()}")
        if not x or not len(next(iter(x.values()))):
            raise NotLikeThat(f"there is no example; give {self._named()}, (N, *shape) each")
        N = len(next(iter(x.values())))
        for name, values in x.items():
            if values.shape != (N, *shapes[name]):
                raise NotLikeThat(f"{name} is {values.shape}; the model takes {(N, *shapes[name])}")
            if np.isinf(values).any():
                raise NotLikeThat(f"{name} has infinite values; give finite ones, NaN where there is none")
        return {
            name: np.asarray(x[name], np.float32) if name in x else np.full((N, *shape), np.nan, np.float32)
            for name, shape in shapes.items()
        }

    def _codes(self, label: Sequence[str | None] | None, N: int) -> NDArray[np.int64]:
        if label is None:
            return np.full(N, -1)
        if len(label) != N:
            raise NotLikeThat(f"there are {N} examples and {len(label)} labels")
        known: dict[str | None, int] = {name: code for code, name in enumerate(self.card.classes)}
        known[None] = -1
        if strange := [one for one in label if one not in known]:
            raise NotLikeThat(f"{strange[0]!r} is none of the classes {', '.join(self.card.classes)}")
        return np.array([known[one] for one in label])

    def _named(self) -> str:
        return ", ".join(self.modalities)


@dataclass(frozen=True)
class _Columns:
    """What is filled in as examples are asked about; NaN so far."""

    joint_p: Floats  # (N, K)
    subset_p: Floats  # (N, S, K)
    head_p: Floats  # (N, k, K)
    interaction: Floats  # (N,)

    @classmethod
    def empty(cls, N: int, S: int, k: int, K: int) -> Self:
        return cls(*(np.full(shape, np.nan) for shape in ((N, K), (N, S, K), (N, k, K), (N,))))


def _entropy(p: Floats) -> Floats:
    """(N, S, K) to (N, S) bits, NaN where nothing is said."""
    said = ~np.isnan(p[..., 0])
    return np.where(said, entropy(np.where(said[..., None], p, 1.0)), np.nan)


def _range(name: str, profile: Profile, x: Values, flat: int) -> str:
    """One value and its range in training, in words."""
    at = np.unravel_index(flat, x.shape)
    low, high = (float(np.broadcast_to(part, x.shape)[at]) for part in (profile.low, profile.high))
    place = ", ".join(str(int(i)) for i in at)
    return f"{name}[{place}] is {float(x[at]):.4g}; in training it lies between {low:.4g} and {high:.4g}"
