"""The command line's root: what all commands share, and where they are collected."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.interrupts import raise_again

if TYPE_CHECKING:
    from app.client import Client

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Does a multimodal model really combine its modalities? Train it, withhold them, see per example.",
    epilog="Exit status: 0 well, 1 failed, 2 wrong usage or spec, 3 service not reached, 130 interrupted.",
)

OWN_URL = "http://127.0.0.1:8000"
"""Where `synib up` has its service."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass
class Session:
    """How this call of the command reaches the service, and where it prints."""

    url: str
    api_key: str | None

    @cached_property
    def client(self) -> "Client":
        return self._connect(patience=3)

    @cached_property
    def patient(self) -> "Client":
        """For what takes long: it outlasts a restart of the service."""
        return self._connect(patience=120)

    def _connect(self, patience: float) -> "Client":
        from app.client import Client  # noqa: PLC0415 - costs half a second that --help does not need

        raise_again()
        return Client(self.url, self.api_key, patience=patience)

    @cached_property
    def console(self) -> Console:
        return make_console()

    def show(self, found: T, as_json: bool, to_people: Callable[[Console, T], object]) -> None:
        """Print what was found: as JSON for programs, or as people like to read it."""
        if as_json:
            print_json(found)
        else:
            to_people(self.console, found)

    def close(self) -> None:
        for made in {"client", "patient"} & self.__dict__.keys():
            self.__dict__[made].close()


def make_console(*, stderr: bool = False) -> Console:
    """Standard output; a pipe or a log is as wide as COLUMNS says, else 100, not rich's 80.

    ``stderr``: beside it, where programs read the output.
    """
    console = Console(highlight=False, stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 100
    return console


@app.callback()
def root(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="SYNIB_URL", help="Where the service is.")] = OWN_URL,
    api_key: Annotated[
        str | None,
        typer.Option(envvar="SYNIB_API_KEY", help="Key; a service of your own on this machine needs none."),
    ] = None,
) -> None:
    made = context.obj = Session(url, api_key)
    context.call_on_close(made.close)


def session(context: typer.Context) -> Session:
    """What the root callback made."""
    made = context.obj
    assert isinstance(made, Session)
    return made


def told(console: Console, done: Mapping[str, str]) -> None:
    """What was done with what, as `deleted: ds_…`."""
    for deed, what in done.items():
        console.print(f"{deed}: {escape(what)}", soft_wrap=True)


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - with the client

    print(json.dumps(to_jsonable_python(data), indent=2, ensure_ascii=False))


from app.cli import (  # noqa: E402, F401 - each registers its commands, in the order of --help
    act,
    analyze,
    certify,
    convert,
    datasets,
    demo,
    diff,
    keys,
    look,
    models,
    plan_size,
    playground,
    serve,
    study,
)
