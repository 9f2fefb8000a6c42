"""Commands that show what there is and what came out."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import completion
from app.cli.progress import waiting
from app.cli.root import Json, Session, app, session, told

if TYPE_CHECKING:
    from app.client.sync.analyses import Analyses
    from app.client.sync.runs import Runs
    from app.examples.params import Filter
    from app.examples.schemas import ExampleSchema
    from app.experiments.schemas import ExperimentBrief
    from app.runs.schemas import RunSchema
    from synib.report import Comparison, Report

PANEL = "Look"
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Most rows.")]
RunId = Annotated[
    str, typer.Argument(metavar="RUN", help="run_… or ana_…", autocompletion=completion.reports)
]
ExperimentId = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="exp_…", autocompletion=completion.experiments)
]


class Top(StrEnum):
    """What examples may be ordered by."""

    SYNERGY = "synergy"
    CONFIDENCE = "confidence"
    INTERACTION = "interaction"


@app.command(rich_help_panel=PANEL)
def experiments(context: typer.Context, limit: Limit = 20, as_json: Json = False) -> None:
    """Your experiments, newest first."""
    here = session(context)
    here.show(list(islice(here.client.experiments.list(), limit)), as_json, _experiments)


def _experiments(console: Console, found: Sequence["ExperimentBrief"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415 - these imports keep --help fast

    rows = [
        [one.id, one.name, one.status, f"{one.progress.fraction:.0%}", str(one.progress.runs), _when(one)]
        for one in found
    ]
    columns = ["id", "name", "status", "done", "runs", "posted"]
    Sheet("Experiments", columns, rows, words=2, extra=2).print_to(console)


@app.command(rich_help_panel=PANEL)
def runs(
    context: typer.Context,
    experiment: Annotated[
        str | None,
        typer.Option(help="Only runs of this experiment, exp_….", autocompletion=completion.experiments),
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="Only runs in this status; may be given several times.")
    ] = None,
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """Your runs, newest first."""
    from app.runs.status import Status  # noqa: PLC0415

    here = session(context)
    known = [_one_of(Status, word, "--status") for word in status or []]
    found = islice(here.client.runs.list(experiment=experiment, status=known), limit)
    here.show(list(found), as_json, _runs)


def _runs(console: Console, found: Sequence["RunSchema"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [[run.id, run.method, str(run.seed), run.status, _epochs(run), _when(run)] for run in found]
    columns = ["id", "method", "seed", "status", "epoch", "posted"]
    Sheet("Runs", columns, rows, words=2, extra=1).print_to(console)
    for run in found:
        if run.reason and run.status == "failed":
            console.print(f"{run.id}: {escape(run.reason.message)}", soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def comparison(context: typer.Context, experiment: ExperimentId, as_json: Json = False) -> None:
    """What an experiment says: methods against the first one, over seeds."""
    here = session(context)
    here.show(here.client.experiments.comparison(experiment), as_json, _comparison)


def _comparison(console: Console, found: "Comparison") -> None:
    from app.cli import sheets  # noqa: PLC0415

    sheets.print_answer(console, found, list(sheets.NAMES))
    for run in found.excluded:
        console.print(f"Left out: {escape(run)}", soft_wrap=True)


@app.command(rich_help_panel=PANEL)
def report(
    context: typer.Context,
    run: RunId,
    html: Annotated[
        bool, typer.Option("--html", help="Write it as one HTML file with all pictures that opens offline.")
    ] = False,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Which file --html writes.", show_default="RUN.html")
    ] = None,
    as_json: Json = False,
) -> None:
    """What a run or an analysis says: every subset of modalities, synergy, calibration."""
    here = session(context)
    if file and not html:
        raise typer.BadParameter(f"{file} is written by --html only", param_hint="FILE")
    if html:
        with waiting("drawing"):
            written = _of(here, run).report_file(run, file or Path(f"{run}.html"))
        here.show({"written": str(written)}, as_json, told)
        return
    here.show(_of(here, run).report(run), as_json, _report)


def _report(console: Console, found: "Report") -> None:
    from app.cli import ladder, sheets  # noqa: PLC0415

    about = found.provenance
    whose = f"{about.method}, seed {about.seed}: " if about.method else ""
    title = f"{whose}{found.examples:,} {'test ' if about.method else ''}examples"
    for sheet in (sheets.subsets(found, title), ladder.agreement(found), ladder.measures(found)):
        if sheet.rows:
            sheet.print_to(console)
    console.print()
    for line in sheets.findings(found):
        console.print(escape(line))


@app.command(rich_help_panel=PANEL)
def examples(
    context: typer.Context,
    run: RunId,
    top: Annotated[Top, typer.Option(help="What to have most of.")] = Top.SYNERGY,
    least: Annotated[bool, typer.Option("--least", help="Least of it instead.")] = False,
    limit: Limit = 20,
    group: Annotated[str | None, typer.Option(help="Only this group, such as only_joint.")] = None,
    label: Annotated[str | None, typer.Option(help="Only this class.")] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only where the joint prediction is wrong.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(help="Write all that match to this file: .csv, .ndjson, .arrow or .parquet."),
    ] = None,
    as_json: Json = False,
) -> None:
    """A run's or an analysis's examples: how sure it is from each modality alone and from all together."""
    from app.examples.params import Filter, Sort  # noqa: PLC0415

    here = session(context)
    where = Filter(group=group, label=label, correct=False if wrong else None)
    if export:
        with waiting("writing"):
            written = _export(here, run, export, where)
        here.show({"written": str(written)}, as_json, told)
        return
    sort = Sort(top.value if least else f"-{top.value}")
    found = list(_of(here, run).examples(run, sort=sort, where=where, limit=limit))
    unit = ", bits" if top is Top.SYNERGY else ""
    title = f"{len(found)} examples with {'least' if least else 'most'} {top.value}{unit}"
    here.show(found, as_json, partial(_examples, title))


def _examples(title: str, console: Console, found: Sequence["ExampleSchema"]) -> None:
    from app.cli import sheets  # noqa: PLC0415

    sheets.examples(found, title).print_to(console)


def _export(here: Session, run: str, to: Path, where: "Filter") -> Path:
    try:
        return _of(here, run).export(run, to, where=where)
    except ValueError:
        raise typer.BadParameter(
            f"{to.suffix!r} is no format; use .csv, .ndjson, .arrow or .parquet", param_hint="--export"
        ) from None


def _of(here: Session, identifier: str) -> "Analyses | Runs":
    """Who has reports and examples of this kind of identifier."""
    return here.client.analyses if identifier.startswith("ana_") else here.client.runs


def _one_of(kind: Any, word: str, option: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise typer.BadParameter(f"{word!r} is none of {', '.join(kind)}", param_hint=option) from None


def _when(row: Any) -> str:
    return f"{row.created_at.astimezone():%m-%d %H:%M}"


def _epochs(run: Any) -> str:
    return f"{run.progress.epoch or 0}/{run.progress.epochs}" if run.progress.epochs else ""
