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
        names = ["+".join(subset) for subset in self.subsets]
        warned: dict[int, list[dict[str, Any]]] = {}
        for one in self.warnings:
            warned.setdefault(one.example, []).append(one.record)
        predicted = self.predicted.tolist()
        subset_top, head_top = _top(self.subset_p), _top(self.head_p)
        columns = {name: getattr(self, name).tolist() for name in self.COLUMNS}
        for row in range(len(self)):
            at = {name: column[row] for name, column in columns.items()}
            label = None if at["label"] < 0 else self.classes[at["label"]]
            seen = {}
            for i, (name, top) in enumerate(zip(names, subset_top[row], strict=True)):
                p = at["subset_p"][i]
                if top < 0:
                    continue
                seen[name] = {
                    "predicted": self.classes[top],
                    "confidence": p[top],
                    "entropy": at["subset_entropy"][i],
                    "probabilities": dict(zip(self.classes, p, strict=True)),
                    "information": None if label is None else at["information"][i],
                }
            heads = {
                name: {"predicted": self.classes[top], "confidence": p[top]}
                for name, top, p in zip(self.modalities, head_top[row], at["head_p"], strict=True)
                if top >= 0
            }
            whole = label is not None and all(at["present"])
            yield {
                "label": label,
                "predicted": self.classes[predicted[row]],
                "confidence": at["joint_p"][predicted[row]],
                "withheld": [m for m, there in zip(self.modalities, at["present"], strict=True) if not there],
                "subsets": seen,
                "heads": heads,
                "interaction": at["interaction"] if sum(at["present"]) > 1 else None,
                "redundant": at["redundant"] if whole else None,
                "unique": dict(zip(self.modalities, at["unique"], strict=True)) if whole else None,
                "synergy": at["synergy"] if whole else None,
                "warnings": warned.get(row, []),
            }


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


def _top(p: Floats) -> list[list[int]]:
    """(N, S, K) to the most probable class of each, -1 where nothing is said."""
    said = ~np.isnan(p[..., 0])
    best: list[list[int]] = np.where(said, np.where(np.isnan(p), -1.0, p).argmax(-1), -1).tolist()
    return best
