"""A data set is read as every run is: by a process that may die, be told to stop, or find a fault."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from sqlalchemy import select

from app import store
from app.datasets import service as datasets
from app.datasets.files import DATASETS, DatasetFiles
from app.datasets.schemas import NewDataset
from app.db.tables import Dataset, Project, Run
from app.runs import service as runs
from app.upload import Upload
from synib.data.stored import open_folder
from synib.spec import Upload as Spec
from synib.spec import parse_experiment, parse_upload
from synib.uploads import convert
from tests.factories import TINY, make_experiment, make_project
from tests.worker.service import Service, family, kill
from worker.forgetting import forget

ALL = "analysis,train.cpu,score,system"
ROWS = 160_000


def csv(rows: int, columns: int = 2) -> bytes:
    """Parity of two signs, each in a modality of its own."""
    rng = np.random.default_rng(0)
    sign = rng.integers(0, 2, (rows, 2))
    label = np.where(sign.sum(axis=1) % 2, "odd", "even")
    x = rng.normal(0, 0.3, (rows, 2 * columns)).round(4)
    x[:, [0, columns]] += 2 * sign - 1
    names = [f"{m}:{i}" for m in ("eye", "ear") for i in range(columns)]
    lines = [",".join([*names, "label"])]
    lines += [",".join([*map(str, values), name]) for values, name in zip(x.tolist(), label, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def large() -> bytes:
    """So much that whoever reads it is met half-way: 100 MB, in seconds."""
    names, _, rows = csv(20_000, columns=40).partition(b"\n")
    return names + b"\n" + rows * (ROWS // 20_000)


def received(service: Service, content: bytes) -> Upload:
    """What the API has of a body when it has come in."""
    path = store.incoming(service.settings.store, DATASETS) / hashlib.sha256(content).hexdigest()
    path.write_bytes(content)
    return Upload(path, len(content), hashlib.sha256(content).hexdigest())


def post(service: Service, content: bytes, **spec: Any) -> Run:
    """What the API does with a file; its run is queued and rung for."""
    with service.sessions.begin() as session:
        project = session.scalar(select(Project)) or make_project(session)
        upload, folder = received(service, content), service.settings.store
        run = datasets.create_whole(session, project.id, parse_upload(spec), upload, folder)
    service.ring(run)
    return run


def row(service: Service, run: Run) -> Dataset:
    with service.sessions() as session:
        return session.get_one(Dataset, run.dataset_id)


def left(service: Service, run: Run) -> list[str]:
    """What is in its folder but what is ready."""
    assert run.dataset_id is not None
    folder = DatasetFiles(service.settings.store, run.dataset_id).folder
    return sorted(path.name for path in folder.glob("*") if path.name != "ready")


def ready(service: Service, run: Run) -> Path:
    assert run.dataset_id is not None
    return DatasetFiles(service.settings.store, run.dataset_id).ready


def resumed(service: Service, run: Run) -> Run:
    """The same run when it has ended once more."""
    with service.sessions.begin() as session:
        again = runs.resume(session, session.get_one(Run, run.id))
    service.ring(again)
    (ended,) = service.until_ended(run.id)
    return ended


def until_reading(service: Service, run: Run, attempt: int = 1) -> psutil.Process:
    """The process that reads, once this attempt is at it and has said so."""
    assert run.dataset_id is not None
    making = DatasetFiles(service.settings.store, run.dataset_id).making(attempt)
    service.until((making / "ready.partial").exists)
    service.until(lambda: "stage" in service.run(run.id).progress)
    process = service.trainer(run.id)
    assert process is not None, "too late, it has ended"
    return process


@pytest.mark.slow
def test_a_file_becomes_what_the_library_makes_of_it_and_an_experiment_trains_on_it(
    service: Service, tmp_path: Path
) -> None:
    service.worker(ALL)
    content = csv(400)
    run = post(service, content, seed=3)
    (ended,) = service.until_ended(run.id)
    assert ended.status == "succeeded", ended.reason
    assert service.events(run.id)[-3:] == ["starting", "running", "succeeded"]
    (source := tmp_path / "table.csv").write_bytes(content)
    profile = convert(source, tmp_path / "made", Spec(seed=3))
    kept, opened = row(service, run), open_folder(ready(service, run))
    assert kept.profile == profile.model_dump(mode="json")
    assert (kept.digest, kept.format, kept.parts) == (profile.digest, "csv", {})
    assert opened.sha256() == open_folder(tmp_path / "made").sha256()
    service.until(lambda: left(service, run) == [])

    spec = TINY | {"dataset": {"id": kept.id}, "training": {"epochs": 4}}
    with service.sessions.begin() as session:
        project = session.scalars(select(Project)).one()
        resolved = datasets.resolve(session, project.id, spec)
        experiment = make_experiment(session, project, **resolved)
        trainings = session.scalars(select(Run).where(Run.experiment_id == experiment.id)).all()
    for trained in trainings:
        service.ring(trained)
    for trained in service.until_ended(*(one.id for one in trainings)):
        assert trained.status == "succeeded", trained.reason
        assert trained.report is not None
        assert trained.report["examples"] == parse_experiment(resolved).dataset.counts["test"]


@pytest.mark.slow
def test_reading_survives_the_death_of_its_process_and_its_worker_and_happens_once(
    service: Service,
) -> None:
    service.worker("score,system")
    worker = service.worker("analysis")
    run = post(service, large())
    for attempt, victim in enumerate(("process", "worker"), 1):
        process = until_reading(service, run, attempt)
        if victim == "process":
            kill(process)
        else:
            kill(*family(worker.pid))
            service.worker("analysis")
        service.until_queued_again(run.id, attempt)
    (ended,) = service.until_ended(run.id)
    assert (ended.status, ended.losses) == ("succeeded", 2), ended.reason
    assert service.events(run.id).count("succeeded") == 1
    assert len(open_folder(ready(service, run))) == ROWS
    service.until(lambda: left(service, run) == [])  # after the commit


@pytest.mark.slow
def test_reading_is_cancelled_leaves_nothing_half_made_and_can_be_resumed(service: Service) -> None:
    service.worker("analysis,score,system")
    run = post(service, large())
    until_reading(service, run)
    service.cancel(run.id)
    (ended,) = service.until_ended(run.id, seconds=20)
    assert (ended.status, ended.reason["code"]) == ("cancelled", "cancelled")
    assert left(service, run) == ["sent"]
    assert not ready(service, run).exists()
    assert resumed(service, run).status == "succeeded"
    assert len(open_folder(ready(service, run))) == ROWS
    service.until(lambda: left(service, run) == [])


@pytest.mark.slow
def test_parts_are_read_as_one_file_and_what_is_no_data_set_is_refused_with_its_rows(
    service: Service,
) -> None:
    service.worker("analysis,score,system")
    lines = csv(300).splitlines(keepends=True)
    lines[7] = lines[7].replace(b",", b",far,", 1).replace(b"far,", b"far", 1)  # the second number of row 7
    content = b"".join(lines)
    with service.sessions.begin() as session:
        project = make_project(session)
        whole = datasets.create(session, project.id, Spec(), NewDataset(size=len(content)))
        for number, part in enumerate((content[:1000], content[1000:]), 1):
            datasets.take_part(
                session, project.id, whole.id, number, received(service, part), service.settings
            )
        run = datasets.complete(session, project.id, whole.id)
    assert run is not None
    service.ring(run)
    (ended,) = service.until_ended(run.id)
    assert (ended.status, ended.reason["code"]) == ("failed", "invalid_data")
    kept = row(service, run)
    assert kept.problems is not None
    [problem] = kept.problems
    assert problem["pointer"] == "/file/eye:1"
    assert "row 7" in problem["detail"]
    assert problem["detail"] in ended.reason["message"]
    assert (left(service, run), ready(service, run).exists()) == ([], False)
    again = resumed(service, run)
    assert (again.status, again.reason) == ("failed", ended.reason)


@pytest.mark.slow
def test_what_is_no_longer_what_was_sent_is_not_read(service: Service) -> None:
    run = post(service, csv(300))
    assert run.dataset_id is not None
    kept = row(service, run)
    path = DatasetFiles(service.settings.store, kept.id).part(1, kept.parts["1"]["sha256"])
    path.write_bytes(path.read_bytes().replace(b"odd", b"even", 1))
    service.worker("analysis,score,system")
    (ended,) = service.until_ended(run.id)
    assert (ended.status, ended.reason["code"]) == ("failed", "data_lost")


def test_what_belongs_to_nothing_is_forgotten_and_what_is_needed_stays(service: Service) -> None:
    run = post(service, csv(10))
    assert run.dataset_id is not None
    folder = service.settings.store / DATASETS
    with service.sessions.begin() as session:
        project = session.scalars(select(Project)).one()
        made = [datasets.create(session, project.id, Spec(), NewDataset(size=9)) for _ in range(2)]
        abandoned, begun = (one.id for one in made)
        session.flush()
        for one in made:
            datasets.take_part(session, project.id, one.id, 1, received(service, b"abc"), service.settings)
            one.created_at = "2026-01-01"
    stranger, fresh, upload = (
        folder / f"ds_{'0' * 32}",
        folder / f"ds_{'1' * 32}",
        folder / ".incoming" / "abc",
    )
    for path in (stranger / "sent" / "1.x", fresh / "sent" / "1.x", upload):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    mine = DatasetFiles(service.settings.store, run.dataset_id)
    long_ago = time.time() - 2 * service.settings.abandoned
    for path in (
        stranger,
        upload,
        mine.folder,
        mine.sent,
        DatasetFiles(service.settings.store, abandoned).sent,
    ):
        os.utime(path, (long_ago, long_ago))
    forget(service.sessions, service.settings, 3600)
    there = {path.name for path in folder.glob("ds_*")}
    assert there == {run.dataset_id, begun, fresh.name}
    assert (mine.sent.exists(), upload.exists()) == (True, False)
    with service.sessions() as session:
        assert set(session.scalars(select(Dataset.id))) == {run.dataset_id, begun}
