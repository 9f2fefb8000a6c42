"""Commands for models: give a run's model a name, ask it about new examples."""

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
from app.cli.root import Json, Session, app, session, told

if TYPE_CHECKING:
    from app.models.schemas import ModelBrief, ModelSchema
    from app.scoring.schemas import CrossedSchema, ScoringSchema
    from synib.report import ScoredExample

SHOWN = 20  # examples that people see; all of them are in --json and --out

models = typer.Typer(invoke_without_command=True, help="Your models, newest first; delete one.")
app.add_typer(models, name="models", rich_help_panel="Look")

Name = Annotated[
    str, typer.Argument(metavar="MODEL", help="The model's name.", autocompletion=completion.models)
]


@models.callback()
def listed(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most rows.")] = 20,
    as_json: Json = False,
) -> None:
    if context.invoked_subcommand is None:
        here = session(context)
        here.show(list(islice(here.client.models.list(), limit)), as_json, _list)


@models.command()
def delete(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Forget a model, its files and its scorings; the run that it came from stays."""
    here = session(context)
    here.client.models.delete(name)
    here.show({"deleted": name}, as_json, told)


@app.command(rich_help_panel="Ask")
def promote(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run that has succeeded, run_….", autocompletion=completion.runs
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call its model.")],
    as_json: Json = False,
) -> None:
    """Give the model of a run a name, and have it answer for new examples."""
    here = session(context)
    here.show(here.client.models.promote(run, name), as_json, _show)


@app.command(rich_help_panel="Ask")
def score(
    context: typer.Context,
    name: Name,
    examples: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="Examples: JSON, table, arrays or archive; a folder with metadata.csv is packed on the way.",
        ),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A modality of one example instead: picture=1.png, meter='[0.9]'; label=…, example_id=…",
        ),
    ] = None,
    spec: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="How a file is to be read; {ignore: [note]}.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a line an example to this file, in JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a model sees in examples: alone, jointly and without. JSON and parts are answered at once."""
    here = session(context)
    if (examples is None) == (not part):
        raise CommandFailed("name a file or a folder of examples, or one example by --part NAME=VALUE", USAGE)
    if examples is None:
        found = [here.client.models.score_media(name, **_parts(here, name, part or []))]
    elif examples.suffix.lower() == ".json":
        found = here.client.models.score(name, _read(examples)).examples
    else:
        found = list(here.client.scorings.examples(_waited(here, _sent(here, name, examples, spec)).id))
    if out:
        lines = [one.model_dump_json() for one in found]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    here.show(found, as_json, _tell)


@app.command(rich_help_panel="Ask")
def cross(
    context: typer.Context,
    name: Name,
    first: Annotated[str, typer.Argument(metavar="A", help="An example of the model's own data set, by id.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    as_json: Json = False,
) -> None:
    """Swap the modalities of two examples in all ways, and see what changes the prediction."""
    here = session(context)
    here.show(here.client.models.cross(name, first, second), as_json, _crossed)


def _read(path: Path) -> list[dict[str, Any]]:
    """Examples in JSON: a list, or an object that has it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CommandFailed(f"{path} is no JSON: {error}", USAGE) from None
    found = data.get("examples") if isinstance(data, dict) else data
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        example = json.dumps({"examples": [{"x": {"voice": [0.1, 0.2]}}]})
        raise CommandFailed(f"{path} has no examples; write {example}", USAGE)
    return found


def _parts(here: Session, name: str, given: Sequence[str]) -> dict[str, Any]:
    """What `score_media` takes, as the model reads it."""
    from app.scoring import parts  # noqa: PLC0415 - numpy
    from app.scoring.reading import Takes  # noqa: PLC0415

    takes = Takes.of(here.client.models.get(name).card.model_dump())
    found: dict[str, Any] = {}
    for one in given:
        part, equals, value = one.partition("=")
        if equals and part not in parts.names(takes):
            raise CommandFailed(f"--part {part}: {name} takes {', '.join(parts.names(takes))}", USAGE)
        if not equals:
            raise CommandFailed(f"--part {one} says nothing; write --part NAME=VALUE", USAGE)
        if part in found:
            raise CommandFailed(f"--part {part} is there twice; keep one", USAGE)
        kind, path = takes.media.get(part), Path(value)
        is_file = kind in ("image", "audio") or (kind == "text" and path.suffix.lower() == ".txt")
        if is_file and not path.is_file():
            raise CommandFailed(f"--part {part}: there is no file {value}", USAGE)
        found[part] = path if is_file else value
    return found


def _sent(here: Session, name: str, examples: Path, spec: str | None) -> "ScoringSchema":
    try:
        return here.client.models.score_file(name, examples, _spec(spec, examples))
    except ValueError as error:
        raise CommandFailed(str(error), USAGE) from None


def _spec(given: str | None, file: Path) -> dict[str, Any]:
    """Called like the file where it has no name."""
    from synib.yaml import load_yaml  # noqa: PLC0415 - keeps --help fast

    found: Any = {}
    if given is not None:
        found = load_yaml(given) if given.lstrip().startswith("{") else act.read_spec(Path(given))
    if not isinstance(found, dict):
        raise CommandFailed(
            f"{given} says nothing; write a mapping, as {json.dumps({'ignore': ['note']})}", USAGE
        )
    return {"name": file.resolve().name[:200]} | found


def _waited(here: Session, posted: "ScoringSchema") -> "ScoringSchema":
    def seen(now: "ScoringSchema") -> None:
        line.say(now.progress.stage or now.status, now.progress.done, now.progress.total)

    with waiting(posted.status) as line:
        ended = here.patient.scorings.wait(posted.id, seen=seen)
    if ended.status != "succeeded":
        why = f": {ended.reason.message}" if ended.reason else ""
        raise CommandFailed(f"the scoring has {ended.status}{why}")
    return ended


def _tell(console: Console, found: Sequence["ScoredExample"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [
        [one.example_id, one.label or "", one.predicted, _number(one.confidence), _number(one.interaction),
         _number(one.synergy), ", ".join(one.withheld)]
        for one in found[:SHOWN]
    ]  # fmt: skip
    columns = ["example", "label", "predicted", "confidence", "interaction", "synergy, bits", "withheld"]
    Sheet(f"{len(found):,} examples", columns, rows, words=3, extra=3).print_to(console)
    if len(found) > SHOWN:
        console.print(f"{len(found) - SHOWN:,} more: --out FILE has all of them")
    warned = [one for one in found if one.warnings]
    for one in warned[:SHOWN]:
        console.print(
            f"[yellow]{escape(one.example_id)}[/]: {escape(one.warnings[0].detail)}", soft_wrap=True
        )
    if warned:
        console.print(f"{len(warned):,} of {len(found):,} are out of the model's profile")


def _crossed(console: Console, found: "CrossedSchema") -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    names = [*found.cells[0].origin]
    columns = [*(f"{name} of" for name in names), "predicted", "confidence", "interaction", "synergy, bits"]
    rows = []
    for cell in found.cells:
        one = cell.scored
        numbers = [_number(one.confidence), _number(one.interaction), _number(one.synergy)]
        rows.append([*cell.origin.values(), one.predicted, *numbers])
    labelled = " × ".join(f"{one.example_id} (label {one.label})" for one in found.examples)
    Sheet(f"{labelled}: n = 2 examples", columns, rows, words=len(names) + 1, extra=2).print_to(console)
    console.print(escape(found.sentence), soft_wrap=True)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _show(console: Console, model: "ModelSchema") -> None:
    takes = ", ".join(f"{name} {' × '.join(map(str, shape))}" for name, shape in model.modalities.items())
    console.print(
        f"[bold]{escape(model.name)}[/] takes {escape(takes)}; classes {escape(', '.join(model.classes))}"
    )
    console.print(escape(model.card.worth.sentence), soft_wrap=True)


def _list(console: Console, found: Sequence["ModelBrief"]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [
        [one.name, one.method, f"{one.accuracy.value:.3f}", f"{one.synergy.value:+.3f}",
         f"{one.created_at.astimezone():%m-%d %H:%M}"]
        for one in found
    ]  # fmt: skip
    Sheet(
        "Models", ["name", "method", "accuracy", "synergy, bits", "promoted"], rows, words=2, extra=2
    ).print_to(console)
