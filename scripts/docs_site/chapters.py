"""Which pages there are, and in which order they are read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

Page = PurePosixPath
"""A document by its path in docs/: ``studies/mosi.md``."""


@dataclass(frozen=True)
class Chapter:
    """Pages under one heading of the navigation."""

    title: str
    pages: dict[str, str]
    """What the navigation calls them, by path."""
    folder: str | None = None
    """Its remaining documents are listed below these, by their own titles."""


CHAPTERS = (
    Chapter(
        "Begin",
        {"index.md": "What it is", "quick-start.md": "Quick start", "concepts.md": "Concepts"},
    ),
    Chapter(
        "How to",
        {
            "your-data.md": "Bring your own data",
            "scoring.md": "Score new examples",
            "client.md": "Client and command line",
            "operations.md": "Run a service",
        },
    ),
    Chapter(
        "Reference",
        {"reference.md": "Experiments and settings", "api.md": "HTTP API", "schemas.md": "HTTP schemas"},
    ),
    Chapter(
        "Behind it",
        {"theory.md": "Theory", "defects.md": "Defects elsewhere", "architecture.md": "The house"},
    ),
    Chapter("Studies", {"studies/index.md": "All studies"}, folder="studies"),
    Chapter("Decisions", {"decisions/index.md": "All decisions"}, folder="decisions"),
)


def arranged(titles: Mapping[Page, str]) -> Iterator[tuple[Chapter, dict[Page, str]]]:
    """Every chapter with those of its pages that are there, and what they are called."""
    for chapter in CHAPTERS:
        first = {Page(path): name for path, name in chapter.pages.items() if Page(path) in titles}
        rest = {
            page: short(title)
            for page, title in sorted(titles.items())
            if chapter.folder and str(page.parent) == chapter.folder and page not in first
        }
        yield chapter, first | rest


def short(title: str) -> str:
    """A title as the navigation has it: up to its colon or question."""
    return re.split(r"(?<=\?)\s|: ", title)[0]
