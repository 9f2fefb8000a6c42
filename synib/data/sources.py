"""Where the files lie that a recipe reads: real data that no package may carry."""

import os
from pathlib import Path


class MissingData(FileNotFoundError):
    """Files that a recipe reads are not where they are looked for, or are not what they must be."""

    def __str__(self) -> str:
        return str(self.args[0])


def source_folder(name: str) -> Path:
    """The folder ``name`` in `$SYNIB_DATA`, else in ../shared/data.

    Raises:
        MissingData: there is none.
    """
    folder = (Path(os.environ.get("SYNIB_DATA") or "../shared/data") / name).resolve()
    if not folder.is_dir():
        raise MissingData(f"{folder} is not there; set $SYNIB_DATA to the folder in which {name} lies")
    return folder
