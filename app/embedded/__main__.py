"""``python -m app.embedded``: the supervisor as a process of its own, telling each step as a line of JSON."""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from app.embedded.parts import StartFailed
from app.embedded.servers import LocalExtraMissing
from app.embedded.supervisor import Plan, Refused, Supervisor


def tell(news: dict[str, Any]) -> None:
    """Say it to whoever listens; nobody may, when the command that started us was killed."""
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(news) + "\n")
        sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--slots", type=int, default=1, help="runs at a time")
    parser.add_argument("--temporary", action="store_true", help="remove the home at the end")
    given = parser.parse_args()
    try:
        Supervisor(Plan(given.home.resolve(), given.port, given.slots, given.temporary), tell).run()
    except (Refused, LocalExtraMissing) as error:
        tell({"state": "failed", "message": str(error), "log": None, "tail": []})
        return 1
    except StartFailed as error:
        tell({"state": "failed", "message": str(error), "log": str(error.log), "tail": error.tail})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
