"""Files that were sent to be scored, below the store's root."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCORINGS: Final = "scorings"
SCORES: Final = "scores.ndjson"
"""What a scoring's run leaves: a line a row, as `synib.report.ScoredExample`."""


@dataclass(frozen=True)
class ScoringFiles:
    """Of all scorings."""

    store: Path

    @property
    def folder(self) -> Path:
        return self.store / SCORINGS

    def scratch(self) -> Path:
        """Where jobs put what they need meanwhile."""
        folder = self.folder / ".scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
