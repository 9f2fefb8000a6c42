"""The revisions make what the code expects, and unmake it."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, NullPool, create_engine, inspect, make_url, text

from app.db.migrate import EncodingMismatch, config, migrate
from app.db.tables import Base


@pytest.fixture
def own(postgres: Any, engine: Engine) -> Iterator[Engine]:
    """A database of this test's own, migrated."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE migrations"))
        url = make_url(postgres.get_uri(driver="psycopg")).set(database="migrations")
        migrate(url.render_as_string(hide_password=False))
        made = create_engine(url)
        yield made
        made.dispose()
        connection.execute(text("DROP DATABASE migrations"))


def test_the_revisions_make_the_tables_that_the_code_has(own: Engine) -> None:
    with own.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_going_all_the_way_back_leaves_nothing(own: Engine) -> None:
    url = own.url.render_as_string(hide_password=False)
    command.downgrade(config(url), "base")
    found = inspect(own)
    assert found.get_table_names() == ["alembic_version"]
    assert found.get_view_names() == []
    migrate(url)
    assert {*inspect(own).get_view_names()} == {"example_subset", "example_modality"}


def test_a_database_that_cannot_hold_every_letter_is_refused_before_anything_is_made(
    postgres: Any, engine: Engine
) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"))
        url = make_url(postgres.get_uri(driver="psycopg")).set(database="ascii")
        with pytest.raises(EncodingMismatch, match="encoding is SQL_ASCII; make it anew with UTF8"):
            migrate(url.render_as_string(hide_password=False))
        made = create_engine(url, poolclass=NullPool, connect_args={"client_encoding": "utf8"})
        assert inspect(made).get_table_names() == []
        made.dispose()
        connection.execute(text("DROP DATABASE ascii"))
