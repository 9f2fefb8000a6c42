"""``synib``: the service from a terminal, for people and, with ``--json``, for programs."""

import sys

from app.cli.failures import explained
from app.cli.interrupts import end_at_once


def main() -> None:
    """The console script."""
    end_at_once()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Exit status: 0 well, 1 failed, 2 wrong usage or spec, 3 service not reached, 130 interrupted."""
    from app.cli.root import app  # noqa: PLC0415 - completion and tests import this module for less

    with explained() as outcome:
        outcome.status = app(arguments, prog_name="synib", standalone_mode=False) or 0
        sys.stdout.flush()  # here, where a reader that has gone is no error
    return outcome.status
