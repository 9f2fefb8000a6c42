"""Engines and sessions, one kind for all processes: synchronous, on psycopg 3."""

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from app.settings import Settings


def make_engine(
    settings: Settings, role: str, *, pool_size: int = 2, statement_timeout: float | None = None
) -> Engine:
    """An engine whose connections say who they are (``synib-<role>`` in pg_stat_activity).

    ``statement_timeout`` (seconds) guards the API; a worker's COPY may take as long as it needs. Idle
    transactions end after 30 s either way. Make engines after a fork, never before.
    """
    options = "-c idle_in_transaction_session_timeout=30s -c timezone=UTC"
    if statement_timeout is not None:
        options += f" -c statement_timeout={round(statement_timeout * 1000)}"
    return create_engine(
        settings.database_url.get_secret_value(),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "application_name": f"synib-{role}",
            "options": options,
            "connect_timeout": 5,
            "client_encoding": "utf8",  # of a database made without a locale psycopg would give us bytes
        },
    )


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Sessions that keep loaded values after commit; whoever opens one commits it, services never do."""
    return sessionmaker(engine, expire_on_commit=False)
