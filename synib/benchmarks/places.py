"""Where data lie that somebody brought, and their faults, told at the field that names them."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, Final

from synib.problems import Problem, SpecError

VARIABLE: Final = "SYNIB_DATA"


def place(path: str) -> Path:
    """A path of a recipe; relative ones begin at ``$SYNIB_DATA``, at ../shared/data where it is not set."""
    return Path(os.environ.get(VARIABLE) or "../shared/data") / path


def the_file(path: str, field: str, *parts: str) -> Path:
    """A file that must be there, or one in a folder that must be there.

    Raises:
        SpecError: it is not.
    """
    found = place(path).joinpath(*parts)
    if not found.is_file():
        raise fault(field, f"{'/'.join((path, *parts))} is no file here; {_where(path)}", path)
    return found


def fault(field: str, detail: str, value: object = None) -> SpecError:
    """One fault of a recipe."""
    return SpecError([Problem(f"/{field}", detail, value)])


@contextmanager
def under(pointer: str) -> Iterator[None]:
    """Faults found here are of the recipe at the pointer."""
    try:
        yield
    except SpecError as error:
        raise SpecError(
            [Problem(pointer + one.pointer, one.detail, one.value) for one in error.problems]
        ) from None


def _where(path: str) -> str:
    if Path(path).is_absolute():
        return "give the path that it has where runs are computed"
    if os.environ.get(VARIABLE):
        return f"relative paths begin at ${VARIABLE}"
    return f"relative paths begin at ${VARIABLE}, which is not set, so at ../shared/data"


PATHS: Final = ("file", "folder", "folds")
"""Fields of recipes that are paths."""


def refuse_outside(dataset: Any, has_folder: bool) -> None:
    """A service follows no path of a recipe but to below its own folder of data, if it has one.

    To be asked of what somebody wrote, before anything looks whether such a file exists.

    Raises:
        SpecError: some path leads elsewhere.
    """
    if problems := list(_outside(dataset, has_folder, "/dataset")):
        raise SpecError(problems)


def _outside(dataset: Any, has_folder: bool, pointer: str) -> Iterator[Problem]:
    if not isinstance(dataset, Mapping):
        return
    yield from _outside(dataset.get("clips"), has_folder, f"{pointer}/clips")
    for field in PATHS:
        path = dataset.get(field)
        if not isinstance(path, str):
            continue
        if not has_folder:
            detail = (
                f"this service reads no files of its own; upload the data, or start it with ${VARIABLE} set"
            )
            yield Problem(f"{pointer}/{field}", detail, path)
        elif PurePath(path).is_absolute() or ".." in PurePath(path).parts:
            detail = f"must be a path below the service's folder of data (${VARIABLE}), without .."
            yield Problem(f"{pointer}/{field}", detail, path)


def stamp(path: Path) -> tuple[Path, int, int]:
    """Another one when the file is another: what has been read of it is remembered by this."""
    status = path.stat()
    return path, status.st_mtime_ns, status.st_size
