"""Images, recordings and texts of new examples, to what the network takes: as in training, item by item."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.data.media import FolderMedia, Kind
from synib.features import Extractor
from synib.features.items import Item, item_of
from synib.uploads.inspecting import CALLED, ENDINGS, KINDS, Unfit, inspect
from synib.uploads.limits import Limits

BEGINS: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "wav", b"fLaC": "flac"}
NOT_READ: Final = "is no PNG or JPEG image and no WAV or FLAC recording; only such are read"
WANTED: Final[dict[Kind, str]] = {
    "image": "images, PNG or JPEG",
    "audio": "recordings, WAV or FLAC",
    "text": "texts",
}
"""What features read, as people are told."""


class Unreadable(ValueError):
    """An item that cannot be read; ``place`` is that of its example."""

    def __init__(self, place: int, detail: str) -> None:
        self.place = place
        super().__init__(detail)


def features_of(extract: Extractor, items: Sequence[bytes | None]) -> NDArray[np.float32]:
    """(N, *shape), NaN throughout where there is no item. Files as they are, texts in UTF-8.

    Raises:
        Unreadable: what an item is is not what the features read, or it is broken.
    """
    values, reads = (
        np.full((len(items), *extract.features.shape()), np.nan, np.float32),
        extract.features.reads,
    )
    assert reads is not None  # known of what has been trained on
    for place, content in enumerate(items):
        if content is None:
            continue
        try:
            values[place] = extract([_decoded(content, reads)])[0]
        except (Unfit, OSError, ValueError) as error:
            raise Unreadable(place, str(error)) from error
    return values


def item_in(path: Path, name: str, reads: Kind, limits: Limits) -> Item:
    """The image or recording in a file that its owner calls ``name``; ``reads`` is what is wanted.

    Raises:
        Unfit: it is something else, or not what its name says, broken or too large.
    """
    says = ENDINGS.get(name.rpartition(".")[2].lower())
    if says and KINDS[says] != reads:
        raise Unfit(f"is {CALLED[says]}; here the model reads {WANTED[reads]}")
    kind = inspect(path, name, limits).kind
    one = np.array([path.name])
    return item_of(FolderMedia(kind, path.parent, one, one, np.zeros(1, np.int64)), 0)


def _decoded(content: bytes, reads: Kind) -> Item:
    if reads == "text":
        return content.decode()
    ending = next((ending for begin, ending in BEGINS.items() if content.startswith(begin)), None)
    if ending is None:
        raise Unfit(NOT_READ)
    with tempfile.TemporaryDirectory(prefix="synib-item-") as folder:
        path = Path(folder) / f"item.{ending}"
        path.write_bytes(content)
        return item_in(path, path.name, reads, Limits())
