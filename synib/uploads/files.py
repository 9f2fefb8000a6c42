"""A modality that is images or recordings: each different file once, looked at and kept as it was brought."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synib.uploads.archive import Archive
from synib.uploads.faults import RowFaults
from synib.uploads.folder import MediaFolder
from synib.uploads.inspecting import CALLED, ENDINGS, KINDS, SIDE, Seen, Unfit, inspect
from synib.uploads.limits import Limits
from synib.uploads.lookalikes import lookalikes
from synib.uploads.profile import Spread

RATES: Final = 20
"""Sampling rates that are told."""


@dataclass
class FileWriter:
    """``items/<sha256>.<ending>`` of one modality, with its index."""

    name: str
    column: str
    folder: MediaFolder
    archive: Archive
    faults: RowFaults
    limits: Limits
    seen: list[Seen] = field(default_factory=list)
    """(M,)"""
    names: list[str] = field(default_factory=list)
    """(M,) of the files in the folder."""

    def __post_init__(self) -> None:
        self.folder.items.mkdir(parents=True)
        self._places: dict[str, int] = {}  # by digest
        self._known: dict[str, int] = {}  # by name in the archive
        self._index: list[NDArray[np.int64]] = []

    def add(self, names: Any, begin: int) -> None:
        """Arrow's strings of some rows: files of the archive; null and empty are missing."""
        index = np.full(len(names), -1, np.int64)
        for row, name in enumerate(names.to_pylist()):
            if name:
                try:
                    index[row] = self._item(name)
                except Unfit as error:
                    detail = f"{name[:80]} {error}"
                    self.faults.seen(self.column, str(error)[:12], [begin + row], detail, name)
        self._index.append(index)

    def gone(self) -> NDArray[np.bool_]:
        """(B,) which of the last rows lack the modality."""
        return self._index[-1] < 0

    def close(self) -> None:
        """All rows are there."""
        np.save(self.folder.index, self.index)
        np.save(self.folder.digests, self.digests)
        np.save(self.folder.names, np.array(self.names, np.str_))

    @property
    def kind(self) -> Any:
        """image or audio; of a modality that no example has, image."""
        return self.seen[0].kind if self.seen else "image"

    @property
    def index(self) -> NDArray[np.int64]:
        """(N,)"""
        return np.concatenate([np.empty(0, np.int64), *self._index])

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(N,)"""
        return self.index < 0

    @property
    def digests(self) -> NDArray[np.str_]:
        """(M,)"""
        return np.array([*self._places], "U64")

    @cached_property
    def alike(self) -> NDArray[np.int64]:
        """(M,) equal numbers for those that look, or sound, alike."""
        thumbs = [one.thumb for one in self.seen if one.thumb is not None]
        return lookalikes(np.array(thumbs, np.uint8).reshape(-1, SIDE, SIDE))

    def sizes(self) -> dict[str, Any]:
        """What a profile says of them."""
        if not self.seen:
            return {}
        if self.kind == "audio":
            rates = sorted({one.rate for one in self.seen})[:RATES]
            return {"lengths": _spread([one.seconds for one in self.seen], "seconds"), "rates": rates}
        heights, widths = zip(*(one.size for one in self.seen), strict=True)
        return {"heights": _spread(heights, "pixels"), "widths": _spread(widths, "pixels")}

    def _item(self, name: str) -> int:
        path = self.archive.find(name)
        if path is None:
            raise Unfit(f"is not in the archive{self.archive.hint(name)}; add it or leave the cell empty")
        if path not in self._known:
            self._known[path] = self._keep(path)
        return self._known[path]

    def _keep(self, path: str) -> int:
        """Look at a file, and keep it if it is a new one."""
        new, digest = self.folder.items / "new", hashlib.sha256()
        ending = path.rpartition(".")[2].lower()
        self._check_kind(ending)
        try:
            with new.open("wb") as file:
                for piece in self.archive.pieces(path):
                    digest.update(piece)
                    file.write(piece)
            place = self._places.get(digest.hexdigest())
            if place is not None:
                return place
            self.seen.append(inspect(new, path, self.limits))
            kept = f"{digest.hexdigest()}.{ending}"
            new.rename(self.folder.items / kept)
        finally:
            new.unlink(missing_ok=True)
        self.names.append(kept)
        self._places[digest.hexdigest()] = len(self._places)
        return len(self._places) - 1

    def _check_kind(self, ending: str) -> None:
        is_a = ENDINGS.get(ending)
        if self.seen and is_a and KINDS[is_a] != self.kind:
            raise Unfit(f"is {CALLED[is_a]}, those before it are {self.kind}; a modality is of one kind")


def _spread(amounts: Any, unit: str) -> Spread:
    least, median, most = np.min(amounts), np.median(amounts), np.max(amounts)
    return Spread(least=float(least), median=float(median), most=float(most), unit=unit)
