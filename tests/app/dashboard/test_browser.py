"""Every page in a real browser: for everybody, on every screen, in light and dark, without a complaint."""

from pathlib import Path
from typing import Any

from tests.app.dashboard.browser import FOUND, NEEDED, WORK

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
EXPECTED = {"not-found": "404", "wrong-filter": "422"}

DARK = "axe.run({exclude: ['svg.picture']}, {runOnly: ['color-contrast']}).then((told) => told.violations)"

pytestmark = NEEDED


def test_every_page_of_work_is_for_everybody_on_every_screen_in_light_and_dark(
    page: Any, ids: dict[str, str], complaints: list[str]
) -> None:
    assert not faults(page, WORK, ids)
    refused = [told for told in complaints if "status of" in told]  # the browser's own word of 404 and 422
    assert len(refused) == len(EXPECTED)
    assert refused == complaints
    complaints.clear()


def test_every_page_of_what_was_found_is_for_everybody_on_every_screen_in_light_and_dark(
    page: Any, found: dict[str, str]
) -> None:
    assert not faults(page, FOUND, found)


def faults(page: Any, pages: dict[str, str], ids: dict[str, str]) -> dict[tuple[str, str], Any]:
    """What axe finds serious or critical, and what is wider than its screen."""
    axe, found = AXE.read_text("utf-8"), {}
    for name, path in pages.items():
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(page.url_of(path.format(**ids)))
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then((told) => told.violations)")
        page.emulate_media(color_scheme="dark")
        violations += page.evaluate(DARK)
        for one in violations:
            if one["impact"] in ("serious", "critical"):
                found[name, one["id"]] = [node["html"][:200] for node in one["nodes"]]
        for width in (390, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found[name, f"wider than {width}"] = [wide]
    return found


def test_the_reader_s_choice_of_light_or_dark_stays(page: Any, ids: dict[str, str]) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(page.url_of(f"/runs/{ids['run']}"))
    page.click("[data-theme-toggle]")
    page.goto(page.url_of("/"))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 19, 22)"
    page.evaluate("localStorage.clear()")
