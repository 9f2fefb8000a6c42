"""The handbook as it is built: whole, offline, with links that lead somewhere, and for everybody."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scripts.docs_site.build import build, rendered
from scripts.docs_site.chapters import Page
from scripts.docs_site.links import DOCS, dead_links
from scripts.docs_site.markdown import Anchors, render
from tests.app.dashboard.browser import chromium, missing

AXE = Path(__file__).parent / "app" / "dashboard" / "vendor" / "axe.min.js"
RUN_AXE = """(only) =>
    axe.run({preload: false, ...(only && {runOnly: only})}).then((told) => told.violations)"""
"""Without asking for style sheets once more, which a page from disk may not."""
MISSING = missing()
LOOKED_AT = (
    "index",
    "quick-start",
    "concepts",
    "your-data",
    "api",
    "theory",
    "studies/index",
    "decisions/index",
)


class Parsed(HTMLParser):
    """Names and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("handbook") / "site"
    _, faults = build(folder)
    assert faults == []
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Parsed]:
    return {path: Parsed(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def test_every_document_is_a_page(site: Path) -> None:
    written = {path.relative_to(site).with_suffix(".md") for path in site.rglob("*.html")}
    assert {path.relative_to(DOCS) for path in DOCS.rglob("*.md")} | {Path("decisions/index.md")} == written


def test_all_links_and_anchors_lead_somewhere(pages: dict[Path, Parsed]) -> None:
    ids = {path.resolve(): set(page.ids) for path, page in pages.items()}
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            there = (path.parent / target).resolve() if target else path.resolve()
            assert there.is_file(), f"{path.name} links to {link}"
            assert not anchor or anchor in ids[there], f"{path.name} links to {link}"


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Parsed]) -> None:
    for path, page in pages.items():
        assert page.inline == [], path
        assert "style" not in page.tags, path
        for link in page.links:  # what leads elsewhere is a text to click on, never a file to load
            assert not re.match(r"(https?:)?//", link) or f'<a href="{link}"' in path.read_text("utf-8"), link
    for path in (*site.rglob("*.css"), *site.rglob("*.js")):
        if path.name != "sections.js":
            assert not re.search(r"https?://|@import", path.read_text("utf-8")), path


def test_every_page_can_be_reached_and_says_where_one_is(pages: dict[Path, Parsed], site: Path) -> None:
    for path, page in pages.items():
        reached = {(path.parent / link.partition("#")[0]).resolve() for link in page.links if ":" not in link}
        assert reached >= {one.resolve() for one in pages}, path
        assert path.read_text("utf-8").count('aria-current="page"') == 1
        assert page.tags.count("h1") == 1, path


def test_every_study_is_in_the_list_of_studies(pages: dict[Path, Parsed], site: Path) -> None:
    listed = (DOCS / "studies" / "index.md").read_text("utf-8")
    for study in (DOCS / "studies").glob("*.md"):
        assert study.stem == "index" or f"]({study.name})" in listed, study.name


def test_the_search_knows_every_section(site: Path) -> None:
    script = (site / "assets" / "sections.js").read_text("utf-8")
    sections = json.loads(script.removeprefix("window.SECTIONS = ").removesuffix(";\n"))
    for href, _, heading, _ in sections:
        page, _, anchor = href.partition("#")
        assert f'id="{anchor}"' in (site / page).read_text("utf-8")
        assert heading
    assert any(heading == "`SYNIB_STORE`" or "SYNIB_STORE" in words for _, _, heading, words in sections)


def test_a_link_that_leads_nowhere_is_a_fault() -> None:
    links = "[there](b.md#b) [no page](c.md) [no heading](b.md#c)"
    documents, _ = rendered({Page("a.md"): f"# A\n\n{links}\n", Page("b.md"): "# B\n"})
    assert dead_links(documents) == [
        "a.md links to c.html, which is not there",
        "a.md links to b.html#c, which has no such heading",
    ]


def test_anchors_are_those_of_the_code_host() -> None:
    anchors = Anchors()
    headings = (
        "kind: gaussian_xor",
        "Null and interval",
        "POST /v1/runs/{run_id}/cancel",
        "Null and interval",
    )
    assert [anchors.name(heading) for heading in headings] == [
        *("kind-gaussian_xor", "null-and-interval", "post-v1runsrun_idcancel", "null-and-interval-1"),
    ]


def test_markup_in_a_document_is_shown_and_not_obeyed() -> None:
    html = render("# A\n\n<script>alert(1)</script>\n\n```text\n<b>\n```\n").html
    assert "<script" not in html
    assert "&lt;b&gt;" in html


def test_a_language_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="yml2"):
        render("```yml2\na: 1\n```\n")


# ------------------------------------------------------------------------------------------ a browser


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    if MISSING is not None:
        pytest.skip(MISSING)
    with chromium(reduced_motion="reduce") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []


def test_pages_are_for_everybody_on_every_screen_in_light_and_dark(tab: Any, site: Path) -> None:
    axe, found = AXE.read_text("utf-8"), {}
    for name in LOOKED_AT:
        tab.emulate_media(color_scheme="light")
        tab.set_viewport_size({"width": 1440, "height": 900})
        tab.goto((site / f"{name}.html").as_uri())
        tab.evaluate(axe)
        violations = tab.evaluate(RUN_AXE)
        tab.emulate_media(color_scheme="dark")
        violations += tab.evaluate(RUN_AXE, ["color-contrast"])
        for one in violations:
            if one["impact"] in ("serious", "critical"):
                found[name, one["id"]] = [node["html"][:200] for node in one["nodes"]]
        for width in (390, 2560):
            tab.set_viewport_size({"width": width, "height": 900})
            if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
                found[name, f"wider than {width}"] = [wide]
    assert not found


def test_the_search_finds_from_disk_and_by_keyboard_alone(tab: Any, site: Path) -> None:
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto((site / "studies" / "mosi.html").as_uri())
    tab.keyboard.press("/")
    tab.keyboard.type("out of the profile")
    tab.wait_for_selector("#found a")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/scoring.html#out-of-the-profile")


def test_on_a_narrow_screen_the_pages_are_behind_a_button(tab: Any, site: Path) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto((site / "index.html").as_uri())
    assert not tab.is_visible("#pages")
    tab.click(".menu")
    tab.click("#pages >> text=Quick start")
    tab.wait_for_url("**/quick-start.html")
