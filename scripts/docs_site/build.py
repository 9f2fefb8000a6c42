"""Documents, pictures, styles and a search index into one folder."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.docs_site import decisions
from scripts.docs_site.chapters import Chapter, Page, arranged
from scripts.docs_site.links import DOCS, ROOT, address, dead_links, files, source_of
from scripts.docs_site.markdown import Document, render
from synib import __version__

HERE = Path(__file__).parent
DASHBOARD = ROOT / "app" / "dashboard" / "static"
ASSETS = (
    *(DASHBOARD / name for name in ("app.css", "theme.js", "icon.svg", "vendor/inter.woff2")),
    *(DASHBOARD / name for name in ("vendor/LICENSE.inter.txt",)),
)
"""What the handbook shares with the dashboard: colours, letters, the switch between light and dark."""
OWN = ("site.css", "site.js")
WIDE = ("api", "schemas", "reference")
"""Pages that are mostly tables."""
MOST = 120
"""Headings of the third level that the contents of a page may have."""
GENERATED = {Page("decisions/index.md"): decisions.index}
"""Documents that are a list of others."""


def build(target: Path) -> tuple[list[Page], list[str]]:
    """Write the site anew; its pages, and what is wrong with them (links that lead nowhere)."""
    sources = read(DOCS)
    documents, faults = rendered(sources)
    faults += dead_links(documents)
    chapters = list(arranged({page: document.title for page, document in documents.items()}))
    order = [page for _, pages in chapters for page in pages]
    faults += [f"{page} is in no chapter" for page in documents if page not in order]
    shutil.rmtree(target, ignore_errors=True)
    for page in order:
        path = target / page.with_suffix(".html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(framed(page, documents[page], chapters), encoding="utf-8")
    _copy_assets(target)
    for file in files(documents):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source_of(file), target / file)
    index = f"window.SECTIONS = {json.dumps(searchable(order, documents), ensure_ascii=False)};\n"
    (target / "assets" / "sections.js").write_text(index, encoding="utf-8")
    return order, faults


def read(folder: Path) -> dict[Page, str]:
    """Every document by its path, those that are made here included."""
    found = {
        Page(path.relative_to(folder).as_posix()): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.md"))
    }
    return found | {page: made(found) for page, made in GENERATED.items()}


def rendered(sources: Mapping[Page, str]) -> tuple[dict[Page, Document], list[str]]:
    documents, faults = {}, []
    for page, text in sources.items():

        def picture(link: str, page: Page = page) -> str | None:
            path = DOCS / page.parent / link
            return inlined(path.read_text(encoding="utf-8")) if path.parent.name == "pictures" else None

        try:
            documents[page] = render(text, partial(address, page), picture)
        except (ValueError, OSError) as error:
            faults.append(f"{page}: {error}")
    return documents, faults


def inlined(svg: str) -> str:
    """A picture of ours in a page: it takes the page's colours, which follow the switch."""
    return re.sub(r"\s*<style>.*?</style>\s*", "", svg, count=1, flags=re.DOTALL).strip()


def framed(page: Page, document: Document, chapters: Sequence[tuple[Chapter, dict[Page, str]]]) -> str:
    """The page with its navigation."""
    names = {other: name for _, pages in chapters for other, name in pages.items()}
    order = list(names)
    at = order.index(page)

    def entry(other: Page) -> dict[str, Any]:
        href = Path(os.path.relpath(other.with_suffix(".html"), page.parent)).as_posix()
        return {"href": href, "title": names[other], "current": other == page}

    navigation = [
        {
            "title": chapter.title,
            "pages": [entry(other) for other in pages],
            "folded": chapter.folder is not None,
            "open": page in pages,
        }
        for chapter, pages in chapters
        if pages
    ]
    deepest = 2 if sum(heading.level == 3 for heading in document.headings) > MOST else 3
    contents = [heading for heading in document.headings if 2 <= heading.level <= deepest]
    html: str = _template().render(
        title=document.title,
        content=document.html,
        contents=contents if len(contents) > 1 else [],
        navigation=navigation,
        before=entry(order[at - 1]) if at else None,
        after=entry(order[at + 1]) if at + 1 < len(order) else None,
        root=Path(os.path.relpath(".", page.parent)).as_posix(),
        version=__version__,
        wide=page.stem in WIDE,
    )
    return html


def searchable(order: Iterable[Page], documents: Mapping[Page, Document]) -> list[list[str]]:
    """[address, page, heading, words] of every section."""
    return [
        [
            f"{page.with_suffix('.html')}#{section.anchor}",
            documents[page].title,
            section.title,
            " ".join(" ".join(section.words).split()),
        ]
        for page in order
        for section in documents[page].sections
    ]


def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def _copy_assets(target: Path) -> None:
    for source in ASSETS:
        path = target / "assets" / source.relative_to(DASHBOARD)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
    for name in OWN:
        shutil.copyfile(HERE / name, target / "assets" / name)
    for picture in DOCS.rglob("*.svg"):
        if picture.parent.name != "pictures":
            shutil.copyfile(picture, target / picture.relative_to(DOCS))
