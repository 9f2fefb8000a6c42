"""Commands for data that people bring."""

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import act, completion
from app.cli.failures import USAGE, CommandFailed
from app.cli.progress import waiting
from app.cli.root import Json, Session, app, print_json, session, told

if TYPE_CHECKING:
    from app.datasets.schemas import DatasetBrief, DatasetSchema

PANEL = "Look"

datasets = typer.Typer(invoke_without_command=True, help="Your data sets, newest first; upload one.")
app.add_typer(datasets, name="datasets", rich_help_panel=PANEL)

Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Most rows.")]
DatasetId = Annotated[str, typer.Argument(metavar="DATASET", help="ds_…", autocompletion=completion.datasets)]


@datasets.callback()
def listed(context: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    if context.invoked_subcommand is None:
        here = session(context)
        here.show(list(islice(here.client.datasets.list(), limit)), as_json, _list)


@datasets.command()
def upload(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="Table, arrays or archive; a folder with metadata.csv is packed on the way.",
        ),
    ],
    spec: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="How it is to be read, where it does not say.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="For people; left out, that of the file.")] = None,
    label: Annotated[str | None, typer.Option(help="Column with the class of each example.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until it has been read.")] = True,
    as_json: Json = False,
) -> None:
    """Send data; the same command again goes on where it was cut off."""
    here = session(context)
    given = {"name": name, "label": label}
    asked = _asked(spec) | {field: value for field, value in given.items() if value is not None}
    try:
        sent = _sent(here, data, asked)
    except ValueError as error:
        raise CommandFailed(str(error), USAGE) from None
    ended = _read(here, sent) if wait else sent
    if as_json:
        print_json(ended)
    else:
        _show(here.console, ended)
    if ended.state in ("refused", "failed", "cancelled"):
        raise CommandFailed(f"{ended.id} is {ended.state}; it cannot be trained on")


@datasets.command()
def delete(context: typer.Context, dataset: DatasetId, as_json: Json = False) -> None:
    """Forget a data set and remove its files."""
    here = session(context)
    here.client.datasets.delete(dataset)
    here.show({"deleted": dataset}, as_json, told)


@app.command(rich_help_panel=PANEL)
def dataset(context: typer.Context, dataset: DatasetId, as_json: Json = False) -> None:
    """What is in a data set, or what is wrong with it."""
    here = session(context)
    here.show(here.client.datasets.get(dataset), as_json, _show)


def _asked(given: str | None) -> dict[str, Any]:
    """From a file, or from the words themselves where they are a mapping."""
    from synib.yaml import load_yaml  # noqa: PLC0415 - keeps --help fast

    if given is None:
        return {}
    found = load_yaml(given) if given.lstrip().startswith("{") else act.read_spec(Path(given))
    if not isinstance(found, dict):
        raise CommandFailed(f"{given} says nothing; write a mapping, as {json.dumps({'seed': 1})}", USAGE)
    return found


def _sent(here: Session, data: Path, asked: dict[str, Any]) -> "DatasetSchema":
    with waiting(
        "sending", bytes_of=True, left_behind="The same command goes on where it was cut off."
    ) as line:
        return here.patient.datasets.upload(
            data, asked, progress=lambda done, total: line.say("sending", done, total)
        )


def _read(here: Session, sent: "DatasetSchema") -> "DatasetSchema":
    def seen(now: "DatasetSchema") -> None:
        line.say(now.progress.stage or now.state, now.progress.done, now.progress.total)

    with waiting(sent.state, left_behind=f"It goes on without you: synib dataset {sent.id}") as line:
        return here.patient.datasets.wait(sent.id, seen=seen)


def _stage(now: "DatasetBrief") -> str:
    told = now.progress
    if told.stage is None or told.done is None:
        return now.state
    return f"{told.stage} {told.done:,}" + (f" of {told.total:,}" if told.total else "")


def _list(console: Console, found: Sequence["DatasetBrief"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [
        [one.id, one.name, one.state, f"{sum(one.counts.values()):,}" if one.counts else "",
         ", ".join(one.modalities), f"{one.created_at.astimezone():%m-%d %H:%M}"]
        for one in found
    ]  # fmt: skip
    columns = ["id", "name", "state", "examples", "modalities", "sent"]
    Sheet("Data sets", columns, rows, words=2, extra=2).print_to(console)
    for one in found:
        if one.reason and one.state in ("refused", "failed"):
            console.print(f"{one.id}: {escape(one.reason.message)}", soft_wrap=True)


def _show(console: Console, found: "DatasetSchema") -> None:
    lines = {"state": _stage(found), "examples": "", "classes": "", "modalities": "", "file": ""}
    if found.size is not None:
        lines["file"] = " ".join(filter(None, [found.format, f"of {found.size:,} bytes"]))
    if found.dataset is not None:
        known = found.dataset
        lines["examples"] = ", ".join(f"{count:,} {split}" for split, count in known.counts.items())
        lines["classes"] = ", ".join(known.classes[:20]) + (", …" if len(known.classes) > 20 else "")
        lines["modalities"] = ", ".join(
            f"{name} ({known.media.get(name) or ' × '.join(map(str, known.shapes[name]))})"
            for name in known.modalities
        )
    console.print(f"[bold]{found.id}[/]  {escape(found.name)}", soft_wrap=True)
    for name, value in lines.items():
        if value:
            console.print(f"  [bold]{name:12}[/]{escape(value)}", soft_wrap=True)
    for problem in found.problems:
        console.print(f"  [red]{escape(problem.pointer)}[/]  {escape(problem.detail)}", soft_wrap=True)
    if not found.problems and found.reason is not None and found.state == "failed":
        console.print(f"  {escape(found.reason.message)}", soft_wrap=True)
    for warning in (found.profile or {}).get("warnings", ()):
        console.print(f"  [yellow]![/] {escape(warning)}", soft_wrap=True)
    if found.dataset is not None:
        console.print(f"In an experiment: dataset: {{id: {found.id}}}", soft_wrap=True)
