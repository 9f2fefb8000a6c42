"""Reports and comparisons in a real browser: brushed, filtered, opened, by keyboard too, and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from app.db.engine import session_factory
from tests.app.conftest import Api
from tests.app.dashboard.browser import NEEDED
from tests.app.dashboard.found import SEEDS, answer, furnish_findings
from tests.conftest import empty

pytestmark = NEEDED

PAPER = {"width": 680, "height": 1009}  # A4 less 15 mm on each side, in pixels
ROWS = "#examples tbody tr"


@pytest.fixture(scope="module")
def found(engine: Engine, embedded: Api) -> Iterator[dict[str, str]]:
    """Furnished once: nothing here changes it."""
    with session_factory(engine)() as session:
        yield furnish_findings(session, embedded)
    empty(engine)


def test_a_rectangle_on_the_scatter_filters_the_examples_and_a_click_takes_it_away(
    page: Any, found: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(page.url_of(f"/runs/{found['actors']}/report"))
    area = page.locator("#scatter .picture.wide .brush")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    drag(page, box, (0.3, 0.05), (0.6, 0.5))
    page.wait_for_url("**min_alone=**")
    page.wait_for_selector("#examples .n:not(:has-text('180 of 180'))")
    assert page.locator("#scatter .brushed").count() == 1  # the rectangle stays
    asked = {
        name: page.input_value(f"#examples-filter [name={name}]")
        for name in ("min_alone", "max_alone", "min_confidence", "max_confidence")
    }
    examples = page.url_of(f"/v1/runs/{found['actors']}/examples")
    expected = httpx.get(examples, params={**asked, "sort": "-synergy", "limit": 20}).json()
    shown = [row.inner_text().split("\t")[0] for row in page.locator(ROWS).all()]
    assert shown == [row["example_id"] for row in expected["data"]]
    assert shown
    low, high = float(asked["min_alone"]), float(asked["max_alone"])
    for row in expected["data"]:
        surest = max(row["subsets"][name]["confidence"] for name in ("voice", "face", "words"))
        assert low <= surest <= high
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    page.wait_for_selector("#examples .n:has-text('180 of 180 examples match')")
    assert page.locator("#scatter .brushed").count() == 0


def drag(page: Any, box: dict[str, float], start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the mouse, from one place of a box to another, both in shares of its sides."""
    (x1, y1), (x2, y2) = (
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
    )
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2)
    page.mouse.move(x2, y2)
    page.mouse.up()


def test_examples_are_filtered_paged_and_opened_with_the_keyboard_alone(
    page: Any, found: dict[str, str]
) -> None:
    page.goto(page.url_of(f"/runs/{found['signs']}/report#examples"))
    page.focus("#f-group")
    page.keyboard.type("only all")  # the option's first letters choose it
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Show":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**group=only_joint**")
    page.wait_for_selector("#examples .n:not(:has-text('500 of 500'))")
    groups = {row.inner_text().split("\t")[-1] for row in page.locator(ROWS).all()}
    assert groups == {"only all together are right"}
    first = page.locator(ROWS).first.inner_text()
    page.focus("#examples a[rel=next]")
    page.keyboard.press("Enter")
    page.wait_for_url("**after=**")
    page.wait_for_function(
        "first => document.querySelector('#examples tbody tr').innerText !== first", arg=first
    )
    page.focus(f"{ROWS} a")
    name = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/examples/*")
    assert page.inner_text("h1") == f"Example {name}"
    page.go_back()
    page.wait_for_url("**after=**")
    assert "only all together are right" in page.inner_text("#examples tbody")


def test_a_group_is_chosen_in_its_chart_and_a_table_opens_below(page: Any, found: dict[str, str]) -> None:
    page.goto(page.url_of(f"/runs/{found['signs']}/report"))
    page.focus("#groups .picture.wide a:has-text('only all together are right')")
    page.keyboard.press("Enter")
    page.wait_for_url("**group=only_joint*")
    assert page.input_value("#f-group") == "only_joint"
    page.focus("#subsets summary")
    page.keyboard.press("Enter")
    assert page.locator("#subsets table").is_visible()


def test_an_example_shows_itself_and_its_steps(page: Any, found: dict[str, str]) -> None:
    page.goto(page.url_of(f"/runs/{found['actors']}/examples/{found['clip']}"))
    page.wait_for_function("() => document.querySelector('.media img').naturalWidth === 32")
    page.evaluate("document.querySelector('.media audio').load()")
    page.wait_for_function("() => document.querySelector('.media audio').duration > 0.1")
    assert "I will not say this again." in page.inner_text(".media blockquote")
    assert page.locator("#waterfall .picture.wide rect.f2").count() == 2  # the interaction, and its legend


def test_a_comparison_has_its_verdict_on_top_then_every_pair_seed_and_trial(
    page: Any, found: dict[str, str]
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(page.url_of(f"/experiments/{found['comparison']}/comparison"))
    verdict = page.locator(".verdict")
    assert verdict.inner_text().replace("\xa0", " ").startswith(answer().sentence)
    assert verdict.bounding_box()["y"] < 200  # pixels: seen without scrolling
    pairs = [test for test in answer().attribution.tests if test.metric == "accuracy"]
    forest = page.locator("#forest .picture.wide")
    assert forest.locator("circle.seed").count() == len(pairs) * SEEDS + 1  # and the legend's
    titles = forest.locator("title").all_text_contents()
    assert [told for told in titles if "synib − vanilla" in told]
    trials = page.locator("#trials .picture.wide")
    assert trials.locator("polygon").count() == 4 * SEEDS + 1  # what was chosen for every method and seed


@pytest.mark.parametrize("path", ["/runs/{actors}/report", "/experiments/{comparison}/comparison"])
def test_on_paper_nothing_is_cut(page: Any, found: dict[str, str], path: str) -> None:
    page.goto(page.url_of(path.format(**found)))
    page.evaluate("window.print = () => { window.printed = true }")
    page.click("text=PDF (print)")
    assert page.evaluate("window.printed")
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    tall = page.evaluate("[...document.querySelectorAll('.chart')].map((one) => one.offsetHeight)")
    assert max(tall) < PAPER["height"]  # so that a page break never has to go through a chart
    assert page.evaluate("getComputedStyle(document.querySelector('.chart')).breakInside") == "avoid"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 28, 26)"  # dark on white
    page.emulate_media(media="null")
    made = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert made.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) >= 3


def test_a_chart_alone_is_one_page_and_its_picture_a_png(page: Any, found: dict[str, str]) -> None:
    page.goto(page.url_of(f"/runs/{found['signs']}/report"))
    page.evaluate("window.print = () => { window.printed = true }")
    page.click("#synergy [data-print]")
    made = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", made)) == 1
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".sheet").count() == 0
    with page.expect_download() as download:
        page.click("#synergy [data-png]")
    assert download.value.suggested_filename == "synergy.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
