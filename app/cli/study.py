"""The command for studies: what is worth asking, looked at without a service, posted with one."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import act
from app.cli.failures import USAGE, CommandFailed
from app.cli.root import Json, Session, app, print_json, session

if TYPE_CHECKING:
    from synib.studies import Study

PANEL = "Ask"


@app.command(rich_help_panel=PANEL)
def study(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Which; left out, all are listed.")] = None,
    submit: Annotated[bool, typer.Option("--submit", help="Post its experiments.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow them, print what they say.")] = False,
    dataset: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="Ask it of these data instead of its own.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Runs per method, not its own number.")] = None,
    trials: Annotated[int | None, typer.Option(min=0, help="Trials per run, not its own number.")] = None,
    as_json: Json = False,
) -> None:
    """Studies that come with SynIB: list, show or post them."""
    from synib import studies  # noqa: PLC0415 - keeps --help fast

    here = session(context)
    if watch and (not submit or as_json):
        raise typer.BadParameter("goes with --submit and without --json", param_hint="--watch")
    if name is None:
        if submit or dataset or seeds is not None or trials is not None:
            raise typer.BadParameter(f"which? There are {', '.join(studies.names())}", param_hint="NAME")
        here.show([_brief(studies.load(one)) for one in studies.names()], as_json, _list)
        return
    try:
        other = _dataset(here, dataset) if dataset else None
        found = studies.load(name, other, seeds=seeds, trials=trials)
    except studies.UnknownStudy as error:
        raise CommandFailed(str(error), USAGE) from None
    if submit:
        _submit(context, found, watch, as_json)
    else:
        told = [one.model_dump(mode="json") for one in found.experiments]
        here.show(_brief(found) | {"experiments": told}, as_json, lambda console, _: _show(console, found))


def _submit(context: typer.Context, asked: "Study", watch: bool, as_json: bool) -> None:
    """All are posted before the first is watched, so that the workers have no pause between them."""
    here = session(context)
    posted = []
    for spec in asked.experiments:
        experiment = here.client.experiments.submit(spec)
        posted.append(experiment)
        if not as_json:
            text = f"[bold]{experiment.id}[/]  {escape(experiment.name)}: {len(experiment.runs)} runs queued"
            here.console.print(text, soft_wrap=True)
    if as_json:
        print_json(posted)
    failures = []
    for experiment in posted if watch else ():
        here.console.print(f"\n[bold]{escape(experiment.name)}[/]", soft_wrap=True)
        try:
            act.follow(context, experiment)
        except CommandFailed as error:  # the others may have more to say
            failures.append(f"{experiment.id}: {error}")
    if failures:
        raise CommandFailed("; ".join(failures))
    if not watch and not as_json:
        here.console.print("Next: synib experiments, synib comparison EXPERIMENT")


def _dataset(here: Session, given: str) -> dict[str, Any]:
    """From a file, or from the words themselves where they are a mapping in JSON or YAML.

    What is in uploaded data the service says, which has it.
    """
    from synib.yaml import load_yaml  # noqa: PLC0415

    inline = given.lstrip().startswith("{")
    found = load_yaml(given) if inline else act.read_spec(Path(given))
    if not isinstance(found, dict):
        message = f"{given} is no data set; write a mapping, as {json.dumps({'kind': 'noisy_xor'})}"
        raise CommandFailed(message, USAGE)
    if "id" not in found:
        return found
    uploaded = here.client.datasets.get(found["id"])
    if uploaded.dataset is None:
        raise CommandFailed(
            f"{uploaded.id} is {uploaded.state}; it must be ready: synib dataset {uploaded.id}"
        )
    return uploaded.dataset.model_dump(mode="json")


def _brief(asked: "Study") -> dict[str, Any]:
    return {"name": asked.name, "question": asked.question}


def _list(console: Console, found: Sequence[Mapping[str, str]]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415

    rows = [[one["name"], one["question"]] for one in found]
    Sheet("Studies", ["name", "question"], rows, words=2).print_to(console)
    console.print("\nNext: synib study NAME, synib study NAME --submit --watch", soft_wrap=True)


def _show(console: Console, asked: "Study") -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415
    from synib.plan import plan  # noqa: PLC0415

    rows = []
    for one in asked.experiments:
        planned = plan(one)
        numbers = (len(one.methods), len(one.seeds()), len(planned.runs), one.tuning.trials)
        name = one.name.removeprefix(f"{asked.name}: ")
        rows.append([name, *(str(number) for number in numbers), f"{planned.total_steps:,}"])
    console.print(f"\n{escape(asked.question)}")
    columns = ["experiment", "methods", "seeds", "runs", "trials each", "steps at most"]
    Sheet(asked.name, columns, rows).print_to(console)
    methods = dict.fromkeys(name for one in asked.experiments for name in one.method_names())
    console.print(f"\nMethods: {escape(', '.join(methods))}")
    console.print("Post it: the same with --submit", soft_wrap=True)
