"""How a run, its events and its numbers are told."""

from datetime import datetime

from app.runs.status import Status
from app.schemas import Schema


class Reason(Schema):
    """Why a run is where it is: a word for programs and a sentence for people."""

    code: str
    message: str


class RunProgress(Schema):
    """How far training is; empty before its first epoch."""

    epoch: int | None = None
    """Epochs trained. Over all trials of tuning; after one that stopped early it skips ahead."""
    epochs: int | None = None
    """Epochs at most, over all trials of tuning; early stopping may end before."""
    step: int | None = None
    """Optimizer steps taken."""


class RunBrief(Schema):
    """A run as its experiment lists it."""

    id: str
    method: str
    """The method's name in the experiment; ``analysis`` of an analysis, ``dataset`` of a data set."""
    seed: int
    status: Status
    progress: RunProgress


class RunSchema(RunBrief):
    """One training and evaluation of one method with one seed, or the work on one analysis."""

    experiment_id: str | None
    """None of an analysis's run."""
    analysis_id: str | None = None
    """None of an experiment's runs."""
    dataset_id: str | None = None
    """Of the data set that it reads; None of all other runs."""
    scoring_id: str | None = None
    """Of the scoring that it computes; None of all other runs."""
    method_index: int
    """The method's place in the experiment; 0 is what the others are compared with. 0 of an analysis."""
    queue: str
    reason: Reason | None
    attempt: int
    """How often a worker took it."""
    losses: int
    """How often its worker died; ``max_attempts`` losses fail it."""
    max_attempts: int
    worker: str | None
    """Who holds it now."""
    seq: int
    """Number of its last event or metric row: where a stream stands."""
    created_at: datetime
    started_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None


class EventSchema(Schema):
    """A change of status; an experiment's runs begin with null → queued."""

    seq: int
    at: datetime
    from_status: Status | None
    to_status: Status
    reason: Reason | None
    attempt: int


class MetricSchema(Schema):
    """The numbers of one epoch."""

    seq: int
    at: datetime
    epoch: int
    step: int
    values: dict[str, float]


class Point(Schema):
    epoch: int
    step: int
    value: float


class Series(Schema):
    """One metric over epochs, thinned out to ``max_points`` so that every stretch keeps its extremes."""

    name: str
    total: int
    """Points there are."""
    points: list[Point]


class MetricsSchema(Schema):
    data: list[Series]


class ArtifactSchema(Schema):
    """A file that the run left; get it from ``/v1/runs/{id}/artifacts/{name}``."""

    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    created_at: datetime


class ArtifactsSchema(Schema):
    data: list[ArtifactSchema]
