"""The command that replays a pipeline where the truth is known."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from app.cli.failures import USAGE, CommandFailed
from app.cli.progress import waiting
from app.cli.root import Json, app, session

if TYPE_CHECKING:
    from synib.information.planning.playground import Estimator
    from synib.report.playground import PlaygroundLine, PlaygroundReport

PANEL = "Ask"


@app.command(rich_help_panel=PANEL)
def playground(
    context: typer.Context,
    world: Annotated[str | None, typer.Argument(help="Which; left out, all are listed.")] = None,
    n: Annotated[int, typer.Option("--n", "-n", min=2, help="Examples of a data set.")] = 1000,
    dims: Annotated[int, typer.Option(min=1, help="Columns per modality; one direction has the signal.")] = 1,
    classes: Annotated[int | None, typer.Option(help="Classes of the label, where a world lets you.")] = None,
    synergy: Annotated[
        float | None, typer.Option(help="Bits of true synergy, where a world lets you.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=NUMBER", help="Of the world, such as mu=2.")
    ] = None,
    estimator: Annotated[
        list[str] | None, typer.Option(help="Only these; may be given several times.")
    ] = None,
    repetitions: Annotated[int, typer.Option(min=2, help="Data sets.")] = 20,
    seed: Annotated[int, typer.Option(help="Of data and estimators.")] = 0,
    as_json: Json = False,
) -> None:
    """What would be reported at your size if the truth were known."""
    from synib.information.planning import playground as replaying  # noqa: PLC0415 - scikit-learn, scipy
    from synib.information.planning import worlds  # noqa: PLC0415

    here = session(context)
    if world is None:
        known = [{"name": kind.name, "description": kind.description} for kind in worlds.WORLDS.values()]
        here.show(known, as_json, _list)
        return
    try:
        made = worlds.world(world, classes=classes, synergy=synergy, **dict(map(_setting, settings or [])))
        chosen = {name: _known(name, replaying.ESTIMATORS) for name in estimator or replaying.ESTIMATORS}
    except ValueError as error:
        raise CommandFailed(str(error), USAGE) from None
    with waiting("data sets") as line:
        report = replaying.replay(
            made,
            n,
            dims,
            chosen,
            repetitions,
            seed,
            on_repetition=lambda done: line.say("data sets", done, repetitions),
        )
    here.show(report, as_json, _show)


def _setting(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        raise ValueError(f"--set {text}: write NAME=NUMBER, such as mu=2") from None


def _known(name: str, estimators: "dict[str, Estimator]") -> "Estimator":
    if name not in estimators:
        raise ValueError(f"no estimator is called {name}; there are {', '.join(estimators)}")
    return estimators[name]


def _list(console: Console, found: list[dict[str, str]]) -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415 - keeps --help fast

    rows = [[one["name"], one["description"]] for one in found]
    Sheet("Worlds", ["name", "what is so in it"], rows, words=2).print_to(console)
    console.print("\nNext: synib playground NAME --n 500 --dims 8", soft_wrap=True)


def _show(console: Console, found: "PlaygroundReport") -> None:
    from app.cli.sheets import Sheet  # noqa: PLC0415 - keeps --help fast

    given = ", ".join(f"{name} {value:.3g}" for name, value in found.settings.items())
    title = (
        f"{found.world}{f' ({given})' if given else ''}: {found.repetitions} data sets of {found.examples:,}"
    )
    columns = ["estimator", "of", "truth", "mean", "90 % of reports", "found", "covers", "s"]
    Sheet(title, columns, [_row(line) for line in found.lines], words=2, extra=2).print_to(console)
    for name, why in found.silent.items():
        console.print(f"{escape(name)} gives no answer here: {escape(why)}")
    for sentence in found.verdict:
        console.print(f"\n{escape(sentence)}")


def _row(line: "PlaygroundLine") -> list[str]:
    from app.cli.sheets import number  # noqa: PLC0415

    shares = ["" if share is None else f"{share:.0%}" for share in (line.found, line.coverage)]
    reports = f"{number(line.low)} to {number(line.high)}"
    label = f"{line.estimator}: {line.method}"
    return [
        label,
        line.measure,
        number(line.truth),
        number(line.mean),
        reports,
        *shares,
        f"{line.seconds:.1f}",
    ]
