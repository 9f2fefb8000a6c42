"""Receiving data sets, naming them in experiments, letting them go."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Row, func
from sqlalchemy.orm import Session

from app import store
from app.datasets import repository
from app.datasets.files import DatasetFiles
from app.datasets.schemas import (
    DatasetBrief,
    DatasetProgress,
    DatasetSchema,
    NewDataset,
    PartSchema,
    State,
)
from app.db.ids import DATASET, new_id
from app.db.tables import Dataset, Run, RunEvent
from app.errors import BodyTooLarge, FaultSchema, InvalidRequest, Problem, StoreFull
from app.queues import ANALYSIS
from app.runs.status import LEASED, Status
from app.settings import Settings
from app.upload import Upload
from synib.problems import Problem as Fault
from synib.problems import SpecError, from_pydantic
from synib.spec import Stored
from synib.spec import Upload as Spec

ATTEMPTS: Final = 3
"""How often a worker may die of it."""
SPARE: Final = 2**28
"""Bytes that stay free in the store when a data set is announced."""


class DatasetNotFound(Problem, status=404, title="No such data set"):
    """This project has no such data set; GET /v1/datasets lists those there are."""


class DatasetComplete(Problem, status=409, title="All of it is here already"):
    """Parts are taken until the data set is complete; send other data as another one."""


class DatasetIncomplete(Problem, status=409, title="Some of it is missing"):
    """Parts are numbered from 1 on without a gap, and together they are as large as was announced."""


class DatasetInUse(Problem, status=409, title="It is in use"):
    """A data set stays while it is being read and while an experiment on it is not finished."""


class DatasetNotReady(Problem, status=409, title="The data set is not ready"):
    """Experiments can be posted on a data set when its `state` is ready."""


# ------------------------------------------------------------------------------------------ receiving


def announced(data: Any, settings: Settings) -> NewDataset:
    """What is to be sent in parts.

    Raises:
        InvalidRequest: it is not said as documented.
        BodyTooLarge: it is larger than this server takes.
        StoreFull: there is no room for it.
    """
    try:
        asked = NewDataset.model_validate(data)
    except ValidationError as error:
        faults = from_pydantic(error, data, NewDataset)
        raise InvalidRequest("; ".join(f"{f.pointer or '/'}: {f.detail}" for f in faults), faults) from None
    if asked.size > settings.max_upload:
        detail = f"{asked.size} bytes are more than the {settings.max_upload} of SYNIB_MAX_UPLOAD"
        raise BodyTooLarge.at("/size", f"{detail}; send less, or ask for more", asked.size)
    make_room(settings.store, asked.size)
    return asked


def make_room(folder: Path, size: int) -> None:
    """See that there is room for so many bytes.

    Raises:
        StoreFull: there is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size + SPARE > free:
        told = f"the store has {free / 2**30:.1f} GiB left, and this takes {size / 2**30:.1f}"
        raise StoreFull(f"{told}; delete data sets that are not needed, or give it a larger disk")


def create(session: Session, project_id: str, spec: Spec, asked: NewDataset) -> Dataset:
    """A data set of which nothing is there yet."""
    made = Dataset(
        project_id=project_id,
        name=spec.name,
        spec=spec.model_dump(mode="json"),
        size=asked.size,
        sha256=asked.sha256,
    )
    session.add(made)
    session.flush()
    return made


def create_whole(session: Session, project_id: str, spec: Spec, upload: Upload, folder: Path) -> Run:
    """A data set all of which is there, and its run, queued.

    The file is in its place before the transaction ends; if that fails, it goes.
    """
    dataset_id = new_id("ds")
    files = DatasetFiles(folder, dataset_id)
    try:
        _take(files, 1, upload)
        made = Dataset(
            id=dataset_id,
            project_id=project_id,
            name=spec.name,
            spec=spec.model_dump(mode="json"),
            size=upload.size,
            sha256=upload.sha256,
            parts={"1": {"size": upload.size, "sha256": upload.sha256}},
        )
        session.add(made)
        session.flush()
        return _queue(session, made)
    except BaseException:
        files.forget()
        raise


def receiving(session: Session, project_id: str, dataset_id: str) -> None:
    """See that parts are taken, before one is read.

    Raises:
        DatasetNotFound, DatasetComplete.
    """
    state = repository.state(session, project_id, dataset_id) if DATASET.is_valid(dataset_id) else None
    _still_receiving(dataset_id, state)


