"""Reads archives of media: metadata say for each example its files, its words, its numbers and its label."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from synib.uploads import jsonl
from synib.uploads.archive import Archive, Tar, Zip
from synib.uploads.blocks import Block, Job, Progress, Shape
from synib.uploads.layout import Layout
from synib.uploads.tables import TableReader, read_csv

PIECE: Final = 64
"""Rows of metadata at a time: progress is told after each."""
WORDS: Final = ".txt"


@dataclass(frozen=True)
class MediaReader:
    """An archive whose metadata's columns have been understood.

    Files of words are read here, so that words are the same wherever they stand.
    """

    table: TableReader
    layout: Layout
    files: Archive
    rows: int
    spoken: tuple[str, ...]
    """Columns that name files of words."""
    job: Job

    @property
    def shapes(self) -> dict[str, Shape]:
        return self.table.shapes

    def unused(self) -> list[str]:
        return self.files.unused()

    def blocks(self) -> Iterator[tuple[Block, Progress]]:
        done = 0
        for whole, _ in self.table.blocks():
            for begin in range(0, len(whole), PIECE):
                block = whole.slice(begin, PIECE)
                texts = {name: self._words(name, block.texts[name], done) for name in self.spoken}
                done += len(block)
                yield replace(block, texts=block.texts | texts), Progress(done, self.rows)

    def _words(self, column: str, names: Any, begin: int) -> Any:
        """What stands in the files that a column names."""
        import pyarrow as pa  # noqa: PLC0415

        found: list[str | None] = []
        for row, name in enumerate(names.to_pylist(), begin):
            text, problem = self._read(name) if name else (None, None)
            if problem:
                self.job.faults.seen(column, problem[:12], [row], f"{name[:80]} {problem}", name)
            found.append(text)
        return pa.array(found, pa.string())

    def _read(self, name: str) -> tuple[str | None, str | None]:
        """A file's text, or why there is none."""
        path = self.files.find(name)
        if path is None:
            return None, f"is not in the archive{self.files.hint(name)}; add it or leave the cell empty"
        if not name.lower().endswith(WORDS):
            return None, "is no text like those before it; a modality is of one kind"
        most = 4 * self.job.limits.characters  # bytes; a character takes up to four
        if self.files.size(path) > most:
            return None, f"has more than {self.job.limits.characters:,} characters; shorten it"
        try:
            text = b"".join(self.files.pieces(path)).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return None, f"is not UTF-8 (byte {error.start:,}); save it as UTF-8"
        return (text, None) if text else (None, "is empty; leave the cell empty if the text is missing")


def read_tar(job: Job) -> MediaReader | None:
    """An uncompressed tar with metadata."""
    return _read(Tar(job.source, job.limits, job.opened), job)


def read_zip(job: Job) -> MediaReader | None:
    """A zip with metadata."""
    return _read(Zip(job.source, job.limits, job.opened), job)


def _read(archive: Archive, job: Job) -> MediaReader | None:
    metadata = job.scratch / "metadata"
    with metadata.open("wb") as file:
        for piece in archive.pieces(archive.metadata):
            file.write(piece)
    is_csv = archive.metadata.endswith(".csv")
    read: Callable[..., TableReader | None] = read_csv if is_csv else jsonl.read_jsonl
    table = read(replace(job, source=metadata), archive=True)
    if table is None:
        return None
    rows, first = _peek(table)
    spoken = [name for name, column in table.layout.files.items() if first.get(column, "").endswith(WORDS)]
    files = {name: column for name, column in table.layout.files.items() if name not in spoken}
    words = table.layout.words | {name: table.layout.files[name] for name in spoken}
    columns = tuple(table.layout.files[name] for name in spoken)
    return MediaReader(table, replace(table.layout, files=files, words=words), archive, rows, columns, job)


def _peek(table: TableReader) -> tuple[int, dict[str, str]]:
    """How many rows there are, and by column the first file that is named, in lower case."""
    rows, first = 0, dict[str, str]()
    for block, _ in table.blocks():
        rows += len(block)
        for column in table.layout.files.values():
            if column not in first:
                found = next((name for name in block.texts[column].to_pylist() if name), None)
                first |= {column: found.lower()} if found else {}
    return rows, first
