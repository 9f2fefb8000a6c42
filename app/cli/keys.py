"""Commands for API keys."""

import os
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from app.cli.root import Json, Session, app, print_json, session, told

if TYPE_CHECKING:
    from app.projects.schemas import KeySchema

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys; takes an admin's key.")
app.add_typer(keys, name="keys", rich_help_panel="Run the service")


RoleName = Literal["reader", "writer", "admin"]  # app.projects.schemas.Role, without its imports


@keys.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    role: Annotated[RoleName, typer.Option(help="What it may do.")] = "writer",
    project: Annotated[str, typer.Option(help="Project of a key made in the database.")] = "default",
    as_json: Json = False,
) -> None:
    """Make a key and show it, this once.

    On the server itself, where SYNIB_DATABASE_URL is set and SYNIB_API_KEY is not, it is made in the
    database: so a deployment gets its first key.
    """
    here = session(context)
    at_the_database = here.api_key is None and "SYNIB_DATABASE_URL" in os.environ
    key = _in_database(project, name, role) if at_the_database else _by_api(here, name, role)
    if as_json:
        print_json({"name": name, "role": role, "key": key})
    else:
        typer.echo(key)


def _by_api(here: Session, name: str, role: str) -> str | None:
    from app.projects.schemas import Role  # noqa: PLC0415

    return here.client.keys.create(name, Role(role)).key


def _in_database(project: str, name: str, role: str) -> str:
    from app.db.engine import make_engine, session_factory  # noqa: PLC0415 - SQLAlchemy
    from app.projects.schemas import Role  # noqa: PLC0415
    from app.projects.service import create_key  # noqa: PLC0415
    from app.settings import settings  # noqa: PLC0415

    engine = make_engine(settings(), "keys")
    try:
        with session_factory(engine).begin() as database:
            return create_key(database, project, name, Role(role))
    finally:
        engine.dispose()


@keys.command("list")
def list_keys(context: typer.Context, limit: int = 100, as_json: Json = False) -> None:
    """Keys in force, newest first, without their secrets."""
    here = session(context)
    here.show(list(islice(here.client.keys.list(), limit)), as_json, _keys)


def _keys(console: Console, found: Sequence["KeySchema"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [[key.id, key.name, key.role, f"synib_{key.prefix}_…", _day(key.last_used_at)] for key in found]
    Sheet("Keys", ["id", "name", "role", "key", "last used"], rows, words=2, extra=1).print_to(console)


@keys.command()
def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(help="key_…")], as_json: Json = False
) -> None:
    """Close a key for good."""
    here = session(context)
    here.client.keys.revoke(key)
    here.show({"revoked": key}, as_json, told)


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d}" if moment else "never"
