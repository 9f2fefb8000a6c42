"""How a data set is told."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.errors import FaultSchema
from app.runs.schemas import Reason
from app.schemas import ListParams, Schema
from synib.spec import Stored

PARTS = 2000
"""Most parts of a data set."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class State(StrEnum):
    """receiving: parts are still to come. queued, reading: its run makes it ready, or refuses it for what
    `problems` says; cancelling, cancelled and failed are the run's, too, and such a run can be resumed."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    READING = "reading"
    CANCELLING = "cancelling"
    READY = "ready"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NewDataset(BaseModel):
    """A data set that is to be sent in parts."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    spec: dict[str, Any] = {}
    """How it is to be read."""
    size: Annotated[int, Field(ge=1, lt=2**63)]
    """Bytes of the whole file."""
    sha256: Sha256 | None = None
    """Of the whole file; it is then compared before anything is read."""


class PartSchema(Schema):
    """A part that has arrived."""

    number: int
    size: int
    """Bytes."""
    sha256: str


class DatasetProgress(Schema):
    """How far it is."""

    received: int
    """Bytes."""
    stage: str | None = None
    """What its run is doing, in a word or two, while it is reading."""
    done: int | None = None
    """Of that stage: rows, files or bytes."""
    total: int | None = None
    """Of that stage, where it is known."""


class DatasetBrief(Schema):
    """A data set in a list."""

    id: str
    name: str
    state: State
    reason: Reason | None
    """Why it is where it is."""
    progress: DatasetProgress
    run_id: str | None
    """Of the run that reads it; there when all of it has been received."""
    format: str | None
    """csv, parquet, arrow, npz, safetensors, tar or zip, by what is in it; known when it has been read."""
    size: int | None
    """Bytes of the file."""
    sha256: str | None
    """Of the file."""
    digest: str | None
    """SHA-256 of what is in it, whatever file it came in; there when it is ready."""
    modalities: list[str]
    """In their order; empty until it is ready."""
    counts: dict[str, int]
    """Examples by split; empty until it is ready."""
    created_at: datetime
    received_at: datetime | None
    """When the last byte was there."""
    started_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None


class DatasetSchema(DatasetBrief):
    """A data set with what was asked and what is in it, or what is wrong with it."""

    spec: dict[str, Any]
    """As `synib.spec.Upload`, every default written out."""
    parts: list[PartSchema]
    """Those that are there, by number, until it is ready or refused."""
    problems: list[FaultSchema]
    """Why it was refused: everything that was found, 20 at most, with columns and rows."""
    profile: dict[str, Any] | None
    """What is in it, and what its owner should know; there when it is ready. As `synib.uploads.Profile`;
    left unchecked, since it may have been stored by an earlier version."""
    dataset: Stored | None
    """What an experiment's `dataset` becomes; `{id: …}` suffices. There when it is ready."""


class DatasetList(ListParams):
    name: str | None = None
    """Only data sets whose name contains this, in any case."""
    state: list[State] = Field(default=[])
    """Only data sets in this state; may be given several times."""
