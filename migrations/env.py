"""Runs migrations under an advisory lock, so that two processes that start together migrate once."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import NullPool, create_engine, text

from app.db.ids import Id
from app.db.migrate import check_encoding
from app.db.tables import Base
from app.settings import settings

LOCK = 7_203_041  # any number that nothing else in this database locks


def render(kind: str, item: object, autogen_context: AutogenContext) -> str | Literal[False]:
    """Migrations outlive our types: an Id is written down as what the database sees."""
    return "sa.Uuid()" if kind == "type" and isinstance(item, Id) else False


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or settings().database_url.get_secret_value()
    engine = create_engine(
        url,
        poolclass=NullPool,
        connect_args={
            "application_name": "synib-migrate",
            "options": "-c lock_timeout=30s",
            "client_encoding": "utf8",
        },
    )
    with engine.connect() as connection:
        check_encoding(connection)
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_server_default=True,
            render_item=render,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
