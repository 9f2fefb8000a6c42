"""Data that was uploaded, as it lies in a folder: opened at once, read as it is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data.dataset import SPLITS, Dataset
from synib.data.media import ArrayMedia, FolderMedia, Item, Media
from synib.uploads.folder import Folder, MediaFolder
from synib.uploads.profile import ModalityProfile, Profile


class StoredDataLost(RuntimeError):
    """Uploaded data is not where it was, or is not what it was."""


def open_stored(recipe: spec.Stored, store: Path | None) -> Dataset:
    """The data set that an experiment names, from ``store``/<id>/ready.

    Raises:
        StoredDataLost: it is not there, or it is another one.
    """
    if store is None:
        raise StoredDataLost(f"{recipe.id} was uploaded to a service; say in which folder that has its data")
    folder = store / recipe.id / "ready"
    try:
        digest = read_profile(folder).digest
    except FileNotFoundError:
        raise StoredDataLost(f"{recipe.id} is no longer in the store; upload it again") from None
    if recipe.digest not in (None, digest):
        told = f"{recipe.id} in the store is not what the experiment was posted on"
        raise StoredDataLost(f"{told}: its digest is {digest}, not {recipe.digest}")
    return open_folder(folder)


def open_folder(path: Path) -> Dataset:
    """The data set that `synib.uploads.convert` has written; numbers and texts are mapped from the disk.

    Raises:
        FileNotFoundError: it has written none there.
    """
    folder, profile = Folder(path), read_profile(path)
    kinds = {modality.name: modality for modality in profile.modalities}
    group = folder.column("group")
    return Dataset(
        x={name: _load(folder.array(name), mapped=True) for name in profile.shapes},
        y=_load(folder.column("label")),
        split=np.array(SPLITS)[_load(folder.column("split"))],
        example_id=_load(folder.column("example_id")),
        classes=tuple(profile.classes),
        media={name: _media(folder.media(name), kinds[name]) for name in profile.media},
        group=_load(group) if group.exists() else None,
    )


def read_profile(path: Path) -> Profile:
    """What is known of it."""
    return Profile.model_validate_json(Folder(path).profile.read_bytes())


class Texts(Sequence[Item]):
    """Texts in an Arrow file, each read when it is asked for."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa  # noqa: PLC0415

        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._batches = [reader.get_batch(i).column(0) for i in range(reader.num_record_batches)]
        self._begins = np.cumsum([0, *map(len, self._batches)])

    def __len__(self) -> int:
        return int(self._begins[-1])

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return [self[i] for i in range(*item.indices(len(self)))]
        if not 0 <= item < len(self):
            raise IndexError(item)
        batch = int(np.searchsorted(self._begins, item, side="right")) - 1
        return self._batches[batch][int(item - self._begins[batch])].as_py()


def _media(folder: MediaFolder, modality: ModalityProfile) -> Media:
    index, digests = _load(folder.index), _load(folder.digests)
    if modality.kind == "text":
        return ArrayMedia("text", Texts(folder.texts), index, known=digests)
    assert modality.kind != "numbers"
    return FolderMedia(modality.kind, folder.items, _load(folder.names), digests, index)


def _load(path: Path, mapped: bool = False) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False))
