"""The tables. Rows are the only truth; everything else can be thrown away."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, INTEGER, JSONB, REAL, SMALLINT, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.db.ids import ANALYSIS, DATASET, EXPERIMENT, KEY, MODEL, PROJECT, RUN, SCORING, new_id


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


class Project(Base):
    """Whose data it is; every other row belongs to one."""

    __tablename__ = "project"

    id: Mapped[str] = mapped_column(PROJECT, primary_key=True, default=lambda: new_id("prj"))
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKey(Base):
    """A way in. Of the secret only its SHA-256 is kept: 32 random bytes cannot be guessed."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("role IN ('reader', 'writer', 'admin')", name="role"),)

    id: Mapped[str] = mapped_column(KEY, primary_key=True, default=lambda: new_id("key"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    role: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    project: Mapped[Project] = relationship(lazy="raise")


class Experiment(Base):
    """One question: a resolved spec and, when its last run has ended, the comparison."""

    __tablename__ = "experiment"
    __table_args__ = (
        Index("ix_experiment_project_id_id", "project_id", "id"),
        Index("ix_experiment_unfinished", "id", postgresql_where=text("finished_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(EXPERIMENT, primary_key=True, default=lambda: new_id("exp"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str]
    spec: Mapped[dict[str, Any]]
    digest: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    comparison: Mapped[dict[str, Any] | None]

    runs: Mapped[list["Run"]] = relationship(back_populates="experiment", lazy="raise", order_by="Run.id")


class Analysis(Base):
    """What is asked of one table of predictions, and the table; its one run has all else (decision 0017)."""

    __tablename__ = "analysis"
    __table_args__ = (Index("ix_analysis_project_id_id", "project_id", "id"),)

    id: Mapped[str] = mapped_column(ANALYSIS, primary_key=True, default=lambda: new_id("ana"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str]
    spec: Mapped[dict[str, Any]]
    path: Mapped[str]
    """Of the table, below the store's root."""
    format: Mapped[str]
    size: Mapped[int] = mapped_column(BIGINT)
    sha256: Mapped[str]
    rows: Mapped[int | None]
    """None where only reading all of it would tell."""
    modalities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Dataset(Base):
    """What somebody brings to train on; the run that reads it makes it ready (decision 0018)."""

    __tablename__ = "dataset"
    __table_args__ = (
        Index("ix_dataset_project_id_id", "project_id", "id"),
        Index("ix_dataset_incomplete", "id", postgresql_where=text("received_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(DATASET, primary_key=True, default=lambda: new_id("ds"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str]
    spec: Mapped[dict[str, Any]]
    """How it is to be read, where its files do not say."""
    parts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Received so far, by number: ``{size, sha256}``; empty, and they gone, once it is ready or refused."""
    format: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BIGINT)
    sha256: Mapped[str | None]
    """Of the file as it was sent, or as it was announced."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    received_at: Mapped[datetime | None]
    """When the last byte was there and the run was queued."""
    digest: Mapped[str | None]
    """Of what is in it, whatever file it came in."""
    profile: Mapped[dict[str, Any] | None]
    """Shapes, classes, counts and warnings; there when it is ready."""
    problems: Mapped[list[dict[str, Any]] | None]
    """Why it was refused, by field and row."""


class Model(Base):
    """A run's weights under a name, and all that is needed to ask it about new examples."""

    __tablename__ = "model"
    __table_args__ = (
        Index("ix_model_project_id_id", "project_id", "id"),
        Index("ix_model_project_id_name", "project_id", "name", unique=True),
    )

    id: Mapped[str] = mapped_column(MODEL, primary_key=True, default=lambda: new_id("mdl"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[str]
    run_id: Mapped[str] = mapped_column(RUN, index=True)
    """Where it came from; no foreign key, for it has a copy of all that it needs."""
    path: Mapped[str]
    """Of its folder, below the store's root."""
    card: Mapped[dict[str, Any]]
    """Modalities, classes, calibration, the profile of its training data, what its report said."""
    size: Mapped[int] = mapped_column(BIGINT)
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Scoring(Base):
    """A file of examples that a model is asked about; its one run has all else."""

    __tablename__ = "scoring"
    __table_args__ = (Index("ix_scoring_project_id_id", "project_id", "id"),)

    id: Mapped[str] = mapped_column(SCORING, primary_key=True, default=lambda: new_id("sco"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    model_id: Mapped[str] = mapped_column(ForeignKey("model.id", ondelete="CASCADE"), index=True)
    spec: Mapped[dict[str, Any]]
    path: Mapped[str]
    format: Mapped[str]
    size: Mapped[int] = mapped_column(BIGINT)
    sha256: Mapped[str]
    rows: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Run(Base):
    """One piece of work and the lease of the worker that holds it.

    A method with one seed, an analysis, a data set that is read or a file that is scored.
    """

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'starting', 'running', 'cancelling', 'preempted', 'lost',"
            " 'succeeded', 'failed', 'cancelled')",
            name="status",
        ),
        CheckConstraint(
            "(lease_token IS NOT NULL) = (status IN ('starting', 'running', 'cancelling'))", name="lease"
        ),
        CheckConstraint(
            "num_nonnulls(experiment_id, analysis_id, dataset_id, scoring_id) = 1", name="one_origin"
        ),
        Index("ix_run_project_id_id", "project_id", "id"),
        Index("ix_run_experiment_id", "experiment_id"),
        Index("ix_run_analysis_id", "analysis_id", unique=True),
        Index("ix_run_dataset_id", "dataset_id", unique=True),
        Index("ix_run_scoring_id", "scoring_id", unique=True),
        Index("ix_run_queued", "id", postgresql_where=text("status = 'queued'")),
        Index("ix_run_leased", "lease_expires_at", postgresql_where=text("lease_token IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(RUN, primary_key=True, default=lambda: new_id("run"))
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    experiment_id: Mapped[str | None] = mapped_column(ForeignKey("experiment.id", ondelete="CASCADE"))
    analysis_id: Mapped[str | None] = mapped_column(ForeignKey("analysis.id", ondelete="CASCADE"))
    dataset_id: Mapped[str | None] = mapped_column(ForeignKey("dataset.id", ondelete="CASCADE"))
    scoring_id: Mapped[str | None] = mapped_column(ForeignKey("scoring.id", ondelete="CASCADE"))
    method_index: Mapped[int]
    method: Mapped[str]
    seed: Mapped[int]
    queue: Mapped[str]

    status: Mapped[str] = mapped_column(server_default="queued")
    reason: Mapped[dict[str, Any] | None]
    """Why it is where it is: ``{code, message}``."""
    attempt: Mapped[int] = mapped_column(server_default="0")
    """How often it was claimed; a doorbell names the attempt that it asks for."""
    losses: Mapped[int] = mapped_column(server_default="0")
    """How often its worker died; ``max_attempts`` losses fail it."""
    max_attempts: Mapped[int]
    cancel_requested_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    """When its doorbell was last rung; null asks for it to be rung."""

    lease_token: Mapped[str | None] = mapped_column(UUID(as_uuid=False))
    lease_expires_at: Mapped[datetime | None]
    worker: Mapped[str | None]

    progress: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    seq: Mapped[int] = mapped_column(server_default="0")
    """Number of the last event or metric row; gap-free, since only the run's row lock hands out the next."""
    report: Mapped[dict[str, Any] | None]

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    experiment: Mapped[Experiment | None] = relationship(back_populates="runs", lazy="raise")


class RunEvent(Base):
    """A change of a run's status; append only."""

    __tablename__ = "run_event"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    reason: Mapped[dict[str, Any] | None]
    attempt: Mapped[int]


class Metric(Base):
    """The numbers of one epoch; the same epoch told twice is one row."""

    __tablename__ = "metric"
    __table_args__ = (Index("ix_metric_run_id_seq", "run_id", "seq"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int]
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    values: Mapped[dict[str, Any]]


class Artifact(Base):
    """A file in the store that a run left, by the path below the store's root."""

    __tablename__ = "artifact"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BIGINT)
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Example(Base):
    """What a run's model sees in one example, alone, jointly and without; the arrays: `app.db.layout`.

    Written once, by COPY, in the transaction that ends the run: no foreign key needs a check row by row.
    """

    __tablename__ = "example"
    __table_args__ = (Index("ix_example_run_id_synergy_position", "run_id", "synergy", "position"),)

    run_id: Mapped[str] = mapped_column(RUN, primary_key=True)
    position: Mapped[int] = mapped_column(INTEGER, primary_key=True)
    label: Mapped[int] = mapped_column(SMALLINT)
    predicted: Mapped[int] = mapped_column(SMALLINT)
    group: Mapped[int] = mapped_column(SMALLINT)
    confidence: Mapped[float] = mapped_column(REAL)
    redundant: Mapped[float] = mapped_column(REAL)
    synergy: Mapped[float] = mapped_column(REAL)
    interaction: Mapped[float] = mapped_column(REAL)
    scores: Mapped[list[float]] = mapped_column(ARRAY(REAL))
    codes: Mapped[list[int]] = mapped_column(ARRAY(SMALLINT))
    split: Mapped[str]
    example_id: Mapped[str]


class IdempotencyKey(Base):
    """The answer to a creating POST, so that the same request sent twice creates once."""

    __tablename__ = "idempotency_key"

    project_id: Mapped[str] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class Worker(Base):
    """A process that takes runs, and when it was last seen."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    queues: Mapped[list[str]] = mapped_column(ARRAY(Text))
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
