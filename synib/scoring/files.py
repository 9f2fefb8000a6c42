"""Files of examples, scored some rows at a time: the formats, and the care, are those of uploaded data."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.problems import Problem, TableError
from synib.scoring.media import FileReader
from synib.scoring.scored import Scored
from synib.scoring.scorer import NotLikeThat, Scorer
from synib.uploads.blocks import Block, Job, Reader
from synib.uploads.convert import READERS
from synib.uploads.faults import RowFaults, of_file
from synib.uploads.formats import sniff
from synib.uploads.limits import Limits

Values = NDArray[np.float32]

AT_ONCE: Final = 4_096
"""Examples."""


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
    try:
        yield from _parts(scorer, source, scratch, asked, limits)
    except TableError as error:
        raise of_file(error) from None


def _parts(
    scorer: Scorer, source: Path, scratch: Path, asked: spec.Scoring, limits: Limits
) -> Iterator[Part]:
    faults = RowFaults()
    with ExitStack() as opened:
        reading = spec.Upload(label=asked.label or "label", text=asked.text, ignore=asked.ignore)
        job = Job(source, scratch, opened, reading, faults, limits, labelled=asked.label is not None)
        reader = READERS[sniff(source)](job)
        faults.check()
        assert reader is not None
        _check(reader, scorer)
        rows, begin = _Rows(scorer, reader, job), 0
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

    def __init__(self, scorer: Scorer, reader: Reader, job: Job) -> None:
        self._scorer, self._layout, self._faults = scorer, reader.layout, job.faults
        self._files: dict[str, FileReader] = {}
        for name, column in reader.layout.files.items():
            assert reader.files is not None
            of = scorer.extractors[name]
            self._files[name] = FileReader(column, of, reader.files, job.scratch, job.faults, job.limits)

    def score(self, block: Block, begin: int) -> tuple[list[str], Scored]:
        """Ids and scores of some rows, the first of which is ``begin``.

        Raises:
            TableError: something is wrong with some of them.
        """
        x, label = self._values(block, begin), self._labels(block, begin)
        present = np.stack([~np.isnan(v.reshape(len(block), -1)).all(axis=1) for v in x.values()])
        gone = begin + np.flatnonzero(~present.any(axis=0))
        if not self._faults:  # else it may be a file that cannot be read
            self._faults.seen("", "no modality", gone.tolist(), "has no modality at all; leave the row out")
        self._faults.check()
        try:
            scored = self._scorer.score(x, label)
        except NotLikeThat as error:
            raise _refuse(f"rows {begin + 1} to {begin + len(block)}: {error}") from None
        ids: list[str | None] = [None] * len(block)
        if "example_id" in self._layout.about:
            ids = _texts(block, "example_id")
        return [one or str(begin + place) for place, one in enumerate(ids)], scored

    def _values(self, block: Block, begin: int) -> dict[str, Values]:
        """(B, *shape) of each modality that the file has."""
        x: dict[str, Values] = {name: values.astype(np.float32) for name, values in block.numbers.items()}
        for name, column in self._layout.words.items():
            x[name] = self._scorer.extractors[name](_texts(block, column))
        for name, column in self._layout.files.items():
            x[name] = self._files[name].values(_texts(block, column), begin)
        return x

    def _labels(self, block: Block, begin: int) -> list[str | None] | None:
        """None where the file has none."""
        column = self._layout.label
        if column is None:
            return None
        label, known = _texts(block, column), {*self._scorer.card.classes, None}
        for strange in dict.fromkeys(one for one in label if one not in known):
            rows = [begin + place for place, one in enumerate(label) if one == strange]
            detail = f"{strange!r} is none of the model's classes {', '.join(self._scorer.card.classes)}"
            self._faults.seen(column, f"class {strange}", rows, detail, strange)
        return label


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
        elif name in reader.layout.files and features is None:
            detail = f"the model takes {name} as numbers, {takes[name]} an example, and not from files"
        elif name in reader.shapes and tuple(reader.shapes[name]) != takes[name]:
            detail = f"is of shape {tuple(reader.shapes[name])}; the model takes {takes[name]}"
        else:
            continue
        problems.append(Problem(f"/file/{name}", detail))
    if problems:
        raise TableError(problems)


def _texts(block: Block, column: str) -> list[str | None]:
    """Empty is missing."""
    return [one or None for one in block.texts[column].to_pylist()]


def _refuse(detail: str) -> TableError:
    return TableError([Problem("/file", detail)])
