"""``synib demo``: the whole product once, from nothing to a report, through the API as everybody else."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.act import read_spec
from app.cli.failures import CommandFailed
from app.cli.root import Json, app, make_console, print_json
from app.cli.serve import Slots

if TYPE_CHECKING:
    from app.client import Client
    from app.runs.schemas import RunBrief
    from synib.report import Comparison

EXAMPLE = Path(__file__).parents[2] / "examples" / "paired_digits.yaml"
TOP = 5  # examples shown
METRICS = ("accuracy", "nll", "synergy")  # the report has all


@app.command(rich_help_panel="Run the service")
def demo(
    file: Annotated[
        Path, typer.Argument(help="Experiment in YAML or JSON.", show_default="examples/paired_digits.yaml")
    ] = EXAMPLE,
    out: Annotated[Path, typer.Option(help="Folder for the report; an earlier one is replaced.")] = Path(
        "report"
    ),
    slots: Slots = None,
    as_json: Json = False,
) -> None:
    """Start everything, run one experiment, print and write its report, stop everything."""
    from app.cli import report_folder  # noqa: PLC0415 - these imports keep --help fast

    began = time.monotonic()
    console = make_console(stderr=as_json)
    spec = read_spec(file)
    report_folder.check(out)
    with _service(console, slots) as client:
        answer = _run(client, spec, file, out, console)
    if as_json:
        print_json({"report": str(out), "comparison": answer})
    console.print(f"Done in {time.monotonic() - began:.0f} s. Keep a service running: make up")


@contextmanager
def _service(console: Console, slots: int | None) -> Iterator["Client"]:
    """A service in a home of its own that goes when it does."""
    from app.client import Client, Unreachable  # noqa: PLC0415
    from app.embedded.service import Service  # noqa: PLC0415
    from app.embedded.service import slots as cores  # noqa: PLC0415

    def hear(news: dict[str, Any]) -> None:
        if news["state"] == "starting":
            console.print(f"  {news['seconds']:5.1f} s  {news['what']}")

    console.print("Starting SynIB for one experiment")
    home = Path(tempfile.mkdtemp(prefix="synib-demo-"))  # the service removes it, unless it fails
    try:
        with (
            Service(home, slots=slots or cores(), temporary=True, hear=hear) as service,
            Client(service.url, patience=15) as client,
        ):
            console.print(f"         ready at {service.url}")
            try:
                yield client
            except Unreachable:
                service.check()
                raise
            console.print("\nStopping the service")
    except KeyboardInterrupt:
        console.print("\nInterrupted; everything is stopped")
        raise


def _run(client: "Client", spec: Any, file: Path, out: Path, console: Console) -> "Comparison":
    from app.cli import report_folder, sheets  # noqa: PLC0415
    from app.cli.watch import watch  # noqa: PLC0415

    experiment = client.experiments.submit(spec)
    console.print(
        f"\n[bold]{escape(experiment.name)}[/] ({escape(file.name)}), {len(experiment.runs)} runs\n",
        soft_wrap=True,
    )
    ended = watch(client, experiment.id, console)
    answer = client.experiments.comparison(experiment.id)
    if ended.status == "succeeded":
        _show_one(client, _chosen(ended.runs, answer), console)
    sheets.print_answer(console, answer, METRICS)
    if ended.status != "succeeded":
        raise CommandFailed("; ".join(answer.excluded) or f"the experiment has {ended.status}")
    report_folder.write(client, ended, answer, out)
    console.print(
        f"\nThe full report is in [bold]{escape(str(out))}/[/]; begin with summary.md", soft_wrap=True
    )
    return answer


def _show_one(client: "Client", run: "RunBrief", console: Console) -> None:
    """What one model sees, and the examples in which it sees most that is in no modality alone."""
    from app.cli import sheets  # noqa: PLC0415
    from app.examples.params import Sort  # noqa: PLC0415

    report = client.runs.report(run.id)
    about = f"{run.method}, seed {run.seed}"
    sheets.subsets(report, f"{about}: {report.examples:,} test examples").print_to(console)
    console.print()
    for line in sheets.findings(report):
        console.print(escape(line))
    top = list(client.runs.examples(run.id, sort=Sort.SYNERGY_DOWN, limit=TOP))
    sheets.examples(top, f"{about}: the examples with most synergy, bits").print_to(console)


def _chosen(runs: list["RunBrief"], answer: "Comparison") -> "RunBrief":
    """The first seed of the method that the answer is about; of the last one, if it is about none."""
    method = next((verdict.method for verdict in answer.attribution.verdicts), runs[-1].method)
    return next(run for run in runs if run.method == method)
