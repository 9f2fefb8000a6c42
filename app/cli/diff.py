"""``synib diff``: what two reports do not have in common, with no service needed for files."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import completion
from app.cli.failures import FAILED, USAGE, CommandFailed
from app.cli.root import Json, Session, app, print_json, session

if TYPE_CHECKING:
    from synib.report import Report
    from synib.report.difference import ReportDifference

PANEL = "Look"
SHOWN = 20  # numbers without an interval; --json has them all
DIGITS = re.compile(r"[-+.,\d]+")  # sentences that differ in these alone repeat the numbers
LONG = 28  # characters of a word that is shown
WIDE = 20  # characters of a report's name
Which = Annotated[
    str,
    typer.Argument(
        metavar="REPORT",
        help="report.json, its folder, run_… or ana_…",
        autocompletion=completion.reports,
    ),
]


@app.command(rich_help_panel=PANEL)
def diff(context: typer.Context, first: Which, second: Which, as_json: Json = False) -> None:
    """Compare two reports: where they come from, then every number beyond both intervals.

    Ends with 0 where they are the same, with 1 where they differ.
    """
    from synib.report.difference import difference  # noqa: PLC0415 - keeps --help fast

    here = session(context)
    found = difference(_read(here, first), _read(here, second))
    if as_json:
        print_json(found)
    else:
        _show(here.console, found, first, second)
    if not found.same:
        raise typer.Exit(FAILED)


def _read(here: Session, which: str) -> "Report":
    """From a file, from a folder that has one, or from the service.

    Raises:
        CommandFailed: none of these, or no report.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from synib.report import Report  # noqa: PLC0415

    path = Path(which)
    if path.is_dir():
        path = path / "report.json"
    if not path.exists() and which.startswith(("run_", "ana_")):
        client = here.client
        return (client.runs if which.startswith("run_") else client.analyses).report(which)
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}; give a report.json or run_…", USAGE) from None
    except ValidationError as error:
        wrong = error.errors()[0]
        place = "/".join(str(part) for part in wrong["loc"])
        raise CommandFailed(f"{path} is no report of ours: {place or 'it'}: {wrong['msg']}", USAGE) from None


def _show(console: Console, found: "ReportDifference", first: str, second: str) -> None:
    from app.cli.sheets import Sheet, number  # noqa: PLC0415

    if found.same:
        console.print("The reports are the same, number for number.")
        return
    names = [f"…{name[1 - WIDE :]}" if len(name) > WIDE else name for name in (first, second)]
    if found.provenance:
        rows = [[one.field, _short(one.first), _short(one.second)] for one in found.provenance]
        Sheet("Where they come from", ["", *names], rows, words=3).print_to(console)
    else:
        console.print("\nThey come from the same data, code, settings and seeds.")
    if found.numbers:
        rows = [
            [
                one.field,
                f"{number(one.first)} [{', '.join(number(end) for end in one.first_interval)}]",
                f"{number(one.second)} [{', '.join(number(end) for end in one.second_interval)}]",
            ]
            for one in found.numbers
        ]
        Sheet("Differ beyond both intervals", ["", *names], rows).print_to(console)
    else:
        console.print("\nNo number differs beyond both intervals.")
    words = [one for one in found.words if DIGITS.sub("", str(one.first)) != DIGITS.sub("", str(one.second))]
    for title, differing in (("In words", words), ("Differ, and have no interval", found.exact)):
        rows = [[one.field, _short(one.first), _short(one.second)] for one in differing[:SHOWN]]
        more = f": the first {SHOWN} of {len(differing)}" if len(differing) > SHOWN else ""
        if rows:
            Sheet(f"{title}{more}", ["", *names], rows, words=3).print_to(console)
    console.print(f"\nNumbers that differ within their intervals: {found.within:,}")
    console.print(escape("All of it: synib diff … --json"))


def _short(value: object) -> str:
    if value is None:
        return "–"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"
