"""A scoring: read the file that was sent, ask the model about every row. Nothing is saved half-way.

It takes seconds to minutes and is done again from the start by whoever gets it next.
"""

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import torch
from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Run, Scoring
from app.models.files import folder_of
from app.scoring.files import SCORES, ScoringFiles
from app.settings import Settings
from synib import spec
from synib.scoring import Scored, Scorer
from synib.scoring.scored import together
from synib.training import Interrupted
from synib.uploads import Limits
from worker.files import sha256
from worker.reading import Teller
from worker.results import Results

log = logging.getLogger(__name__)


class FileLost(RuntimeError):
    """What is in the store is not what was sent, or the model is gone."""


@dataclass(frozen=True)
class ScoringJob:
    """One attempt, under the lease of ``token``."""

    run: Run
    asked: Scoring
    token: str
    stop: threading.Event
    sessions: sessionmaker[Session]
    settings: Settings

    def do(self, before_scoring: Callable[[], object]) -> Results:
        """Score the file: a line a row, and where there are labels a report.

        Raises:
            TableError: it cannot be read as examples of the model.
            FileLost: file or model are no longer in the store as they were.
            Interrupted: ``stop`` was set.
            Stale: the lease is lost.
        """
        from synib.scoring.report import report_on  # noqa: PLC0415 - scipy, half a second

        source = self.settings.store / self.asked.path
        if not source.is_file() or sha256(source) != self.asked.sha256:
            raise FileLost("the file is no longer in the store as it was sent; send it again")
        folder = folder_of(self.settings.store, self.asked.model_id)
        if not folder.is_dir():
            raise FileLost("the model was deleted")
        before_scoring()
        torch.set_num_threads(self.settings.score_threads)
        scorer = Scorer.load(folder)
        ids: list[str] = []
        parts: list[Scored] = []
        scratch = Path(tempfile.mkdtemp(prefix="scoring-", dir=ScoringFiles(self.settings.store).scratch()))
        try:
            lines = scratch / SCORES
            with lines.open("wb") as out:
                for names, scored, piece in self._scored(scorer, source, scratch):
                    out.write(piece)
                    ids += names
                    parts.append(scored)
            made = report_on(scorer.card, together(parts), ids, self.asked.sha256)
            report, table = made or (None, None)
            content = lines.read_bytes()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        log.info("file scored", extra={"scoring": self.asked.id, "rows": len(ids)})
        return Results(report, table, {SCORES: (content, "application/x-ndjson")})

    def _scored(
        self, scorer: Scorer, source: Path, scratch: Path
    ) -> Iterator[tuple[list[str], Scored, bytes]]:
        from synib.scoring.files import score_file  # noqa: PLC0415 - pyarrow

        asked = spec.Scoring.model_validate(self.asked.spec)
        limits = Limits(rows=self.settings.max_examples, unpacked=self.settings.max_unpacked)
        tell = Teller(self)
        for part in score_file(scorer, source, scratch, asked, limits):
            tell("scoring", part.done, part.total)
            records = (
                {"example_id": example_id, **record}
                for example_id, record in zip(part.example_id, part.scored.records(), strict=True)
            )
            yield part.example_id, part.scored, b"".join(orjson.dumps(one) + b"\n" for one in records)
        if self.stop.is_set():
            raise Interrupted("stopped after the last row")
