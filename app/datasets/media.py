"""What one example has in one modality: an image, a recording, words or numbers."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from app.errors import Problem

if TYPE_CHECKING:
    from synib.data import Dataset

OPEN: Final = 8
"""Data sets that are kept open; their numbers are mapped from the disk."""
TYPES: Final = {
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"RIFF": ("audio/wav", "wav"),
    b"fLaC": ("audio/flac", "flac"),
}
"""By first bytes: what people bring is shown as what it is, not as what it is called."""


class ExampleNotFound(Problem, status=404, title="No such example"):
    """The data set has no such example, or the example has nothing in this modality."""


@dataclass(frozen=True)
class Medium:
    """What is sent of it: a file, or its content."""

    media_type: str
    ending: str
    digest: str
    path: Path | None = None
    content: bytes = b""


def medium(ready: Path, example_id: str, modality: str) -> Medium:
    """What an example of a data set that is ready has in a modality.

    Raises:
        ExampleNotFound: the example, the modality, or this example's, is not there.
    """
    import numpy as np  # noqa: PLC0415 - no other request needs it

    dataset = _opened(ready)
    if modality not in dataset.modalities:
        known = ", ".join(dataset.modalities)
        raise ExampleNotFound(f"there is no modality {modality!r}; there are {known}")
    rows = np.flatnonzero(dataset.example_id == example_id)
    if not len(rows):
        raise ExampleNotFound(f"there is no example {example_id!r}")
    row = int(rows[0])
    lacking = ExampleNotFound(f"example {example_id!r} has no {modality}")
    if modality in dataset.x:
        values = dataset.x[modality][row]
        if np.isnan(values).all():
            raise lacking
        told = {"shape": list(values.shape), "values": values.tolist()}  # NaN becomes null
        return Medium("application/json", "json", f"{modality}-{row}", content=orjson.dumps(told))
    media = dataset.media[modality]
    item = int(media.index[row])
    if item < 0:
        raise lacking
    digest = str(media.digests[item])
    if media.kind == "text":
        text = media.read(item)
        assert isinstance(text, str)
        return Medium("text/plain; charset=utf-8", "txt", digest, content=text.encode())
    path: Path = getattr(media, "path")(item)  # noqa: B009 - of those that lie in files
    with path.open("rb") as file:
        head = file.read(8)
    kind = next((told for magic, told in TYPES.items() if head.startswith(magic)), None)
    media_type, ending = kind or ("application/octet-stream", "bin")
    return Medium(media_type, ending, digest, path)


@lru_cache(OPEN)
def _opened(ready: Path) -> "Dataset":
    from synib.data.stored import open_folder  # noqa: PLC0415 - numpy and pyarrow

    return open_folder(ready)
