"""Make app/client/sync from app/client/aio by taking away async and await; a test sees that it is current.

Every method of the client is written once, awaited; httpx has both kinds of client with the same methods,
so that nothing but words is between ours. The few things that are more than words are in `blocking.py`,
written by hand on either side.
"""

import re
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parent.parent / "app" / "client"
BY_HAND = {"__init__.py", "blocking.py"}
HEAD = "# Made from app/client/aio/{name} by scripts/unasync.py; change it there.\n"

WORDS = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bapp\.client\.aio\b", "app.client.sync"),
    (r"\bAsync(Client|Iterator)\b", r"\1"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit|iter)__\b", r"__\1__"),
    (r"\ba(close|read|iter_lines|iter_bytes)\b", r"\1"),
    (r"\btasks of one loop\b", "threads"),
]
SHORTER = [["check", "--fix", "--unsafe-fixes", "--select", "I,SIM117,UP028"], ["format"]]
"""What ruff then makes of it: other lines, another order, `yield from`."""


def made() -> dict[Path, str]:
    """What the files are to be, by path."""
    sources = [path for path in sorted((CLIENT / "aio").glob("*.py")) if path.name not in BY_HAND]
    return {CLIENT / "sync" / path.name: synchronous(path) for path in sources}


def synchronous(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    for pattern, instead in WORDS:
        text = re.sub(pattern, instead, text)
    text = HEAD.format(name=path.name) + text
    for call in SHORTER:
        text = ruff(text, call, path.name)
    return text


def ruff(text: str, call: list[str], name: str) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        *call,
        "--quiet",
        "--stdin-filename",
        f"app/client/sync/{name}",
        "-",
    ]
    root = CLIENT.parent.parent
    return subprocess.run(command, input=text, cwd=root, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
    print(f"wrote {CLIENT / 'sync'}")
