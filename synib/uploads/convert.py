"""From a file that somebody brings to a folder that trainings read, or to all that is wrong with it."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from synib import spec
from synib.problems import TableError
from synib.uploads import arrays, media, tables
from synib.uploads.blocks import Job, Reader
from synib.uploads.building import Builder
from synib.uploads.faults import RowFaults, of_file
from synib.uploads.formats import Format, sniff
from synib.uploads.limits import Limits
from synib.uploads.measuring import measure
from synib.uploads.profile import Profile

OnProgress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and of how much. What it raises ends the conversion."""
Open = Callable[[Job], Reader | None]

READERS: Final[dict[Format, Open]] = {
    "csv": tables.read_csv,
    "parquet": tables.read_parquet,
    "arrow": tables.read_arrow,
    "npz": arrays.read_npz,
    "safetensors": arrays.read_safetensors,
    "tar": media.read_tar,
    "zip": media.read_zip,
}


def convert(
    source: Path,
    into: Path,
    asked: spec.Upload | None = None,
    on_progress: OnProgress = lambda doing, done, total: None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Profile:
    """Make the folder ``into`` out of the file ``source``; :func:`synib.data.stored.open_folder` opens it.

    A row, a file or a batch is looked at at a time. The folder is whole or not there: it is made beside its
    place, under its name with ``.partial``, and moved when it is.

    Args:
        source: CSV, Parquet, Arrow, NPZ, safetensors, tar or zip, told apart by its first bytes.
        into: must not be there yet.
        asked: how to read it where it does not say; the defaults suffice for most.

    Raises:
        TableError: it is not what it must be; up to 20 problems at once, each with its column and rows or
            its file, and what would be right. Nothing is left behind.
        FileExistsError: ``into`` is there already.
        OSError: the file cannot be read, or the disk is full.
    """
    if into.exists():
        raise FileExistsError(f"{into} is there already")
    partial = into.with_name(f"{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        profile = _convert(source, partial, asked or spec.Upload(), on_progress, limits)
        partial.rename(into)
    except TableError as error:
        raise of_file(error) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return profile


def _convert(
    source: Path, folder: Path, asked: spec.Upload, on_progress: OnProgress, limits: Limits
) -> Profile:
    kind, faults = sniff(source), RowFaults()
    on_progress("opening", 0, 1)
    scratch = folder / "scratch"
    scratch.mkdir()
    with ExitStack() as opened:
        job = Job(source, scratch, opened, asked, faults, limits)
        reader = READERS[kind](job)
        faults.check()
        assert reader is not None
        builder = Builder(reader, job, folder)
        for block, progress in reader.blocks():
            builder.add(block)
            on_progress("reading", progress.done, progress.total)
        profile = measure(builder.finish(), kind, reader, scratch, on_progress)
    shutil.rmtree(scratch)
    return profile