def take_part(
    session: Session, project_id: str, dataset_id: str, number: int, part: Upload, settings: Settings
) -> PartSchema:
    """Keep a part; sent again, it takes the place of the one that was there.

    Raises:
        DatasetNotFound, DatasetComplete: meanwhile.
        BodyTooLarge: with it there is more than was announced.
    """
    dataset = repository.lock(session, project_id, dataset_id)
    _still_receiving(dataset_id, None if dataset is None else _state(dataset))
    assert dataset is not None
    assert dataset.size is not None
    others = sum(one["size"] for name, one in dataset.parts.items() if name != str(number))
    if others + part.size > dataset.size:
        detail = f"with these {part.size} bytes there are more than the {dataset.size} that were announced"
        raise BodyTooLarge(f"{detail}; the parts of GET /v1/datasets/{dataset_id} are there")
    files = DatasetFiles(settings.store, dataset_id)
    _take(files, number, part)
    dataset.parts = dataset.parts | {str(number): {"size": part.size, "sha256": part.sha256}}
    session.flush()
    return PartSchema(number=number, size=part.size, sha256=part.sha256)


def drop_replaced(session: Session, project_id: str, dataset_id: str, number: int, folder: Path) -> None:
    """Remove what a part replaced, once that is certain: in a transaction after the one that took it."""
    dataset = repository.lock(session, project_id, dataset_id)
    if dataset is None or _state(dataset) is not State.RECEIVING:
        return
    files = DatasetFiles(folder, dataset_id)
    counts = files.part(number, dataset.parts[str(number)]["sha256"])
    for path in files.tries(number):
        if path != counts:
            path.unlink(missing_ok=True)


def complete(session: Session, project_id: str, dataset_id: str) -> Run | None:
    """Queue the run that reads what has been sent; None if that was done before.

    Raises:
        DatasetNotFound.
        DatasetIncomplete: parts or bytes are missing.
    """
    dataset = repository.lock(session, project_id, dataset_id) if DATASET.is_valid(dataset_id) else None
    if dataset is None:
        raise not_found(dataset_id)
    if _state(dataset) is not State.RECEIVING:
        return None
    numbers = sorted(map(int, dataset.parts))
    missing = sorted({*range(1, max(numbers, default=1) + 1)} - {*numbers})
    if missing:
        told = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        detail = f"of parts 1 to {max(missing + numbers)} these are missing: {told}"
        raise DatasetIncomplete(f"{detail}; send them and complete it again")
    received = _received(dataset.parts)
    if received != dataset.size:
        detail = f"{received} of the {dataset.size} bytes that were announced have arrived"
        raise DatasetIncomplete(f"{detail}; send what is missing and complete it again")
    return _queue(session, dataset)


def _queue(session: Session, dataset: Dataset) -> Run:
    """Its run, whose timeline begins here."""
    dataset.received_at = func.now()
    run = Run(
        project_id=dataset.project_id,
        dataset_id=dataset.id,
        method_index=0,
        method="dataset",
        seed=dataset.spec["seed"],
        queue=ANALYSIS,
        max_attempts=ATTEMPTS,
        seq=1,
    )
    session.add(run)
    session.flush()
    session.add(RunEvent(run_id=run.id, seq=1, to_status=Status.QUEUED, attempt=0))
    session.flush()
    return run


def _take(files: DatasetFiles, number: int, part: Upload) -> None:
    """Move what was received to its place."""
    files.sent.mkdir(parents=True, exist_ok=True)
    part.path.rename(files.part(number, part.sha256))
    store.sync(files.sent)


def _state(dataset: Dataset) -> State:
    """Of a locked row: only whether it is receiving is asked."""
    return State.RECEIVING if dataset.received_at is None else State.QUEUED


def _still_receiving(dataset_id: str, state: State | None) -> None:
    if state is None:
        raise not_found(dataset_id)
    if state is not State.RECEIVING:
        raise DatasetComplete(f"{dataset_id} is complete; send other data as another data set")


def _received(parts: Mapping[str, Any]) -> int:
    return sum(one["size"] for one in parts.values())


def not_found(dataset_id: str) -> DatasetNotFound:
    return DatasetNotFound(f"there is no data set {dataset_id!r}; GET /v1/datasets lists yours")


# ----------------------------------------------------------------------------------------- afterwards


