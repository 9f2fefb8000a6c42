"""What is said of new examples, column by column, and as a record of one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Subset = tuple[str, ...]


@dataclass(frozen=True)
class Warn:
    """Something that was given is not like what the model was trained on."""

    example: int
    """Its place among those that were scored."""
    modality: str
    kind: Literal["outside", "distance"]
    by: float
    """In spreads of the training examples."""
    limit: float
    """The most among the validation examples."""
    detail: str

    @property
    def record(self) -> dict[str, Any]:
        return {
            "modality": self.modality, "kind": self.kind, "by": self.by, "limit": self.limit,
            "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """N examples, S subsets of k modalities, K classes. What cannot be said of an example is NaN: whatever
    needs a modality that it lacks, and without a label all that needs one."""

    modalities: tuple[str, ...]
    classes: tuple[str, ...]
    subsets: tuple[Subset, ...]  # the full set last
    present: NDArray[np.bool_]  # (N, k)
    joint_p: Floats  # (N, K) from all that is there; what is not is withheld
    subset_p: Floats  # (N, S, K) calibrated, the rest withheld
    subset_entropy: Floats  # (N, S) bits
    head_p: Floats  # (N, k, K) of the dedicated unimodal heads
    interaction: Floats  # (N,) joint less additive, for the predicted class; label-free
    label: NDArray[np.int64]  # (N,) index into classes, -1 where there is none
    information: Floats  # (N, S) bits; a single modality's by whatever stands for it alone
    redundant: Floats  # (N,) bits
    unique: Floats  # (N, k) bits
    synergy: Floats  # (N,) bits
    warnings: tuple[Warn, ...] = ()

    COLUMNS = (
        "present", "joint_p", "subset_p", "subset_entropy", "head_p", "interaction", "label", "information",
        "redundant", "unique", "synergy",
    )  # fmt: skip
    """Those with a row an example."""

    def __len__(self) -> int:
        return len(self.label)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,) index into classes."""
        return np.asarray(self.joint_p.argmax(1))

    def take(self, rows: slice) -> "Scored":
        """Some of the examples, one after another."""
        begin, end, _ = rows.indices(len(self))
        columns = {name: getattr(self, name)[rows] for name in self.COLUMNS}
        warned = tuple(
            replace(one, example=one.example - begin) for one in self.warnings if begin <= one.example < end
        )
        return Scored(self.modalities, self.classes, self.subsets, **columns, warnings=warned)

    def records(self) -> Iterator[dict[str, Any]]:
        """One after another, as `synib.report.ScoredExample` has them but for its id."""
        warned: dict[int, list[dict[str, Any]]] = {}
        for warning in self.warnings:
            warned.setdefault(warning.example, []).append(warning.record)
        subsets = [("+".join(subset), self._seen(i)) for i, subset in enumerate(self.subsets)]
        heads = [(name, self._head(i)) for i, name in enumerate(self.modalities)]
        names = (*self.classes, None)  # label -1 is the last
        label, present = self.label.tolist(), self.present.tolist()
        interaction, redundant, unique, synergy = (
            column.tolist() for column in (self.interaction, self.redundant, self.unique, self.synergy)
        )
        for row, (top, sure) in enumerate(zip(*_top(self.joint_p), strict=True)):
            there = present[row]
            whole = label[row] >= 0 and all(there)
            yield {
                "label": names[label[row]],
                "predicted": names[top],
                "confidence": sure,
                "withheld": [] if whole else self._lacked(there),
                "subsets": {name: one for name, told in subsets if (one := told[row])},
                "heads": {name: one for name, told in heads if (one := told[row])},
                "interaction": interaction[row] if sum(there) > 1 else None,
                "redundant": redundant[row] if whole else None,
                "unique": dict(zip(self.modalities, unique[row], strict=True)) if whole else None,
                "synergy": synergy[row] if whole else None,
                "warnings": warned.get(row, []),
            }

    def _lacked(self, there: Sequence[bool]) -> list[str]:
        return [name for name, here in zip(self.modalities, there, strict=True) if not here]

    def _seen(self, subset: int) -> list[dict[str, Any] | None]:
        """Of each example what is said from a subset; None where it lacks a modality. Column by column: an
        API of one process has to tell 256 examples in less time than a network takes to score them."""
        p, classes = self.subset_p[:, subset], self.classes
        told = np.where(self.label >= 0, self.information[:, subset], np.nan)
        columns = (*_top(p), self.subset_entropy[:, subset].tolist(), p.tolist(), told.tolist())
        return [
            {
                "predicted": classes[top],
                "confidence": sure,
                "entropy": entropy,
                "probabilities": dict(zip(classes, row, strict=True)),
                "information": None if bits != bits else bits,  # noqa: PLR0124 - NaN, where there is no label
            }
            if top >= 0
            else None
            for top, sure, entropy, row, bits in zip(*columns, strict=True)
        ]

    def _head(self, modality: int) -> list[dict[str, Any] | None]:
        """The same of a modality's own head."""
        return [
            {"predicted": self.classes[top], "confidence": sure} if top >= 0 else None
            for top, sure in zip(*_top(self.head_p[:, modality]), strict=True)
        ]


def together(parts: Sequence[Scored]) -> Scored:
    """Of all examples, one part's after the other's; all by one model."""
    first = parts[0]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Scored.COLUMNS}
    begins = np.cumsum([0, *map(len, parts)])
    warned = tuple(
        replace(one, example=one.example + int(begin))
        for begin, part in zip(begins, parts, strict=False)
        for one in part.warnings
    )
    return Scored(first.modalities, first.classes, first.subsets, **columns, warnings=warned)


def _top(p: Floats) -> tuple[list[int], list[float]]:
    """(N, K) to the most probable class of each, -1 where nothing is said, and its probability."""
    best = np.where(np.isnan(p), -1.0, p).argmax(-1)
    sure = p[np.arange(len(p)), best]
    return np.where(np.isnan(sure), -1, best).tolist(), sure.tolist()
