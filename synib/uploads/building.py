"""A data set in the making: rows go in, files of a folder come out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synib.uploads import splitting
from synib.uploads.about import About
from synib.uploads.blocks import Block, Job, Reader
from synib.uploads.faults import refuse
from synib.uploads.files import FileWriter
from synib.uploads.folder import Folder
from synib.uploads.labels import Labels
from synib.uploads.numbers import NumberWriter
from synib.uploads.words import WordWriter

Writer = NumberWriter | WordWriter | FileWriter


@dataclass(frozen=True)
class Built:
    """All N rows, checked and written; what remains is to look at them as a whole."""

    folder: Folder
    y: NDArray[np.int64]
    split: NDArray[np.int8]
    group: NDArray[np.int64] | None
    classes: tuple[str, ...]
    drawn: bool
    """Whether the split was."""
    writers: dict[str, Writer]
    """By modality, sorted."""
    about: About


@dataclass
class Builder:
    """Takes blocks of rows.

    Args:
        reader: whose layout says what there is.
        root: the folder that is made.
    """

    reader: Reader
    job: Job
    root: Path
    rows: int = 0
    writers: dict[str, Writer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        layout, folder = self.reader.layout, Folder(self.root)
        self.asked, self.limits, self.faults = self.job.asked, self.job.limits, self.job.faults
        folder.arrays.mkdir()
        self.folder, self.layout = folder, layout
        assert layout.label is not None  # jobs that build are labelled
        self._label = layout.label
        self._labels = Labels(layout.label, self.faults, self.limits)
        self._about = About(layout, self.root, self.faults)
        for name in layout.modalities:
            self.writers[name] = self._writer(name)

    def add(self, block: Block) -> None:
        """
        Raises:
            TableError: there are too many rows.
        """
        if self.rows + len(block) > self.limits.rows:
            raise refuse(f"there are more than {self.limits.rows:,} rows; use at most so many")
        self._labels.add(block.texts[self._label], self.rows)
        self._about.add(block.texts, self.rows)
        for name, writer in self.writers.items():
            writer.add(self._values(name, block), self.rows)
        self._check_empty(block)
        self.rows += len(block)

    def finish(self) -> Built:
        """
        Raises:
            TableError: something is wrong with the rows, or with all of them together.
        """
        self._about.close()
        for writer in self.writers.values():
            writer.close()
        if not self.rows and not self.faults:
            self.faults.add("", "there are no rows")
        self.faults.check()
        self._about.check_unique()
        y, classes = self._labels.finish(list(self.asked.classes))
        group, given = self._about.groups(), self._about.splits()
        if given is None:
            split = splitting.draw(y, group, self.asked, self.faults)
        else:
            splitting.check(given, self.faults)
            split = given
        self._check_leakage(split, group)
        self.faults.check()
        np.save(self.folder.column("label"), y)
        np.save(self.folder.column("split"), split)
        self._about.write("example_id", self.folder.column("example_id"), self.rows)
        if group is not None:
            self._about.write("group", self.folder.column("group"), self.rows)
        return Built(self.folder, y, split, group, classes, given is None, self.writers, self._about)

    def _writer(self, name: str) -> Writer:
        layout = self.layout
        if name in layout.numbers:
            shape, path = self.reader.shapes[name], self.folder.array(name)
            file = self.job.opened.enter_context(path.open("w+b"))
            return NumberWriter(name, shape, layout.numbers[name], path, file, self.faults)
        media = self.folder.media(name)
        if name in layout.words:
            return WordWriter(name, layout.words[name], media, self.faults, self.limits)
        assert self.reader.files is not None
        return FileWriter(name, layout.files[name], media, self.reader.files, self.faults, self.limits)

    def _values(self, name: str, block: Block) -> Any:
        if name in block.numbers:
            return block.numbers[name]
        return block.texts[self.layout.words.get(name) or self.layout.files[name]]

    def _check_empty(self, block: Block) -> None:
        """Whether each row has something."""
        gone = np.logical_and.reduce([writer.gone() for writer in self.writers.values()])
        detail = "has no modality at all; leave the row out"
        self.faults.seen("", "no modality", (self.rows + np.flatnonzero(gone)).tolist(), detail)

    def _check_leakage(self, split: NDArray[np.int8], group: NDArray[np.int64] | None) -> None:
        if group is None or self.asked.leakage != "refuse":
            return
        leaking = splitting.leaking(split, group)
        for code in leaking[: splitting.SHOWN]:
            row = int(np.argmax(group == code))
            name = self._about.name_of_group(row)
            detail = f"{name[:40]!r} is in more than one split; keep its examples in one"
            self.faults.add("group", detail, name)
