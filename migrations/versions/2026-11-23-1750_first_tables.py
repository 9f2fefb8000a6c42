"""Projects and keys, experiments, runs with their leases, events, metrics, artifacts, examples."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "fbd641e96a63"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The arrays of an example by name, for people: one row a subset and one a modality.
EXAMPLE_SUBSET = """
CREATE VIEW example_subset AS
SELECT run_id, position, example_id, subset,
       report -> 'classes' ->> codes[i]::int AS predicted,
       scores[i] AS confidence,
       scores[s + i] AS p_true,
       scores[2 * s + i] AS entropy,
       scores[3 * s + i] AS information
FROM run
JOIN example ON run_id = id,
LATERAL jsonb_array_length(report -> 'subsets') AS s,
LATERAL jsonb_array_elements_text(report -> 'subsets') WITH ORDINALITY AS named(subset, i)
"""
EXAMPLE_MODALITY = """
CREATE VIEW example_modality AS
SELECT run_id, position, example_id, modality,
       report -> 'classes' ->> codes[s + i]::int AS head_predicted,
       scores[4 * s + i] AS head_confidence,
       scores[4 * s + k + i] AS head_p_true,
       scores[4 * s + 2 * k + i] AS "unique"
FROM run
JOIN example ON run_id = id,
LATERAL jsonb_array_length(report -> 'subsets') AS s,
LATERAL jsonb_array_length(report -> 'modalities') AS k,
LATERAL jsonb_array_elements_text(report -> 'modalities') WITH ORDINALITY AS named(modality, i)
"""


def upgrade() -> None:
    op.create_table(
        "example",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.INTEGER(), nullable=False),
        sa.Column("label", sa.SMALLINT(), nullable=False),
        sa.Column("predicted", sa.SMALLINT(), nullable=False),
        sa.Column("group", sa.SMALLINT(), nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("redundant", sa.REAL(), nullable=False),
        sa.Column("synergy", sa.REAL(), nullable=False),
        sa.Column("interaction", sa.REAL(), nullable=False),
        sa.Column("scores", postgresql.ARRAY(sa.REAL()), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.SMALLINT()), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("example_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_example")),
    )
    op.create_index(
        "ix_example_run_id_synergy_position", "example", ["run_id", "synergy", "position"], unique=False
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("queues", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_seen_at"), "worker", ["seen_at"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('reader', 'writer', 'admin')", name=op.f("ck_api_key_role")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_api_key_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )
    op.create_index(op.f("ix_api_key_project_id"), "api_key", ["project_id"], unique=False)
    op.create_table(
        "experiment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("spec", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comparison", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_experiment_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
    )
    op.create_index("ix_experiment_project_id_id", "experiment", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_experiment_unfinished",
        "experiment",
        ["id"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_idempotency_key_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("experiment_id", sa.Uuid(), nullable=False),
        sa.Column("method_index", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("losses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.UUID(as_uuid=False), nullable=True),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column(
            "progress",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(lease_token IS NOT NULL) = (status IN ('starting', 'running', 'cancelling'))",
            name=op.f("ck_run_lease"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'starting', 'running', 'cancelling', 'preempted', 'lost',"
            " 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_run_status"),
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"], ["experiment.id"], name=op.f("fk_run_experiment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_run_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_experiment_id", "run", ["experiment_id"], unique=False)
    op.create_index(
        "ix_run_leased",
        "run",
        ["lease_expires_at"],
        unique=False,
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_index("ix_run_project_id_id", "run", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_run_queued", "run", ["id"], unique=False, postgresql_where=sa.text("status = 'queued'")
    )
    op.create_table(
        "artifact",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BIGINT(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_artifact_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_artifact")),
    )
    op.create_table(
        "metric",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_metric_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "epoch", name=op.f("pk_metric")),
    )
    op.create_index("ix_metric_run_id_seq", "metric", ["run_id", "seq"], unique=False)
    op.create_table(
        "run_event",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_event_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_run_event")),
    )
    op.execute(EXAMPLE_SUBSET)
    op.execute(EXAMPLE_MODALITY)


def downgrade() -> None:
    op.execute("DROP VIEW example_modality, example_subset")
    op.drop_table("run_event")
    op.drop_index("ix_metric_run_id_seq", table_name="metric")
    op.drop_table("metric")
    op.drop_table("artifact")
    op.drop_index("ix_run_queued", table_name="run", postgresql_where=sa.text("status = 'queued'"))
    op.drop_index("ix_run_project_id_id", table_name="run")
    op.drop_index("ix_run_leased", table_name="run", postgresql_where=sa.text("lease_token IS NOT NULL"))
    op.drop_index("ix_run_experiment_id", table_name="run")
    op.drop_table("run")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index("ix_experiment_project_id_id", table_name="experiment")
    op.drop_table("experiment")
    op.drop_index(op.f("ix_api_key_project_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index(op.f("ix_worker_seen_at"), table_name="worker")
    op.drop_table("worker")
    op.drop_table("project")
    op.drop_index("ix_example_run_id_synergy_position", table_name="example")
    op.drop_table("example")
