"""Commands that run the service on this machine."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from app.cli.failures import CommandFailed
from app.cli.root import Json, app, make_console, session, told

Port = Annotated[
    int, typer.Option(min=0, max=65535, envvar="PORT", help="Port on 127.0.0.1; 0 takes a free one.")
]
Slots = Annotated[
    int | None, typer.Option(min=1, max=256, help="Runs at a time.", show_default="one per core")
]


def home() -> Path:
    """Where a service of one's own keeps its data."""
    return Path(os.environ.get("SYNIB_HOME", ".synib"))


@app.command(rich_help_panel="Run the service")
def up(port: Port = 8000, slots: Slots = None, as_json: Json = False) -> None:
    """Keep the service running here until Ctrl-C: API, worker, database. Data stay in .synib (SYNIB_HOME)."""
    from app.embedded.service import Service  # noqa: PLC0415
    from app.embedded.service import slots as cores  # noqa: PLC0415

    console = make_console(stderr=as_json)

    def hear(news: dict[str, Any]) -> None:
        match news["state"]:
            case "starting":
                console.print(f"  {news['seconds']:5.1f} s  {news['what']}")
            case "restarted":
                console.print(f"  {news['what']} ended with status {news['status']} and was started again")

    console.print("Starting SynIB")
    with Service(home(), port, slots=slots or cores(), hear=hear) as service:
        if as_json:
            ready = {"url": service.url, "home": str(service.home)}
            print(json.dumps(ready), flush=True)  # one line, for whoever waits for it
        console.print(f"\nSynIB is ready: [bold]{service.url}[/]   API: {service.url}/docs")
        console.print(f"Data and logs: {escape(str(service.home))}   Stop: Ctrl-C", soft_wrap=True)
        try:
            for _ in service.news():
                pass
        except KeyboardInterrupt:
            console.print("\nStopping; running experiments save their place. Ctrl-C again stops at once")
            raise


@app.command(rich_help_panel="Run the service")
def migrate(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database of SYNIB_DATABASE_URL to the newest revision."""
    from app.db.migrate import EncodingMismatch, head, migrate  # noqa: PLC0415 - alembic and SQLAlchemy

    try:
        migrate()
    except EncodingMismatch as error:
        raise CommandFailed(str(error)) from None
    session(context).show({"revision": str(head())}, as_json, told)
