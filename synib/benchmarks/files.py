"""Files of images, recordings and texts as a column of media."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from synib.benchmarks.places import stamp
from synib.data.media import FolderMedia


def of_files(kind: Literal["image", "audio", "text"], folder: Path, names: Sequence[str]) -> FolderMedia:
    """Files, one an example, in their order; two of the same content are one item."""
    digests = [_digest(stamp(folder / name)) for name in names]
    _, first, index = np.unique(digests, return_index=True, return_inverse=True)
    return FolderMedia(
        kind, folder, np.array(names)[first], np.array(digests)[first], np.asarray(index, np.int64)
    )


@lru_cache(maxsize=100_000)
def _digest(which: tuple[Path, int, int]) -> str:
    with which[0].open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
