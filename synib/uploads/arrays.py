"""Reads arrays: NPZ and safetensors, one array a modality, some rows of each at a time."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import IO, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from synib.data.dataset import SPLITS
from synib.tables.layout import LONGEST
from synib.tables.npz import Npz, as_text, told
from synib.uploads.blocks import Block, Job, Progress, Shape, rows_of
from synib.uploads.faults import RowFaults, refuse
from synib.uploads.layout import (
    ABOUT,
    LENGTH,
    TEXT,
    Layout,
    check_modalities,
    check_names,
    did_you_mean,
    label_of,
    natural,
    unknown,
)
from synib.uploads.safetensors import Safetensors

INFLATED: Final = 2**30
"""Bytes beyond which it is looked at how much a compressed file grows."""


class Arrays(Protocol):
    """An open file of arrays."""

    kinds: dict[str, np.dtype[Any]]
    shapes: dict[str, Shape]

    def values(self, name: str) -> IO[bytes]:
        """The values of one, row after row."""
        ...


@dataclass(frozen=True)
class ArrayReader:
    """Arrays that go together."""

    arrays: Arrays
    layout: Layout
    lengths: dict[str, str]
    """By modality the array that says how many steps each example has."""
    job: Job
    columns: dict[str, Path]
    """Arrays that lie column by column, unpacked."""
    files: None = None

    def unused(self) -> list[str]:
        return []

    @property
    def shapes(self) -> dict[str, Shape]:
        return {name: self.arrays.shapes[name][1:] for name in self.layout.numbers}

    def blocks(self) -> Iterator[tuple[Block, Progress]]:
        names = [*self.layout.texts, *self.layout.numbers, *self.lengths.values()]
        total = self.arrays.shapes[_counted(self.layout)][0]
        step = rows_of(self.shapes, words=bool(self.layout.words))
        parts = {name: self._rows(name, step, total) for name in names}
        for begin in range(0, total, step):
            rows = {name: next(part) for name, part in parts.items()}
            numbers = {name: np.array(rows[name], np.float64) for name in self.layout.numbers}
            for modality, name in self.lengths.items():
                _cut(numbers[modality], rows[name], modality, name, begin, self.job.faults)
            texts = {name: self._text(name, rows[name]) for name in self.layout.texts}
            yield Block(numbers, texts), Progress(min(total, begin + step), total)
        for part in parts.values():
            next(part, None)  # what is compressed is compared with its checksum at its end

    def _rows(self, name: str, step: int, total: int) -> Iterator[NDArray[Any]]:
        kind, shape = self.arrays.kinds[name], self.arrays.shapes[name][1:]
        if name in self.columns:
            whole = np.memmap(self.columns[name], kind, "r", shape=(total, *shape), order="F")
            yield from (np.array(whole[begin : begin + step]) for begin in range(0, total, step))
            return
        width = int(np.prod(shape)) * kind.itemsize
        with told(name), self.arrays.values(name) as stream:
            for begin in range(0, total, step):
                count = min(step, total - begin)
                data = _exactly(stream, count * width, name)
                yield np.frombuffer(data, kind).reshape(count, *shape)
            stream.read(1)

    def _text(self, name: str, values: NDArray[Any]) -> Any:
        import pyarrow as pa  # noqa: PLC0415

        if values.dtype.kind == "f":
            return pa.array([None if isnan(value) else repr(value) for value in values.tolist()], pa.string())
        if values.dtype.kind == "b":
            return pa.array(["true" if value else "false" for value in values.tolist()], pa.string())
        if name == "split" and values.dtype.kind in "iu":
            known = dict(enumerate(SPLITS))
            return pa.array([known.get(value, str(value)) for value in values.tolist()], pa.string())
        return as_text(values)


def read_npz(job: Job) -> ArrayReader | None:
    """NPZ, written by numpy.savez or numpy.savez_compressed."""
    file = job.opened.enter_context(Npz(job.source, job.limits.unpacked))
    if file.unpacked > max(INFLATED, job.limits.ratio * job.source.stat().st_size):
        grows = f"grows {file.unpacked / job.source.stat().st_size:,.0f} times when it is unpacked"
        raise refuse(f"the file {grows}; at most {job.limits.ratio} are taken: write it with numpy.savez")
    columns: dict[str, Path] = {}
    reader = _understood(file, job, columns)
    if reader is None:
        return None
    for name in (*reader.layout.texts, *reader.layout.numbers):
        if file.members[name].fortran:
            columns[name] = job.scratch / f"{len(columns)}.columns"
            with told(name), file.values(name) as values, columns[name].open("wb") as unpacked:
                shutil.copyfileobj(values, unpacked, 2**20)
    return reader


def read_safetensors(job: Job) -> ArrayReader | None:
    """safetensors; it holds numbers only, so a split is 0 for train, 1 for validation, 2 for test."""
    return _understood(Safetensors(job.source), job, {})


def _understood(arrays: Arrays, job: Job, columns: dict[str, Path]) -> ArrayReader | None:
    found = _understand([*arrays.shapes], job)
    if found is None:
        return None
    layout, lengths = found
    _check(arrays, layout, lengths, job)
    return None if job.faults else ArrayReader(arrays, layout, lengths, job, columns)


def _understand(names: Sequence[str], job: Job) -> tuple[Layout, dict[str, str]] | None:
    """The layout, and by modality the array of its lengths; None, with the reasons in the job's faults, if
    there is none."""
    asked, faults = job.asked, job.faults
    label = label_of(names, asked, job.labelled)
    numbers: list[str] = []
    words: dict[str, str] = {}
    lengths: dict[str, str] = {}
    for name in names:
        modality, colon, rest = name.partition(":")
        if name in (asked.label, *ABOUT, *asked.ignore):
            continue
        if name in asked.text:
            words[name] = name
        elif name == TEXT or name.endswith(f"_{TEXT}"):
            words[name.removesuffix(f"_{TEXT}") or TEXT] = name
        elif colon and rest == LENGTH:
            lengths[modality] = name
        elif colon:
            detail = f"is no array of ours; an array is a modality (voice), or its lengths (voice:{LENGTH})"
            faults.add(name, detail, name)
        elif name.lower() in (asked.label, *ABOUT) or name.lower().startswith("label"):
            faults.add(name, unknown(name, asked, label), name)
        else:
            numbers.append(name)
    check_names(names, asked, label, faults)
    check_modalities([*numbers, *words], faults, job.limits)
    for name in set(numbers) & set(words):
        faults.add(name, f"the modality {name!r} is in {name} and {words[name]}; give each its own name")
    for modality, name in lengths.items():
        if modality not in numbers:
            faults.add(name, f"there is no array {modality}{did_you_mean(modality, numbers)}", name)
    if faults:
        return None
    ordered: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(numbers, key=natural), ())
    about = tuple(name for name in ABOUT if name in names)
    return Layout(label, about, ordered, words), lengths


def _counted(layout: Layout) -> str:
    """The array whose length says how many examples there are."""
    return layout.label or [*layout.numbers, *layout.texts][0]


def _check(arrays: Arrays, layout: Layout, lengths: dict[str, str], job: Job) -> None:
    """Whether types and shapes are what they must be."""
    faults, limits, counted = job.faults, job.limits, _counted(layout)
    rows = next(iter(arrays.shapes[counted]), 0)
    if rows > limits.rows:
        faults.add("", f"there are {rows:,} examples; use at most {limits.rows:,}")
    for name in layout.texts:
        longest = limits.characters if name in layout.words.values() else LONGEST
        _check_text(arrays, name, (rows, counted), longest, layout, faults)
    for name in layout.numbers:
        kind, shape = arrays.kinds[name], arrays.shapes[name]
        if kind.kind not in "fiub":
            faults.add(name, f"is of type {kind}; use float32, float64 or whole numbers", str(kind))
        elif len(shape) not in (2, 3) or 0 in shape[1:]:
            detail = f"has the shape {shape}; use (N, d) for features or (N, T, d) for series"
            hint = " - a single number is [:, None]" if len(shape) == 1 else ""
            faults.add(name, f"{detail}{hint}, images as files in an archive", str(shape))
        elif shape[0] != rows:
            faults.add(name, f"has {shape[0]:,} examples; {counted} has {rows:,}", shape[0])
        elif int(np.prod(shape[1:], dtype=object)) > limits.values:
            size = int(np.prod(shape[1:], dtype=object))
            faults.add(name, f"has {size:,} numbers an example; use at most {limits.values:,}", str(shape))
    for modality, name in lengths.items():
        if arrays.kinds[name].kind not in "iu" or arrays.shapes[name] != (rows,):
            detail = f"is {arrays.kinds[name]} of shape {arrays.shapes[name]}; use whole numbers of ({rows},)"
            faults.add(name, detail)
        elif len(arrays.shapes[modality]) != 3:
            detail = f"gives lengths, but {modality} has the shape {arrays.shapes[modality]}, not (N, T, d)"
            faults.add(name, detail)


def _check_text(
    arrays: Arrays, name: str, count: tuple[int, str], longest: int, layout: Layout, faults: RowFaults
) -> None:
    kind, shape, (rows, counted) = arrays.kinds[name], arrays.shapes[name], count
    kinds = "USiufb" if name == layout.label else "USiu"
    if len(shape) > 1 and name == layout.label:
        detail = f"has the shape {shape}; an example has one class: several labels, or one-hot rows, are not"
        faults.add(name, f"{detail} supported; use ({shape[0]},)", str(shape))
    elif shape != (rows,):
        faults.add(name, f"has the shape {shape}; ({rows},) would go with {counted}", str(shape))
    elif kind.kind not in kinds:
        faults.add(name, f"is of type {kind}; use text or whole numbers", str(kind))
    elif kind.itemsize > 4 * longest:
        faults.add(name, f"has texts of more than {longest:,} characters (type {kind}); shorten them")


def _cut(
    values: NDArray[np.float64], length: NDArray[Any], modality: str, name: str, begin: int, faults: RowFaults
) -> None:
    """Make NaN of the steps after each example's end; (B, T, d) in place."""
    T = values.shape[1]
    wrong = np.flatnonzero((length < 0) | (length > T))
    if len(wrong):
        value = int(length[wrong[0]])
        detail = f"{value:,} is no length; {modality} has {T:,} steps, use 0 (missing) to {T:,}"
        faults.seen(name, "length", (begin + wrong).tolist(), detail, value)
    values[np.arange(T) >= length.astype(np.int64)[:, None]] = np.nan


def _exactly(stream: IO[bytes], size: int, name: str) -> bytes:
    parts, left = [], size
    while left:
        part = stream.read(min(left, 2**20))
        if not part:
            raise refuse("is cut off, or says another size than it has", name)
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
