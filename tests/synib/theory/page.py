"""docs/theory.md, read as data."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "theory.md").read_text()


def statements() -> dict[int, str]:
    """Number to text, in the page's order."""
    parts = re.split(r"^\*\*Statement (\d+)\b", PAGE, flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))


def table(title: str) -> list[list[float]]:
    """The rows of numbers of the page's table under the line that starts with this title."""
    block = re.search(rf"^Table, {title}[^\n]*\n\n((?:\|[^\n]*\n)+)", PAGE, re.MULTILINE)
    assert block is not None, title
    rows = block[1].splitlines()[2:]
    return [[float(cell) for cell in row.strip("| ").split("|")] for row in rows]
