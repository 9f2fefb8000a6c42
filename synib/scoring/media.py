"""Files of an archive that rows name, to what the network takes: one at a time, looked at as uploads are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synib.features import Extractor
from synib.scoring.items import item_in
from synib.uploads.archive import Archive
from synib.uploads.faults import RowFaults
from synib.uploads.inspecting import Unfit
from synib.uploads.limits import Limits

Values = NDArray[np.float32]


@dataclass(frozen=True)
class FileReader:
    """The images or recordings of one modality."""

    column: str
    extract: Extractor
    archive: Archive
    scratch: Path
    faults: RowFaults
    limits: Limits

    def values(self, names: Sequence[str | None], begin: int) -> Values:
        """(B, *shape) of some rows, the first of which is ``begin``; NaN throughout where no file is named.

        What is wrong with a file is among the faults, with its row.

        Raises:
            TableError: a file of the archive is damaged.
        """
        values = np.full((len(names), *self.extract.features.shape()), np.nan, np.float32)
        made: dict[str, Values] = {}
        for row, name in enumerate(names):
            if not name:
                continue
            try:
                path = self._find(name)
                if path not in made:
                    made[path] = self._features(path)
                values[row] = made[path]
            except Unfit as error:
                detail = f"{name[:80]} {error}"
                self.faults.seen(self.column, str(error)[:12], [begin + row], detail, name)
        return values

    def _find(self, name: str) -> str:
        path = self.archive.find(name)
        if path is None:
            raise Unfit(f"is not in the archive{self.archive.hint(name)}; add it or leave the cell empty")
        return path

    def _features(self, path: str) -> Values:
        """(*shape) of a file, which is on the disk meanwhile."""
        reads = self.extract.features.reads
        assert reads is not None  # known of what has been trained on
        file = self.scratch / "item"
        with file.open("wb") as out:
            for piece in self.archive.pieces(path):
                out.write(piece)
        try:
            made: Values = self.extract([item_in(file, path, reads, self.limits)])[0]
        except ValueError as error:  # Unfit, and what the features find
            raise Unfit(str(error)) from error
        return made
