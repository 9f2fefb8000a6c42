"""Crossing in a real browser: from an example by keyboard alone, a wrong id at its field, on every screen.

Skipped, with a word, where there is no browser.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.tables import Run
from tests.app.conftest import Api
from tests.app.dashboard.browser import chromium, missing
from tests.app.dashboard.crossable import NAME, crossable, pair
from tests.app.kits import scorer

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
MISSING = missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(reduced_motion="reduce", bypass_csp=False, accept_downloads=True) as context:
        context.set_default_timeout(60_000)  # the first answer waits for a scorer that imports torch
        yield context


@pytest.fixture(scope="module")
def desk(embedded: Api) -> Iterator["subprocess.Popen[bytes]"]:
    with scorer(embedded.app.state.settings) as process:
        yield process


@pytest.fixture
def run(database: Engine, session: Session, store: Path, desk: Any) -> Run:
    shutil.rmtree(store / "models", ignore_errors=True)
    return crossable(session, store)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote into its console, and what broke."""
    return []


@pytest.fixture
def page(browser: Any, embedded: Api, run: Run, complaints: list[str]) -> Iterator[Any]:
    tab = browser.new_page()
    tab.on(
        "console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.url_of = lambda path: embedded.url + path
    yield tab
    tab.close()
    assert complaints == []


def test_from_an_example_to_its_grid_and_to_another_pair_by_keyboard_alone(page: Any, run: Run) -> None:
    first, second = pair()
    page.goto(page.url_of(f"/runs/{run.id}/examples/{first}"))
    page.focus("a:has-text('Cross it with another example')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{NAME}/cross?first={first}")
    page.focus("#second")
    assert page.input_value("#second") not in ("", first)  # one with another label is proposed
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{NAME}/cross?first={first}&second=*")
    page.wait_for_selector("#crossing svg")
    assert page.locator("#crossing svg.wide rect.framed").count() == 2
    assert page.inner_text("#crossing-sentence").startswith(f"{first} is taken for “")
    page.focus("#second")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(second)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/models/{NAME}/cross?first={first}&second={second}")
    said = page.inner_text("#crossing-sentence")
    assert f"changing both gives {second} itself" in said
    page.goto(page.url)  # whoever gets the address sees the same
    assert page.inner_text("#crossing-sentence") == said
    page.focus("#crossing summary")
    page.keyboard.press("Enter")
    assert page.locator("#crossing tbody tr").count() == 4


def test_a_wrong_id_is_told_at_its_field_and_mended_there(page: Any, complaints: list[str]) -> None:
    first, second = pair()
    page.goto(page.url_of(f"/models/{NAME}"))
    page.fill("#first", first)
    page.fill("#second", "nobody")
    page.click("text=Cross them")
    fault = page.wait_for_selector("#fault-examples-1")
    assert "no example 'nobody'" in fault.inner_text()
    assert page.get_attribute("#second", "aria-invalid") == "true"
    assert page.input_value("#first") == first
    assert [told for told in complaints if "422" not in told] == []
    complaints.clear()
    page.fill("#second", second)
    page.keyboard.press("Enter")
    page.wait_for_selector("#crossing svg")


def test_the_grid_is_downloaded_as_numbers_and_pictures(page: Any) -> None:
    first, second = pair()
    page.goto(page.url_of(f"/models/{NAME}/cross?first={first}&second={second}"))
    for words, begins in (("CSV", b"x1 of,x2 of,predicted"), ("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.click(f"#crossing .export >> text={words}")
        assert Path(download.value.path()).read_bytes().startswith(begins)


def test_the_grid_is_for_everybody_on_every_screen_in_light_and_dark(page: Any) -> None:
    first, second = pair()
    axe = AXE.read_text("utf-8")
    for path in (f"/models/{NAME}", f"/models/{NAME}/cross?first={first}&second={second}"):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(page.url_of(path))
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then((told) => told.violations)")
        page.emulate_media(color_scheme="dark")
        violations += page.evaluate("axe.run({runOnly: ['color-contrast']}).then((told) => told.violations)")
        assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []
        for width in (390, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    for width, shown in ((390, "narrow"), (1440, "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator("#crossing svg:visible").get_attribute("class") == f"picture {shown}"
