"""What a person reads when a command cannot do what was asked, and the exit status for programs."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from app.errors import FaultSchema
    from synib.problems import Problem

FAILED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class CommandFailed(Exception):
    """A command's own ending: what to tell, how to end."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Outcome:
    """How a command ended."""

    status: int = 0


@contextmanager
def explained() -> Iterator[Outcome]:
    """Turn what is raised inside into a message on stderr and an exit status; bugs keep their traceback."""
    outcome = Outcome()
    try:
        yield outcome
    except KeyboardInterrupt:
        outcome.status = INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough; rich and typer end so too
        outcome.status = FAILED
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        status = tell(error)
        if status is None:
            raise
        outcome.status = status


def tell(error: Exception) -> int | None:
    """Say what went wrong; the exit status, or None for an error that we did not foresee."""
    from app.client import NotUnderstood, ProblemError, Unreachable  # noqa: PLC0415 - these cost half a second
    from app.embedded.servers import LocalExtraMissing  # noqa: PLC0415
    from app.embedded.service import ServiceFailed  # noqa: PLC0415
    from synib.problems import SpecError, TableError  # noqa: PLC0415

    status: int | None = FAILED
    match error:
        case CommandFailed():
            status = error.status
            _say(str(error))
        case SpecError():
            status = USAGE
            _say("this cannot be run as written", *_faults(error.problems))
        case TableError():
            status = USAGE
            _say("this is no table of predictions", *_faults(error.problems))
        case ProblemError():
            status = USAGE if error.status in (400, 422) else FAILED
            _say(f"{error.title}: {error.detail}", *_faults(error.errors))
        case Unreachable():
            status = UNREACHABLE
            _say(str(error))
        case ServiceFailed():
            log = [f"the whole log: {error.log}"] if error.log else []
            _say(str(error), *(f"│ {line}" for line in error.tail), *log)
        case LocalExtraMissing() | NotUnderstood():
            _say(str(error))
        case OSError() if error.filename:
            _say(f"{error.filename}: {error.strerror}")
        case TyperException():
            status = getattr(error, "exit_code", USAGE)
            show = getattr(error, "show", None)
            show() if show else _say(str(error))
        case _:
            status = None
    return status


def _faults(faults: Sequence["Problem | FaultSchema"]) -> list[str]:
    """Where, and what would be right."""
    return [f"{fault.pointer or '/'}  {fault.detail}" for fault in faults]


def _say(message: str, *lines: str) -> None:
    console = Console(stderr=True, highlight=False)
    console.print(f"[bold red]synib:[/] {escape(message)}", soft_wrap=True)
    for line in lines:
        console.print(f"  {escape(line)}", soft_wrap=True)