def resolve(session: Session, project_id: str, data: Any) -> Any:
    """An experiment as it was written, with everything that is known of the data set that it names.

    Until the transaction ends that data set cannot be deleted.

    Raises:
        SpecError: there is no such data set, or it is not what the experiment says it is.
        DatasetNotReady: nothing can be trained on it, yet or ever.
    """
    named = data.get("dataset") if isinstance(data, Mapping) else None
    if not isinstance(named, Mapping) or named.get("kind", "stored") != "stored":
        return data
    wanted = named.get("id")
    if not isinstance(wanted, str) or not DATASET.is_valid(wanted):
        return data  # the spec says what an id looks like
    dataset = repository.hold(session, project_id, wanted)
    state = repository.state(session, project_id, wanted)
    if dataset is None or state is None:
        detail = f"there is no data set {wanted!r}; GET /v1/datasets lists yours"
        raise SpecError([Fault("/dataset/id", detail, wanted)])
    if state is not State.READY:
        raise DatasetNotReady.at("/dataset/id", f"the data set is {state}; {NEXT[state]}", wanted)
    full = stored(dataset).model_dump(mode="json")
    wrong = [
        Fault(f"/dataset/{field}", f"of this data set it is {full[field]}; leave it out", given)
        for field, given in named.items()
        if field in full and given and given != full[field]
    ]
    if wrong:
        raise SpecError(wrong)
    return {**data, "dataset": {**named, **full}}


NEXT = {
    State.RECEIVING: "send what is missing and complete it",
    State.QUEUED: "a worker will read it; ask again when it is ready",
    State.READING: "ask again when it is ready",
    State.CANCELLING: "resume its run, or send it again",
    State.CANCELLED: "resume its run, or send it again",
    State.REFUSED: "its problems say why; mend the file and send it as another data set",
    State.FAILED: "its reason says why; resume its run, or send it again",
}


def stored(row: Dataset | Row[Any]) -> Stored:
    """A data set that is ready, as an experiment has it."""
    profile = row.profile
    assert profile is not None
    parts = profile["modalities"]
    return Stored(
        id=row.id,
        digest=row.digest,
        modalities=[part["name"] for part in parts],
        shapes={part["name"]: part["shape"] for part in parts if part["kind"] == "numbers"},
        media={part["name"]: part["kind"] for part in parts if part["kind"] != "numbers"},
        classes=profile["classes"],
        counts=_in_order(profile["counts"]),
    )


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """As people think of splits; the database has them by the length of their names."""
    return {split: counts[split] for split in ("train", "validation", "test") if split in counts}


def delete(session: Session, project_id: str, dataset_id: str) -> None:
    """Forget a data set; its files are the caller's to remove once that is certain.

    Raises:
        DatasetNotFound.
        DatasetInUse: it is being read, or an experiment on it goes on.
    """
    if not DATASET.is_valid(dataset_id) or repository.state(session, project_id, dataset_id) is None:
        raise not_found(dataset_id)
    # The run before its data set, as whoever reads it locks them.
    run = repository.run_of(session, dataset_id, locked=True)
    dataset = repository.lock(session, project_id, dataset_id)
    if dataset is None:
        raise not_found(dataset_id)
    if run is not None and run.status in LEASED:
        raise DatasetInUse(f"{dataset_id} is being read; cancel that and wait until it is cancelled")
    if users := repository.users(session, dataset_id):
        raise DatasetInUse(f"{', '.join(users)} still need it; wait for them or cancel them")
    session.delete(dataset)
    session.flush()


# --------------------------------------------------------------------------------------------- telling


def briefs(rows: Sequence[Row[Any]]) -> list[DatasetBrief]:
    """Rows of a page as they are shown."""
    return [DatasetBrief(**_brief(row)) for row in rows]


def show(session: Session, dataset_id: str) -> DatasetSchema:
    """The data set as it stands."""
    row = repository.detail(session, dataset_id)
    parts = sorted(row.parts.items(), key=lambda item: int(item[0]))
    ready = State(row.state) is State.READY
    return DatasetSchema(
        **_brief(row),
        spec=row.spec,
        parts=[PartSchema(number=int(number), **part) for number, part in parts],
        problems=[FaultSchema(**problem) for problem in row.problems or ()],
        profile=row.profile if ready else None,
        dataset=stored(row) if ready else None,
    )


def _brief(row: Row[Any]) -> dict[str, Any]:
    values = row._mapping
    written = ("progress", "modalities", "counts")
    shown = {name: values[name] for name in DatasetBrief.model_fields if name not in written}
    received = _received(row.parts) if row.received_at is None else row.size
    told = row.told or {} if State(row.state) is State.READING else {}
    stage = {name: told.get(name) for name in ("stage", "done", "total")}
    ready = State(row.state) is State.READY
    return shown | {
        "progress": DatasetProgress(received=received, **stage),
        "modalities": row.modalities if ready else [],
        "counts": _in_order(row.counts) if ready else {},
    }
