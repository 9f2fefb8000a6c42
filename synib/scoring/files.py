"""Files of examples, scored some rows at a time: the formats, and the care, are those of uploaded data."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.problems import Problem, TableError
from synib.scoring.scored import Scored
from synib.scoring.scorer import NotLikeThat, Scorer
from synib.uploads.blocks import Block, Job, Reader
from synib.uploads.convert import READERS
from synib.uploads.faults import RowFaults
from synib.uploads.formats import sniff
from synib.uploads.limits import Limits

Values = NDArray[np.float32]

AT_ONCE: Final = 4_096
"""Examples."""
ARCHIVES: Final = ("tar", "zip")


@dataclass(frozen=True)
class Part:
    """Some rows of a file, one after another."""

    example_id: list[str]
    scored: Scored
    done: int
    total: int
    """How far the file is read, in rows where their number is known, else in bytes."""


def score_file(
    scorer: Scorer, source: Path, scratch: Path, asked: spec.Scoring, limits: Limits
) -> Iterator[Part]:
    """The file's rows in their order.

    scratch: a folder for what must lie on the disk meanwhile.

    Raises:
        TableError: it cannot be read, or is not of the model's modalities, shapes or classes.
    """
    kind, faults = sniff(source), RowFaults()
    if kind in ARCHIVES:
        raise _refuse("an archive of media cannot be scored yet; send a table, or arrays of features")
    with ExitStack() as opened:
        reading = spec.Upload(
            label=asked.label or "example_id", text=asked.text, ignore=asked.ignore
        )  # what has no labels has ids
        reader = READERS[kind](Job(source, scratch, opened, reading, faults, limits))
        faults.check()
        assert reader is not None
        _check(reader, scorer)
        rows = _Rows(scorer, reader, asked)
        begin = 0
        for block, progress in reader.blocks():
            faults.check()
            for at in range(0, len(block), AT_ONCE):
                part = block.slice(at, AT_ONCE)
                yield Part(*rows.score(part, begin), progress.done, progress.total)
                begin += len(part)
        if not begin:
            raise _refuse("there are no rows")


class _Rows:
    """Blocks to scores."""

    def __init__(self, scorer: Scorer, reader: Reader, asked: spec.Scoring) -> None:
        self._scorer, self._layout, self._label = scorer, reader.layout, asked.label

    def score(self, block: Block, begin: int) -> tuple[list[str], Scored]:
        x: dict[str, Values] = {name: values.astype(np.float32) for name, values in block.numbers.items()}
        for name, column in self._layout.words.items():
            x[name] = self._scorer.extractors[name](_texts(block, column))
        known = {*self._scorer.card.classes, None}
        label = [one or None for one in _texts(block, self._label)] if self._label else None
        if label and (strange := [place for place, one in enumerate(label) if one not in known]):
            row, classes = begin + strange[0] + 1, ", ".join(self._scorer.card.classes)
            detail = f"row {row}: {label[strange[0]]!r} is none of the model's classes {classes}"
            raise TableError([Problem(f"/file/{self._label}", detail, label[strange[0]])])
        try:
            scored = self._scorer.score(x, label)
        except NotLikeThat as error:
            raise _refuse(f"rows {begin + 1} to {begin + len(block)}: {error}") from None
        ids: list[Any] = (
            _texts(block, "example_id") if "example_id" in self._layout.texts else [None] * len(block)
        )
        return [one or str(begin + place) for place, one in enumerate(ids)], scored


def _check(reader: Reader, scorer: Scorer) -> None:
    """Whether the file has the model's modalities, as the model takes them."""
    takes = {name: tuple(shape) for name, shape in scorer.card.shapes.items()}
    kinds = {name: one.features for name, one in scorer.experiment.modalities.items()}
    problems = []
    for name in reader.layout.modalities:
        features = kinds.get(name)
        reads = None if features is None else features.reads
        if name not in takes:
            detail = f"the model has no modality {name!r}; it has {', '.join(takes)}"
        elif name in reader.layout.words and reads != "text":
            detail = f"the model does not read {name} as text"
        elif name in reader.shapes and tuple(reader.shapes[name]) != takes[name]:
            detail = f"is of shape {tuple(reader.shapes[name])}; the model takes {takes[name]}"
        else:
            continue
        problems.append(Problem(f"/file/{name}", detail))
    if problems:
        raise TableError(problems)


def _texts(block: Block, column: str) -> list[str | None]:
    found: list[str | None] = block.texts[column].to_pylist()
    return found


def _refuse(detail: str) -> TableError:
    return TableError([Problem("/file", detail)])
