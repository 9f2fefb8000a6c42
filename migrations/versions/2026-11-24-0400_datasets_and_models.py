"""Data sets that people bring, models under a name, files of examples to score."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c7d2f0a9b613"
down_revision: str | None = "a41c0d2e7b58"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JSON = postgresql.JSONB(astext_type=sa.Text())
ORIGINS = ("dataset", "scoring")


def upgrade() -> None:
    op.create_table(
        "dataset",
        *_owned(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.Column("parts", JSON, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("size", sa.BIGINT(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("profile", JSON, nullable=True),
        sa.Column("problems", JSON, nullable=True),
        *_keys("dataset"),
    )
    op.create_index(
        "ix_dataset_incomplete", "dataset", ["id"], postgresql_where=sa.text("received_at IS NULL")
    )
    op.create_table(
        "model",
        *_owned(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("card", JSON, nullable=False),
        sa.Column("size", sa.BIGINT(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        *_keys("model"),
    )
    op.create_index("ix_model_project_id_name", "model", ["project_id", "name"], unique=True)
    op.create_index(op.f("ix_model_run_id"), "model", ["run_id"])
    op.create_table(
        "scoring",
        *_owned(),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("spec", JSON, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size", sa.BIGINT(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_id"], ["model.id"], name=op.f("fk_scoring_model_id"), ondelete="CASCADE"
        ),
        *_keys("scoring"),
    )
    op.create_index(op.f("ix_scoring_model_id"), "scoring", ["model_id"])
    for name in ("dataset", "model", "scoring"):
        op.create_index(f"ix_{name}_project_id_id", name, ["project_id", "id"])
    for name in ORIGINS:
        op.add_column("run", sa.Column(f"{name}_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_run_{name}_id"), "run", name, [f"{name}_id"], ["id"], ondelete="CASCADE"
        )
        op.create_index(f"ix_run_{name}_id", "run", [f"{name}_id"], unique=True)
    _origins("experiment_id, analysis_id, dataset_id, scoring_id")


def downgrade() -> None:
    """Data sets, models and scorings are lost with all that their runs left: there is nowhere to keep it."""
    named = "(dataset_id IS NOT NULL OR scoring_id IS NOT NULL)"
    op.execute(f"DELETE FROM example USING run WHERE run_id = run.id AND {named}")  # noqa: S608 - a constant
    op.execute(f"DELETE FROM run WHERE {named}")  # noqa: S608
    _origins("experiment_id, analysis_id")
    for name in ORIGINS:
        op.drop_index(f"ix_run_{name}_id", table_name="run")
        op.drop_constraint(op.f(f"fk_run_{name}_id"), "run", type_="foreignkey")
        op.drop_column("run", f"{name}_id")
    for name in ("scoring", "model", "dataset"):
        op.drop_table(name)


def _owned() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f(f"fk_{table}_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _origins(columns: str) -> None:
    op.drop_constraint(op.f("ck_run_one_origin"), "run", type_="check")
    op.create_check_constraint(op.f("ck_run_one_origin"), "run", f"num_nonnulls({columns}) = 1")
