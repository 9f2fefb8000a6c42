"""How an experiment is told."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from app.runs.schemas import RunBrief
from app.runs.status import Status
from app.schemas import ListParams, Schema


class ExperimentStatus(StrEnum):
    """Derived from the runs: queued while none has started, running until the last has ended; then failed if
    one failed, else cancelled if one was cancelled, else succeeded."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExperimentProgress(Schema):
    runs: int
    by_status: dict[Status, int]
    """Runs in each status; a status that no run is in is left out."""
    fraction: float
    """0 to 1: the share of epochs done, a finished run counting as done."""


class ExperimentBrief(Schema):
    """An experiment in a list."""

    id: str
    name: str
    status: ExperimentStatus
    progress: ExperimentProgress
    digest: str
    """SHA-256 of the resolved spec; two experiments with the same digest ask for the same thing."""
    created_at: datetime
    finished_at: datetime | None
    """When the last run had ended and the comparison was there."""


class ExperimentSchema(ExperimentBrief):
    """An experiment with its resolved spec and its runs, by method and seed."""

    spec: dict[str, Any]
    """As `synib.spec.Experiment`; left unchecked, since it may have been stored by an earlier version."""
    runs: list[RunBrief]


class ExperimentList(ListParams):
    name: str | None = None
    """Only experiments whose name contains this, in any case."""
    status: ExperimentStatus | None = None
    """Only experiments in this status."""
