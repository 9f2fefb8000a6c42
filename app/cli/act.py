"""Commands that ask the service to do something."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli import completion
from app.cli.failures import USAGE, CommandFailed
from app.cli.root import Json, app, print_json, session

if TYPE_CHECKING:
    from app.analyses.schemas import AnalysisSchema
    from app.client.sync.analyses import Analyses
    from app.client.sync.runs import Runs
    from app.datasets.schemas import DatasetSchema
    from app.experiments.schemas import ExperimentSchema
    from app.runs.schemas import RunSchema
    from synib.plan import Plan

PANEL = "Ask"


@app.command(rich_help_panel=PANEL)
def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Experiment in YAML or JSON; - is standard input.")],
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it, print its comparison.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it takes; store nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Post an experiment."""
    if watch and (dry_run or as_json):
        raise typer.BadParameter("cannot be combined with --dry-run or --json", param_hint="--watch")
    here = session(context)
    spec = read_spec(file)
    if dry_run:
        here.show(here.client.experiments.plan(spec), as_json, _plan)
        return
    experiment = here.client.experiments.submit(spec)
    if as_json:
        print_json(experiment)
        return
    runs = len(experiment.runs)
    here.console.print(
        f"[bold]{experiment.id}[/]  {escape(experiment.name)}: {runs} runs queued", soft_wrap=True
    )
    if watch:
        follow(context, experiment)
    else:
        here.console.print(f"Next: synib experiments, synib comparison {experiment.id}", soft_wrap=True)


def read_spec(file: Path) -> Any:
    """Parsed, not checked: the service does that, and the plan needs it anyway."""
    from synib.yaml import load_yaml  # noqa: PLC0415 - keeps --help fast

    if str(file) == "-":
        return load_yaml(sys.stdin.read())
    try:
        return load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}", USAGE) from None


def follow(context: typer.Context, experiment: "ExperimentSchema") -> None:
    """Watch an experiment to its end and print what it says.

    Raises:
        CommandFailed: not every run has succeeded.
    """
    from app.cli import sheets  # noqa: PLC0415
    from app.cli.watch import watch  # noqa: PLC0415

    here = session(context)
    try:
        ended = watch(here.patient, experiment.id, here.console)
    except KeyboardInterrupt:
        here.console.print(f"\nIt goes on without you. Stop it: synib cancel {experiment.id}", soft_wrap=True)
        raise
    answer = here.client.experiments.comparison(experiment.id)
    sheets.print_answer(here.console, answer)
    if ended.status != "succeeded":
        why = "; ".join(answer.excluded) or f"the experiment has {ended.status}"
        raise CommandFailed(f"not every run succeeded: {why}")


def _plan(console: Console, plan: "Plan") -> None:
    parts = ", ".join(f"{part} {count:,}" for part, count in plan.parameters.items())
    examples = ", ".join(f"{count:,} {split}" for split, count in plan.examples.items())
    methods = list(dict.fromkeys(run.method for run in plan.runs))
    lines = {
        "runs": f"{len(plan.runs)}: {', '.join(methods)} × {len(plan.runs) // len(methods)} seeds",
        "examples": examples,
        "parameters": f"{plan.total_parameters:,}: {parts}",
        "steps": f"at most {plan.steps_per_run:,} a run, {plan.total_steps:,} in all",
        "memory": f"about {plan.peak_memory_bytes / 2**20:,.0f} MiB a run",
    }
    for name, value in lines.items():
        console.print(f"  [bold]{name:12}[/]{escape(value)}", soft_wrap=True)
    console.print("Nothing was stored.")


@app.command(rich_help_panel=PANEL)
def cancel(
    context: typer.Context,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="exp_… for all its runs; run_…, ana_…, ds_….",
            autocompletion=completion.anything,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Stop an experiment, a run, an analysis or the reading of data; checkpoints stay."""
    here = session(context)
    client = here.client
    if identifier.startswith("ds_"):
        here.show(client.datasets.cancel(identifier), as_json, _state)
        return
    kinds: dict[str, Runs | Analyses] = {"run_": client.runs, "ana_": client.analyses}
    resource = kinds.get(identifier[:4], client.experiments)
    here.show(resource.cancel(identifier), as_json, _status)


@app.command(rich_help_panel=PANEL)
def resume(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(help="run_… that failed or was cancelled.", autocompletion=completion.runs)
    ],
    as_json: Json = False,
) -> None:
    """Queue a run again; it goes on from its last checkpoint."""
    here = session(context)
    here.show(here.client.runs.resume(run), as_json, _status)


def _status(console: Console, asked: "ExperimentSchema | RunSchema | AnalysisSchema") -> None:
    console.print(f"{asked.id}: {asked.status}", soft_wrap=True)


def _state(console: Console, asked: "DatasetSchema") -> None:
    console.print(f"{asked.id}: {asked.state}", soft_wrap=True)
