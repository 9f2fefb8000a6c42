"""What the API needs, and whether it is there."""

import os
from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.settings import Settings
from synib.problems import Problem as Fault


def faults(engine: Engine, settings: Settings) -> list[Fault]:
    """Everything that is not as it must be."""
    return [*_database(engine), *_broker(settings), *_store(settings)]


def _database(engine: Engine) -> Iterator[Fault]:
    from app.db.migrate import current, head  # noqa: PLC0415 - alembic takes half a second to import

    try:
        with engine.connect() as connection:
            have, want = current(connection), head()
    except SQLAlchemyError as error:
        yield Fault("/database", f"the database does not answer ({type(error).__name__})")
        return
    if have != want:
        yield Fault("/database", f"the database is at revision {have}, this code at {want}; migrate it", have)


def _broker(settings: Settings) -> Iterator[Fault]:
    from redis import Redis, RedisError  # noqa: PLC0415

    try:
        with Redis.from_url(
            settings.broker_url.get_secret_value(), socket_connect_timeout=2, socket_timeout=2
        ) as broker:
            broker.ping()
    except (RedisError, OSError) as error:
        yield Fault("/broker", f"the broker does not answer ({type(error).__name__}); runs start later")


def _store(settings: Settings) -> Iterator[Fault]:
    if not settings.store.is_dir() or not os.access(settings.store, os.W_OK):
        yield Fault("/store", "the store is not a folder that can be written to; see SYNIB_STORE")
