"""Bring a database to the newest revision, and tell which one it has."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text


def config(url: str | None = None) -> Config:
    """Alembic's configuration; without a url the settings' database is meant."""
    folder = import_module("migrations").__path__[0]
    made = Config()
    made.set_main_option("script_location", str(Path(folder)))
    made.set_main_option("path_separator", "os")
    made.set_main_option(
        "file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    if url is not None:
        made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def migrate(url: str | None = None) -> None:
    """Upgrade to the newest revision; safe to call from several processes at once.

    Raises:
        EncodingMismatch: it is not a database that can hold every text (`migrations/env.py` asks).
    """
    command.upgrade(config(url), "head")


class EncodingMismatch(RuntimeError):
    """A database in which reports and names of people cannot be stored."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"the database's encoding is {encoding}; make it anew with UTF8, such as by"
            " CREATE DATABASE synib ENCODING 'UTF8' TEMPLATE template0"
        )


def check_encoding(connection: Connection) -> None:
    """Refuse a database that would fail later, with the first report that has a letter beyond ASCII."""
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise EncodingMismatch(str(encoding))


def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision of the database, None before the first migration."""
    exists = connection.scalar(text("SELECT to_regclass('alembic_version')"))
    return connection.scalar(text("SELECT version_num FROM alembic_version")) if exists else None
