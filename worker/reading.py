"""A data set: read what was sent and make of it what trainings open. Nothing is kept half-made.

It takes seconds to minutes and is done again from the start by whoever gets it next.
"""

import hashlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy.orm import Session, sessionmaker

from app.datasets.files import DatasetFiles
from app.db.tables import Dataset, Run
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from synib import spec
from synib.problems import Problem, TableError
from synib.training import Interrupted
from worker.database import persist
from worker.files import RunFiles

if TYPE_CHECKING:
    from synib.uploads import Profile

OFTEN: Final = 0.5  # seconds between two words of how far it is
PIECE: Final = 2**20  # bytes

log = logging.getLogger(__name__)


class DataLost(RuntimeError):
    """What is in the store is not what was sent."""


class Refused(RuntimeError):
    """What was sent is no data set; its row says why."""


@dataclass(frozen=True)
class Reading:
    """One attempt to read a data set, under the lease of ``token``."""

    run: Run
    asked: Dataset
    token: str
    stop: threading.Event
    sessions: sessionmaker[Session]
    settings: Settings

    @property
    def files(self) -> DatasetFiles:
        return DatasetFiles(self.settings.store, self.asked.id)

    def do(self, before_reading: Callable[[], object]) -> None:
        """Read it, and say so in the database; or that it is refused, and why.

        Raises:
            Refused: it is no data set.
            DataLost: the store does not have it as it was sent.
            Interrupted: ``stop`` was set.
            Stale: the lease is lost; nothing was written since.
        """
        if self.asked.problems is not None:  # by an attempt that could not say that it had ended
            raise Refused(_told([Problem(**problem) for problem in self.asked.problems]))
        before_reading()
        self.files.forget_made()
        making = self.files.making(self.run.attempt)
        making.mkdir(parents=True)
        try:
            source, sha256 = self._source(making)
            profile = self._convert(source, making / "ready")
            os.sync()  # thousands of files: one by one it would take minutes
            persist(self.sessions, lambda session: self._finish(session, making, profile, sha256))
        except TableError as error:
            problems = [asdict(problem) for problem in error.problems]
            persist(self.sessions, lambda session: self._refuse(session, problems))
            self.files.forget_sent()
            raise Refused(_told(error.problems)) from None
        finally:
            shutil.rmtree(making, ignore_errors=True)
        self.files.forget_sent()

    def _source(self, making: Path) -> tuple[Path, str]:
        """What was sent, as one file, and its SHA-256; compared with what the service has written down."""
        parts = sorted((int(number), part) for number, part in self.asked.parts.items())
        paths = [(self.files.part(number, part["sha256"]), part) for number, part in parts]
        if not paths or not all(path.is_file() for path, _ in paths):
            raise DataLost("what was sent is no longer in the store; send it again")
        whole, tell, done = hashlib.sha256(), Teller(self), 0
        joined = making / "source" if len(paths) > 1 else None
        with open(joined or os.devnull, "wb") as out:  # noqa: PTH123 - a device
            for path, part in paths:
                own = hashlib.sha256()
                with path.open("rb") as file:
                    while piece := file.read(PIECE):
                        own.update(piece)
                        whole.update(piece)
                        out.write(piece)
                        done += len(piece)
                        tell("checking", done, self.asked.size or 0)
                if own.hexdigest() != part["sha256"]:
                    raise DataLost("what is in the store is not what was sent; send it again")
        sha256 = whole.hexdigest()
        if self.asked.sha256 is not None and sha256 != self.asked.sha256:
            detail = f"what arrived has sha256 {sha256}, and {self.asked.sha256} was announced; send it again"
            raise TableError([Problem("/sha256", detail, self.asked.sha256)])
        return joined or paths[0][0], sha256

    def _convert(self, source: Path, into: Path) -> "Profile":
        from synib.uploads import Limits, convert  # noqa: PLC0415 - pyarrow, which no other run needs

        asked = spec.Upload.model_validate(self.asked.spec)
        limits = Limits(rows=self.settings.max_examples, unpacked=self.settings.max_unpacked)
        profile = convert(source, into, asked, Teller(self), limits)
        log.info("read", extra={"dataset": self.asked.id, "digest": profile.digest})
        return profile

    def _finish(self, session: Session, making: Path, profile: "Profile", sha256: str) -> None:
        """Folder, row and status, all or none; done again after a lost answer it changes nothing.

        The folder is moved under the run's lock: whoever has lost the lease cannot move another one there.
        """
        if lease.succeeded(session, self.run.id, self.run.attempt):
            return
        held = lease.held(session, self.run.id, self.token)
        if (made := making / "ready").exists():
            shutil.rmtree(self.files.ready, ignore_errors=True)  # of an attempt that was not committed
            made.rename(self.files.ready)
        row = session.get_one(Dataset, self.asked.id)
        row.profile, row.digest = profile.model_dump(mode="json"), profile.digest
        row.format, row.sha256, row.parts = profile.format, sha256, {}
        transition(session, held, Status.SUCCEEDED)

    def _refuse(self, session: Session, problems: list[dict[str, Any]]) -> None:
        lease.held(session, self.run.id, self.token)
        row = session.get_one(Dataset, self.asked.id)
        row.problems, row.parts = problems, {}


class Held(Protocol):
    """A run at work, under the lease of ``token``."""

    @property
    def run(self) -> Run: ...
    @property
    def token(self) -> str: ...
    @property
    def stop(self) -> threading.Event: ...
    @property
    def sessions(self) -> sessionmaker[Session]: ...
    @property
    def settings(self) -> Settings: ...


class Teller:
    """Tells how far it is, now and then, and stops it when that is wanted."""

    def __init__(self, reading: Held) -> None:
        self._reading = reading
        self._log = RunFiles(reading.settings.store, reading.run.id).log
        self._next = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        reading = self._reading
        if reading.stop.is_set():
            raise Interrupted(f"stopped while {stage}")
        if (now := time.monotonic()) < self._next:
            return
        self._next = now + OFTEN
        self._log.touch()
        progress = {"stage": stage, "done": done, "total": total}
        persist(reading.sessions, lambda s: lease.tell(s, reading.run.id, reading.token, progress))


def _told(problems: list[Problem]) -> str:
    return "; ".join(f"{problem.pointer or '/'}: {problem.detail}" for problem in problems)
