"""Where links of documents lead: to a page, a picture, or a file of the repository that the site copies."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.docs_site.chapters import Page
from scripts.docs_site.markdown import Document

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FILES = Page("files")
"""Folder of the site for what documents link to in the rest of the repository."""


def address(page: Page, link: str) -> str:
    """What a link of a document is called in the site."""
    if _is_elsewhere(link):
        return link
    path, hash_, anchor = link.partition("#")
    path = f"{path}index.md" if path.endswith("/") else path
    there = Path(os.path.normpath(DOCS / page.parent / path))
    if not there.is_relative_to(DOCS):
        return os.path.relpath(FILES / there.relative_to(ROOT), page.parent)
    return f"{path.removesuffix('.md')}.html{hash_}{anchor}" if path.endswith(".md") else link


def dead_links(documents: Mapping[Page, Document]) -> list[str]:
    """Links and pictures that lead nowhere, in words."""
    return [
        f"{page} links to {link}, which {fault}"
        for page, document in documents.items()
        for link in re.findall(r'(?:href|src)="([^"]*)"', document.html)
        if not _is_elsewhere(link) and (fault := _fault(page, link, documents))
    ]


def files(documents: Mapping[Page, Document]) -> Iterator[Page]:
    """The site's copies of files of the repository."""
    for page, document in documents.items():
        for link in re.findall(r'href="([^"#]+)', document.html):
            file = Page(os.path.normpath(page.parent / link))
            if file.is_relative_to(FILES):
                yield file


def source_of(file: Page) -> Path:
    """What a file of `FILES` is a copy of."""
    return ROOT / file.relative_to(FILES)


def _is_elsewhere(link: str) -> bool:
    return re.match(r"[a-z]+:", link) is not None


def _fault(page: Page, link: str, documents: Mapping[Page, Document]) -> str | None:
    path, _, anchor = link.partition("#")
    there = Page(os.path.normpath(page.parent / path)) if path else page.with_suffix(".html")
    if there.suffix == ".html":
        document = documents.get(there.with_suffix(".md"))
        if document and anchor and anchor not in {heading.anchor for heading in document.headings}:
            return "has no such heading"
        return None if document else "is not there"
    source = source_of(there) if there.is_relative_to(FILES) else DOCS / there
    return None if source.is_file() else "is not there"
