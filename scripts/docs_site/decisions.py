"""The list of decisions, out of their names and titles: it is never out of date."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath


def index(documents: Mapping[PurePosixPath, str]) -> str:
    """A document that links to each, and says so much as its title says."""
    rows = []
    for page, text in sorted(documents.items()):
        if page.parent.name == "decisions":
            title = re.sub(r"^#?\s*(\d+\W+)?", "", text.partition("\n")[0])
            rows.append(f"| {page.name[:4]} | [{title}]({page.name}) |")
    head = "# Decisions\n\nWhy the house is as it is: what was decided, what was tried, what follows.\n"
    return "\n".join([head, "| | decided |\n|---|---|", *rows]) + "\n"
