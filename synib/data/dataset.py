"""A data set in memory."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.registry import Registry

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Dataset:
    """N examples. ``x`` is raw: nothing outside a model normalises."""

    x: dict[str, NDArray[np.float32]]  # {modality: (N, *shape)}
    y: NDArray[np.int64]  # (N,) index into classes
    split: NDArray[np.str_]  # (N,) train | validation | test
    example_id: NDArray[np.str_]  # (N,) unique and the same in every load
    classes: tuple[str, ...]
    posterior: NDArray[np.float64] | None = None  # (N, K) exact p(y|every x), where it is known
    synergy: float | None = None  # closed form, bits
    source: NDArray[np.str_] | None = None  # (N,) where an example's label can be read: synergy, unique_…
    oracle: dict[str, NDArray[np.bool_]] | None = None  # {modality: (N, *shape)} coordinates of the synergy

    def __len__(self) -> int:
        return len(self.y)

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.x)

    def select(self, split: str) -> "Dataset":
        """The examples of one split, in their order."""
        if split not in SPLITS:
            raise ValueError(f"{split!r} is no split; use one of {', '.join(SPLITS)}")
        rows = self.split == split
        return replace(
            self,
            x={name: values[rows] for name, values in self.x.items()},
            y=self.y[rows],
            split=self.split[rows],
            example_id=self.example_id[rows],
            posterior=None if self.posterior is None else self.posterior[rows],
            source=None if self.source is None else self.source[rows],
            oracle=None if self.oracle is None else {m: known[rows] for m, known in self.oracle.items()},
        )

    def sha256(self) -> str:
        """Hash of everything that a model learns from or is judged by; the truth about it is not part."""
        digest = hashlib.sha256("\x1f".join(self.classes).encode())
        for name, values in sorted(self.x.items()):
            _feed(digest, f"x:{name}", values)
        _feed(digest, "y", self.y)
        _feed(digest, "split", np.char.encode(self.split, "utf-8"))
        _feed(digest, "example_id", np.char.encode(self.example_id, "utf-8"))
        return digest.hexdigest()


recipes: Registry[Callable[[Any], Dataset]] = Registry("synib.data")


def load(recipe: spec.Dataset) -> Dataset:
    """The data set that a recipe and its seed describe: the same bytes every time."""
    return recipes[type(recipe)](recipe)


def _feed(digest: "hashlib._Hash", name: str, column: NDArray[Any]) -> None:
    digest.update(f"\x1e{name} {column.dtype.str} {column.shape}\x1e".encode())
    digest.update(np.ascontiguousarray(column).tobytes())


def split_columns(counts: dict[str, int]) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """The columns ``split`` and ``example_id`` of examples that lie in the order of ``counts``."""
    split = np.repeat(list(counts), list(counts.values()))
    example_id = [f"{name}-{index:06d}" for name, count in counts.items() for index in range(count)]
    return split, np.array(example_id)
