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
from synib.uploads.inspecting import Unfit, inspect
from synib.uploads.limits import Limits

BEGINS: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"RIFF": "wav", b"fLaC": "flac"}
NOT_READ: Final = "is no PNG or JPEG image and no WAV or FLAC recording; only such are read"


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
    values = np.full((len(items), *extract.features.shape()), np.nan, np.float32)
    for place, content in enumerate(items):
        if content is None:
            continue
        try:
            values[place] = extract([_decoded(content, extract.features.reads)])[0]
        except (Unfit, OSError, ValueError) as error:
            raise Unreadable(place, str(error)) from error
    return values


def _decoded(content: bytes, reads: str | None) -> Item:
    if reads == "text":
        return content.decode()
    ending = next((ending for begin, ending in BEGINS.items() if content.startswith(begin)), None)
    if ending is None:
        raise Unfit(NOT_READ)
    kind: Kind = "image" if ending in ("png", "jpg") else "audio"
    with tempfile.TemporaryDirectory(prefix="synib-item-") as folder:
        name = f"item.{ending}"
        path = Path(folder) / name
        path.write_bytes(content)
        inspect(path, name, Limits())
        one = np.array([name])
        return item_of(FolderMedia(kind, path.parent, one, one, np.zeros(1, np.int64)), 0)
