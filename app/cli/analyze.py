"""Commands for tables of predictions: what do they show, here or on a service."""

import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import act
from app.cli.failures import USAGE, CommandFailed
from app.cli.progress import waiting
from app.cli.root import OWN_URL, Json, Session, app, session

if TYPE_CHECKING:
    from app.analyses.schemas import AnalysisBrief
    from synib.report import Report
    from synib.spec import Analysis


@app.command(rich_help_panel="Ask")
def analyze(
    context: typer.Context,
    table: Annotated[
        Path,
        typer.Argument(help="Predictions in CSV, Parquet or NPZ: example_id, label, p:<subset>:<class>."),
    ],
    spec: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="What is asked; left out, the defaults are.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of resamples and permutations.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Compute here, without a service.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write the report to this file, in JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a table of anyone's predictions shows; where no service runs here, in this process."""
    here = session(context)
    asked = _asked(spec, seed, table)
    report = _computed(here, table, asked) if local else _posted(here, table, asked, as_json)
    if out:
        out.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    here.show(report, as_json, lambda console, found: _show(console, asked.name, found))
    if out and not as_json:
        here.console.print(f"\nThe whole report is in {escape(str(out))}", soft_wrap=True)


@app.command(rich_help_panel="Look")
def analyses(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most rows.")] = 20,
    as_json: Json = False,
) -> None:
    """Your analyses, newest first."""
    here = session(context)
    here.show(list(islice(here.client.analyses.list(), limit)), as_json, _list)


def _asked(given: str | None, seed: int | None, table: Path) -> "Analysis":
    """The spec, called like the table where it has no name.

    Raises:
        SpecError: it is none.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - these imports keep --help fast

    from synib.problems import SpecError, from_pydantic  # noqa: PLC0415
    from synib.spec import Analysis  # noqa: PLC0415
    from synib.yaml import load_yaml  # noqa: PLC0415

    data: Any = {}
    if given is not None:
        data = load_yaml(given) if given.lstrip().startswith("{") else act.read_spec(Path(given))
    if not isinstance(data, dict):
        example = json.dumps({"seed": 1})
        raise CommandFailed(f"{given} asks nothing; write a mapping, as {example}", USAGE)
    data = {"name": table.name[:200]} | data | ({} if seed is None else {"seed": seed})
    try:
        return Analysis.model_validate(data)
    except ValidationError as error:
        raise SpecError(from_pydantic(error, data, Analysis)) from None


def _computed(here: Session, table: Path, asked: "Analysis") -> "Report":
    from synib.evaluation.analyse import NothingToReport  # noqa: PLC0415
    from synib.tables import read_predictions  # noqa: PLC0415
    from synib.tables.analysing import analyse_table  # noqa: PLC0415

    try:
        report, _ = analyse_table(read_predictions(table), asked)
    except NothingToReport as error:
        raise CommandFailed(str(error), USAGE) from None
    return report


def _posted(here: Session, table: Path, asked: "Analysis", quiet: bool) -> "Report":
    """By the service; without one at the usual place, by ourselves."""
    from app.client import Unreachable  # noqa: PLC0415

    try:
        posted = here.client.analyses.submit(table, asked)
    except Unreachable:
        if here.url != OWN_URL:
            raise
        print(
            "synib: no service runs here, so this process computes; to choose, use --local", file=sys.stderr
        )
        return _computed(here, table, asked)
    if not quiet:
        here.console.print(f"[bold]{posted.id}[/]  {escape(posted.name)}: queued", soft_wrap=True)
    with waiting(
        posted.status, left_behind=f"It goes on without you. Stop it: synib cancel {posted.id}"
    ) as line:
        ended = here.patient.analyses.wait(posted.id, seen=lambda now: line.say(now.status))
    if ended.report is None:
        why = f": {ended.reason.message}" if ended.reason else ""
        raise CommandFailed(f"the analysis has {ended.status}{why}")
    return ended.report


def _show(console: Console, name: str, found: "Report") -> None:
    from app.cli import ladder, sheets  # noqa: PLC0415

    title = f"{name}: {found.examples:,} examples"
    for sheet in (sheets.subsets(found, title), ladder.agreement(found), ladder.measures(found)):
        if sheet.rows:
            sheet.print_to(console)
    console.print()
    for line in sheets.findings(found):
        console.print(escape(line))


def _list(console: Console, found: Sequence["AnalysisBrief"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [
        [one.id, one.name, one.status, "" if one.table.rows is None else f"{one.table.rows:,}",
         f"{one.created_at.astimezone():%m-%d %H:%M}"]
        for one in found
    ]  # fmt: skip
    Sheet("Analyses", ["id", "name", "status", "rows", "posted"], rows, words=2, extra=2).print_to(console)
    for one in found:
        if one.reason and one.status == "failed":
            console.print(f"{one.id}: {escape(one.reason.message)}", soft_wrap=True)
