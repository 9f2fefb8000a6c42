"""The command that makes a benchmark's file one that can be read without unpickling."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.failures import CommandFailed
from app.cli.root import Json, app, session


@app.command(rich_help_panel="Look")
def convert(
    context: typer.Context,
    form: Annotated[Literal["multibench"], typer.Argument(help="Whose file it is.", metavar="multibench")],
    source: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Such as mosi_data.pkl.", exists=True, dir_okay=False),
    ],
    into: Annotated[Path, typer.Argument(metavar="OUT.npz", help="The file to make.", dir_okay=False)],
    benchmark: Annotated[
        Literal["mosi", "ur_funny", "mustard"],
        typer.Option("--benchmark", "-b", help="Which data these are."),
    ],
    as_json: Json = False,
) -> None:
    """Make arrays of a pickle of MultiBench, unpickling nothing: labels and rules are the paper's."""
    from synib.benchmarks import multibench  # noqa: PLC0415 - numpy, which --help does not need
    from synib.benchmarks.pickled_arrays import RefusedPickle  # noqa: PLC0415

    here = session(context)
    try:
        counts = multibench.convert(source, into, benchmark)
    except (RefusedPickle, multibench.NotMultiBench, OSError) as error:
        raise CommandFailed(str(error)) from None
    made = {"form": form, "file": str(into), "benchmark": benchmark, "examples": counts}
    here.show(made, as_json, lambda console, _: _tell(console, into, benchmark, counts))


def _tell(console: Console, file: Path, benchmark: str, counts: Mapping[str, int]) -> None:
    split = ", ".join(f"{count} {name}" for name, count in counts.items())
    console.print(f"{escape(str(file))}: {split}", soft_wrap=True)
    recipe = f"{{kind: multibench, benchmark: {benchmark}, file: {file}}}"
    console.print(f"Next: an experiment with dataset: {escape(recipe)}", soft_wrap=True)
