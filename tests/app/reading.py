"""What a worker does with a data set, here and now."""

import threading
from pathlib import Path

import httpx
from sqlalchemy.orm import Session, sessionmaker

from app.datasets.files import DATASETS
from app.db.tables import Dataset
from app.runs import lease
from app.runs.status import Status, reason, transition
from app.settings import Settings
from worker.files import RunFiles
from worker.reading import Reading, Refused

LEASE = 60.0


def read(sessions: sessionmaker[Session], settings: Settings, run_id: str) -> None:
    """Claim the run that reads a data set, read it, and write down how that ended."""
    with sessions.begin() as session:
        run = lease.claim(session, run_id, 0, "here", LEASE)
        assert run is not None
        transition(session, run, Status.RUNNING)
        asked = session.get_one(Dataset, run.dataset_id)
    token = run.lease_token
    assert token is not None
    RunFiles(settings.store, run_id).folder.mkdir(parents=True, exist_ok=True)  # as the supervisor does
    try:
        Reading(run, asked, token, threading.Event(), sessions, settings).do(lambda: None)
    except Refused as error:
        with sessions.begin() as session:
            held = lease.held(session, run_id, token)
            transition(session, held, Status.FAILED, reason("invalid_data", str(error)))


def uploaded(api: httpx.Client, sessions: sessionmaker[Session], settings: Settings, file: bytes) -> str:
    """A data set that was sent and read; its id."""
    answer = api.post("/v1/datasets", files={"file": ("data", file)})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    read(sessions, settings, made["run_id"])
    identifier: str = made["id"]
    return identifier


def kept(store: Path) -> list[Path]:
    """Every file of data sets in the store."""
    return [path for path in (store / DATASETS).rglob("*") if path.is_file()]
