"""A modality that is numbers: checked, written as float32, measured."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from synib.data.hashing import stored_blocks
from synib.uploads.blocks import Shape
from synib.uploads.faults import RowFaults

FLOAT: Final = np.dtype("<f4")
LARGEST: Final = float(np.finfo(FLOAT).max)


@dataclass
class Moments:
    """Of each feature over the rows, and steps, that have it; merged as in Chan et al. 1979."""

    count: int = 0
    mean: Any = 0.0
    squares: Any = 0.0
    """Sum of squared distances from the mean."""
    least: Any = np.inf
    most: Any = -np.inf

    def add(self, values: NDArray[np.float64]) -> None:
        """(B, d) without gaps."""
        if not len(values):
            return
        mean = values.mean(axis=0)
        total, shift = self.count + len(values), mean - self.mean
        self.squares = (
            self.squares + ((values - mean) ** 2).sum(axis=0) + shift**2 * (self.count * len(values) / total)
        )
        self.mean = self.mean + shift * (len(values) / total)
        self.count = total
        self.least = np.minimum(self.least, values.min(axis=0))
        self.most = np.maximum(self.most, values.max(axis=0))

    @property
    def spread(self) -> NDArray[np.float64]:
        """(d,) standard deviation."""
        return np.sqrt(np.asarray(self.squares) / max(1, self.count))


@dataclass
class NumberWriter:
    """``<folder>/<modality>.npy``, row block after row block."""

    name: str
    shape: Shape
    columns: tuple[str, ...]
    """Of a table, to name a cell; of arrays, none."""
    path: Path
    file: BinaryIO
    """The same, open."""
    faults: RowFaults
    moments: Moments = field(default_factory=Moments)
    rows: int = 0
    _missing: list[NDArray[np.bool_]] = field(default_factory=list)
    _lengths: list[NDArray[np.int32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._header()

    def add(self, values: NDArray[Any], begin: int) -> None:
        """(B, *shape), NaN where something is missing; the first is row ``begin``."""
        values = np.asarray(values, np.float64)
        empty = np.isnan(values)
        missing = empty.reshape(len(values), -1).all(axis=1)
        self._check_range(values, begin)
        if values.ndim == 3:
            steps = empty.all(axis=2)  # (B, T)
            length = np.where(missing, 0, values.shape[1] - np.argmin(steps[:, ::-1], axis=1))
            self._lengths.append(length.astype(np.int32))
            inside = np.arange(values.shape[1]) < length[:, None]
            gaps = empty & inside[..., None]
            present = values[inside]
        else:
            gaps = empty & ~missing[:, None]
            present = values[~missing]
        self._check_gaps(gaps, begin)
        self._missing.append(missing)
        if not self.faults:
            self.moments.add(present.reshape(-1, values.shape[-1]))
            with np.errstate(over="ignore", invalid="ignore"):
                clean = values.astype(FLOAT)
            clean[empty] = np.nan  # there are many NaN; one is written
            clean += FLOAT.type(0)  # and -0 is 0
            self.file.write(clean.tobytes())
        self.rows += len(values)

    def gone(self) -> NDArray[np.bool_]:
        """(B,) which of the last rows lack the modality."""
        return self._missing[-1]

    def close(self) -> None:
        """All rows are there."""
        self.file.seek(0)
        self._header()
        self.file.close()

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(N,)"""
        return np.concatenate([np.empty(0, bool), *self._missing])

    @property
    def lengths(self) -> NDArray[np.int32] | None:
        """(N,) of a series, 0 where it is missing; None of features."""
        return np.concatenate(self._lengths) if self._lengths else None

    def parts(self) -> Iterator[NDArray[np.float32]]:
        """What was written, some rows at a time."""
        return stored_blocks(self.path)

    def cell(self, place: int) -> str:
        """What a number is called."""
        return self.columns[place] if self.columns else self.name

    def _header(self) -> None:
        """NumPy leaves room for a longer number of rows."""
        shape = (self.rows, *self.shape)
        about = {"descr": FLOAT.str, "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self.file, about)

    def _check_range(self, values: NDArray[np.float64], begin: int) -> None:
        wrong = np.abs(values) > LARGEST  # NaN is not
        if wrong.any():
            self._tell(wrong, begin, "is infinite or beyond ± 3.4e38; use a finite number", values)

    def _check_gaps(self, gaps: NDArray[np.bool_], begin: int) -> None:
        if gaps.any():
            detail = (
                f"is empty or NaN where other numbers of {self.name} are there; fill it in, or leave all of "
                f"{self.name} empty in a row that lacks it"
            )
            self._tell(gaps, begin, detail, None)

    def _tell(
        self, wrong: NDArray[np.bool_], begin: int, detail: str, values: NDArray[np.float64] | None
    ) -> None:
        places = wrong.any(axis=tuple(range(wrong.ndim - 1)))  # (d,)
        for place in np.flatnonzero(places)[: 1 if not self.columns else None]:
            here = wrong if not self.columns else wrong[..., place]
            rows = np.flatnonzero(here.reshape(len(here), -1).any(axis=1))
            value = None
            if values is not None:
                first = values[rows[0]].ravel()
                value = float(first[wrong[rows[0]].ravel()][0])
            self.faults.seen(self.cell(int(place)), detail[:12], (begin + rows).tolist(), detail, value)
