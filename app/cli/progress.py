"""How far something is, on standard error: a bar on a terminal, nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from app.cli.interrupts import raise_again


class Counts(ProgressColumn):
    """``3,000 of 12,000``, as far as it is known."""

    def render(self, task: Task) -> Text:
        if not task.completed:
            return Text()
        known = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{known}", style="progress.download")


@dataclass
class Line:
    """What is told of one thing that is waited for."""

    progress: Progress
    task: TaskID

    def say(self, what: str, done: float | None = None, total: float | None = None) -> None:
        """Its state, and how far that is, where anybody knows."""
        self.progress.update(self.task, description=escape(what), completed=done or 0, total=total)


@contextmanager
def waiting(what: str, *, bytes_of: bool = False, left_behind: str = "") -> Iterator[Line]:
    """A line that stays until the end of ``with``.

    Args:
        bytes_of: whether what is counted are bytes, told with their speed.
        left_behind: what to tell whoever interrupts, while the service goes on.
    """
    raise_again()  # whoever is killed in the middle leaves a terminal without a cursor
    counts = (DownloadColumn(), TransferSpeedColumn()) if bytes_of else (Counts(),)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn())
    console = Console(stderr=True)
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            yield Line(progress, progress.add_task(escape(what), total=None))
    except KeyboardInterrupt:  # also one that comes while the line is drawn first
        if left_behind:
            console.print(f"\n{escape(left_behind)}", highlight=False, soft_wrap=True)
        raise
