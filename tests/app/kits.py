"""Runs that have a model to give, and a scorer to ask it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.tables import Artifact, Run
from app.models.files import FILES
from app.settings import Settings
from synib.data import Dataset, load
from synib.evaluation.evaluate import ask, tell
from synib.scoring import Kit, kit_of
from synib.training import Trained, train
from tests.app.rows import finish, runs_of
from tests.factories import make_experiment, make_project
from tests.synib.examples import experiment


@lru_cache
def trained() -> tuple[Kit, Trained, Dataset]:
    """A small model of Gaussian XOR, its kit and its data."""
    asked = experiment(evaluation={"donors": 4, "resamples": 100})
    data = load(asked.dataset)
    model = train(asked, 0, 0, data)
    answers = ask(model, data, asked)
    report, _ = tell(answers, model, data, asked, 0, 0)
    return kit_of(model, data, asked, 0, answers, report), model, data


def promotable(
    session: Session, store: Path, project: str = "default", made: tuple[Kit, Trained, Dataset] | None = None
) -> Run:
    """A run that has succeeded and left the files of a model, the small one's unless another was ``made``."""
    from sqlalchemy import select

    from app.db.tables import Project

    owner = session.scalar(select(Project).where(Project.name == project)) or make_project(session, project)
    run = runs_of(session, make_experiment(session, owner))[0]
    kit, model, _ = made or trained()
    leave(session, run, store, kit, model)
    return finish(session, run)


def leave(session: Session, run: Run, store: Path, kit: Kit, model: Trained) -> None:
    """The files of a model, as the run's artifacts."""
    folder = store / "runs" / run.id / "1"
    kit.save(folder, model)
    for name in FILES:
        content = (folder / name).read_bytes()
        session.add(
            Artifact(
                run_id=run.id,
                name=name,
                path=f"runs/{run.id}/1/{name}",
                media_type="application/octet-stream",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )


@contextmanager
def scorer(settings: Settings, name: str = "test") -> Iterator["subprocess.Popen[bytes]"]:
    """A real scorer process."""
    known = {"database_url", "broker_url"}
    environment = {
        f"SYNIB_{field.upper()}": value.get_secret_value() if field in known else str(value)
        for field, value in settings
        if field != "mode"
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "worker.scorer", str(os.getpid()), name],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
