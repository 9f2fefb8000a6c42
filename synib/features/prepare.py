"""A data set of images, recordings and texts to one of arrays, each different item read once."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.data import Dataset, Media
from synib.features.cache import Cache, Values, key_of
from synib.features.extract import Extractor
from synib.features.items import item_of
from synib.features.locate import folder_of
from synib.spec.weights import digest

VERSION: Final = 1
"""Of how features are computed: another number, and all are computed anew."""
CHUNK: Final = {"image": 32, "audio": 64, "text": 512}
"""Items in memory at a time."""

log = logging.getLogger(__name__)


class FeatureError(ValueError):
    """An item of a data set that features cannot be made of; the text names it."""


def prepare(
    dataset: Dataset,
    modalities: spec.Experiment | Mapping[str, spec.Modality],
    cache: Path | None = None,
    *,
    device: str = "cpu",
    on_batch: Callable[[], None] = lambda: None,
) -> Dataset:
    """The data set with an array in ``x`` for every modality asked for.

    With a ``cache``, a folder, features of the same items by the same model are computed once and shared by
    all runs. ``on_batch`` is called every few items, and may raise to stop.

    Raises:
        FeatureError: an item cannot be read.
        spec.weights.ModelError: a pretrained model cannot be used.
    """
    if isinstance(modalities, spec.Experiment):
        modalities = modalities.resolved().modalities
    made = {
        name: _values(name, modality, dataset.media[name], cache, device, on_batch)
        for name, modality in modalities.items()
        if modality.features is not None
    }
    return replace(dataset, x={**dataset.x, **made}) if made else dataset


def _values(
    name: str,
    modality: spec.Modality,
    media: Media,
    cache: Path | None,
    device: str,
    on_batch: Callable[[], None],
) -> Values:
    """(N, *shape), NaN where an example lacks the modality."""
    features = modality.features
    assert features
    used = np.unique(media.index[media.index >= 0])
    shape, computed = (len(used), *features.shape()), False

    def fill(values: Values) -> None:
        nonlocal computed
        computed = True
        extract = Extractor(modality, device)
        chunk = CHUNK[media.kind]
        for start in range(0, len(used), chunk):
            on_batch()
            some = used[start : start + chunk]
            values[start : start + len(some)] = _extracted(name, extract, media, some)

    if cache is None:
        values = np.empty(shape, np.float32)
        fill(values)
    else:
        values = Cache(cache).get(_key(features, media, used), shape, fill, on_batch)
    log.info("features", extra={"modality": name, "items": len(used), "computed": computed})
    return _rows(values, used, media.index)


def _extracted(name: str, extract: Extractor, media: Media, items: NDArray[np.int64]) -> Values:
    try:
        return extract([item_of(media, int(item)) for item in items])
    except (OSError, ValueError) as error:
        for item in items:  # which one?
            try:
                extract([item_of(media, int(item))])
            except (OSError, ValueError) as fault:
                example = int(np.flatnonzero(media.index == item)[0])
                raise FeatureError(f"{name} of example {example} (from 0) cannot be read: {fault}") from error
        raise


def _rows(values: Values, used: NDArray[np.int64], index: NDArray[np.int64]) -> Values:
    """Each example's, (N, *shape)."""
    place = np.searchsorted(used, index)
    if np.array_equal(place, np.arange(len(used))):
        return values
    rows = np.full((len(index), *values.shape[1:]), np.nan, np.float32)
    there = index >= 0
    rows[there] = values[place[there]]
    return rows


def _key(features: spec.Features, media: Media, used: NDArray[np.int64]) -> str:
    """Of what was read, by what, in this version; a model's weights count, not where they lie."""
    said = features.model_dump(mode="json", exclude={"model", "width"})
    library = {"audio": "torchaudio"}.get(features.reads or "")
    parts: dict[str, object] = {
        "version": VERSION,
        "features": said,
        "items": key_of({"digests": media.digests[used].tolist()}),
    }
    if isinstance(features, spec.Pretrained | spec.Tokens):
        parts["weights"] = digest(folder_of(features.model))
        library = "transformers"
    if library:
        parts[library] = _version(library)
    return key_of(parts)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
