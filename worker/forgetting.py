"""Files of data sets that nobody will use: never completed, never committed, done with."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from app import store
from app.datasets import repository
from app.datasets.files import DATASETS, DatasetFiles
from app.datasets.schemas import State
from app.db.ids import DATASET
from app.settings import Settings

BATCH: Final = 100  # data sets that one look takes

log = logging.getLogger(__name__)


def forget(sessions: sessionmaker[Session], settings: Settings, age: float) -> None:
    """Remove what nobody has touched for ``age`` seconds, and uploads that were given up."""
    _give_up(sessions, settings)
    old = [path.name for path in _old(settings.store, "ds_*", age) if DATASET.is_valid(path.name)]
    with sessions.begin() as session:
        known = repository.known(session, set(old))
    for dataset_id in old:
        files, state = DatasetFiles(settings.store, dataset_id), known.get(dataset_id)
        if state is None:
            files.forget()
            log.warning("files without a data set removed", extra={"dataset": dataset_id})
        if state in (State.READY, State.REFUSED):
            files.forget_sent()
        if state in (State.READY, State.REFUSED, State.FAILED, State.CANCELLED):
            files.forget_made()
    for path in _old(settings.store, f"{store.INCOMING}/*", age):
        path.unlink(missing_ok=True)


def _give_up(sessions: sessionmaker[Session], settings: Settings) -> None:
    """Data sets of which no part has come for long, and which were never completed."""
    with sessions.begin() as session:
        gone = []
        for dataset in repository.stale(session, settings.abandoned, BATCH):
            files = DatasetFiles(settings.store, dataset.id)
            if not files.sent.exists() or _age(files.sent) > settings.abandoned:
                session.delete(dataset)
                gone.append(files)
    for files in gone:
        files.forget()
        log.warning("data set given up by its sender removed", extra={"dataset": files.dataset_id})


def _old(folder: Path, pattern: str, age: float) -> Iterator[Path]:
    for path in (folder / DATASETS).glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            if _age(path) > age:
                yield path


def _age(path: Path) -> float:
    """Seconds since it was changed; of a folder, since a file in it came or went."""
    return time.time() - path.stat().st_mtime
