"""What a scorer keeps in memory: models, and data sets whose examples were crossed."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from app.datasets.files import DATASETS
from app.db.ids import MODEL
from app.models.files import folder_of
from app.settings import Settings

if TYPE_CHECKING:
    from synib.data import Dataset, Media
    from synib.scoring import Scorer

T = TypeVar("T")

log = logging.getLogger(__name__)


class DataLost(LookupError):
    """A model's data set can no longer be read."""


class Shelf(Generic[T]):
    """Up to ``room`` bytes, and always the last one; what was asked for longest ago goes first."""

    def __init__(self, room: int, size: Callable[[T], int]) -> None:
        self._room, self._size = room, size
        self._kept: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str, read: Callable[[], T]) -> T:
        """What is kept under the key, read where it is not here."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        began = time.monotonic()
        made = self._kept[key] = read()
        while len(self._kept) > 1 and sum(map(self._size, self._kept.values())) > self._room:
            gone, _ = self._kept.popitem(last=False)
            log.info("put away", extra={"what": gone})
        log.info("read", extra={"what": key, "seconds": f"{time.monotonic() - began:.2f}"})
        return made


class Models:
    """Models, from the store."""

    def __init__(self, settings: Settings) -> None:
        self._store, self._threads = settings.store, settings.score_threads
        self._shelf: Shelf[Scorer] = Shelf(settings.score_memory, lambda scorer: scorer.size)

    def get(self, model_id: str) -> "Scorer":
        """One of them.

        Raises:
            FileNotFoundError: it was deleted.
        """
        return self._shelf.get(model_id, lambda: self._read(model_id))

    def _read(self, model_id: str) -> "Scorer":
        if not MODEL.is_valid(model_id):
            raise FileNotFoundError(model_id)
        import torch  # noqa: PLC0415 - seconds; an idle scorer shall cost nothing

        from synib.scoring import Scorer  # noqa: PLC0415

        torch.set_num_threads(self._threads)
        return Scorer.load(folder_of(self._store, model_id))


class Datasets:
    """Data sets that models were trained on, from the store or from their recipes.

    Features are not prepared: they are made of the items that are asked about. What was uploaded is opened
    each time, which costs little, and so is gone here as soon as it is gone; what recipes make is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.store / DATASETS
        self._shelf: Shelf[Dataset] = Shelf(settings.score_data, _size)

    def of(self, scorer: "Scorer") -> "Dataset":
        """That of a model.

        Raises:
            DataLost: it is gone, or is another one by now.
        """
        from synib.data import load  # noqa: PLC0415 - with torch
        from synib.data.sources import MissingData  # noqa: PLC0415
        from synib.data.stored import StoredDataLost  # noqa: PLC0415
        from synib.spec import Stored  # noqa: PLC0415

        recipe = scorer.experiment.dataset_of(scorer.card.seed)
        try:
            if isinstance(recipe, Stored):
                return load(recipe, self._folder)
            return self._shelf.get(recipe.model_dump_json(), lambda: load(recipe, self._folder))
        except (StoredDataLost, MissingData) as error:
            raise DataLost(str(error)) from error


def _size(dataset: "Dataset") -> int:
    """About how many bytes it takes in memory."""
    arrays = sum(values.nbytes for values in dataset.x.values())
    return arrays + sum(map(_size_of, dataset.media.values()))


def _size_of(media: "Media") -> int:
    items = getattr(media, "items", ())
    if isinstance(items, np.ndarray):
        return items.nbytes
    return sum(getattr(item, "nbytes", len(item)) for item in items) if isinstance(items, list) else 0
