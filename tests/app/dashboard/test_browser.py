"""The main paths in a real browser: asking, watching, stopping, filtering, sending, by keyboard too.

Skipped, with a word, where there is no browser.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Experiment, Run
from app.runs import lease
from app.runs.status import Status, transition
from tests.app.conftest import Api
from tests.app.dashboard.browser import PAGES, chromium, missing
from tests.app.dashboard.rows import EPOCHS, furnish, learn, numbers

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
MISSING = missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
EXPECTED = {"not-found": "404", "wrong-filter": "422"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(reduced_motion="reduce", bypass_csp=False) as context:
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote into its console, and what broke."""
    return []


@pytest.fixture
def page(browser: Any, embedded: Api, database: Engine, complaints: list[str]) -> Iterator[Any]:
    """A tab on the dashboard whose console is empty in the end."""
    tab = browser.new_page()
    tab.on(
        "console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.url_of = lambda path: embedded.url + path
    yield tab
    tab.close()
    assert complaints == []


@pytest.fixture
def ids(session: Session) -> dict[str, str]:
    return furnish(session)


def test_every_page_is_for_everybody_on_every_screen_in_light_and_dark(
    page: Any, ids: dict[str, str], complaints: list[str]
) -> None:
    axe, found = AXE.read_text("utf-8"), {}
    for name, path in PAGES.items():
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(page.url_of(path.format(**ids)))
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then((told) => told.violations)")
        page.emulate_media(color_scheme="dark")
        violations += page.evaluate("axe.run({runOnly: ['color-contrast']}).then((told) => told.violations)")
        for one in violations:
            if one["impact"] in ("serious", "critical"):
                found[name, one["id"]] = [node["html"][:200] for node in one["nodes"]]
        for width in (390, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found[name, f"wider than {width}"] = [wide]
    assert not found
    refused = [
        told for told in complaints if "status of" in told
    ]  # the browser's own word of a 404 and a 422
    assert len(refused) == len(EXPECTED)
    assert refused == complaints
    complaints.clear()


def test_a_question_is_planned_mended_and_asked_by_keyboard_alone(
    page: Any, session: Session, complaints: list[str]
) -> None:
    page.goto(page.url_of("/"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.goto(page.url_of("/experiments/new"))
    page.focus("#spec")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        "name: by keyboard\ndataset: {kind: noisy_xor, examples: 400}\nmethods:\n  - {kind: vanilla}\n"
        "  - {kind: synib, mask: {kind: random, rate: 1.4}}\nreplication: {seeds: 1}\n"
    )
    page.keyboard.press("Control+Enter")
    wrong = page.wait_for_selector("#outcome .problem")
    assert "/methods/1/mask/rate" in wrong.inner_text()
    assert page.get_attribute("#spec", "aria-invalid") == "true"
    page.focus("#outcome [data-line]")
    page.keyboard.press("Enter")
    marked = page.evaluate(
        "document.getElementById('spec').value.slice(spec.selectionStart, spec.selectionEnd)"
    )
    assert marked == "  - {kind: synib, mask: {kind: random, rate: 1.4}}"
    page.keyboard.insert_text(marked.replace("1.4", "0.4"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#outcome #plan")
    assert session.query(Experiment).count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Start"
    page.keyboard.press("Enter")
    page.wait_for_url("**/experiments/exp_*")
    assert page.inner_text("h1") == "by keyboard"
    assert session.query(Run).count() == 2
    complaints[:] = [told for told in complaints if "422" not in told]


def test_a_curve_grows_within_two_seconds_of_an_epoch_and_a_run_is_stopped(
    page: Any, session: Session, ids: dict[str, str], database: Engine
) -> None:
    run = session.get_one(Run, ids["queued"])
    token = learn(session, run, 1)
    session.commit()
    page.goto(page.url_of(f"/runs/{run.id}"))
    page.wait_for_selector(".plots canvas")
    seen = "() => document.querySelector('[data-sentence]').textContent.includes('n = {} epochs')"
    took = []
    for epoch in range(2, 6):
        with session_factory(database).begin() as other:
            lease.record(other, run.id, token, epoch, epoch * 94, numbers(epoch), EPOCHS)
        begin = time.monotonic()
        page.wait_for_function(seen.format(epoch), polling=20)
        took.append(time.monotonic() - begin)
    assert sorted(took)[1] < 2
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("button.danger")
    page.wait_for_selector("#state .badge.cancelling")
    with session_factory(database).begin() as other:
        transition(other, lease.held(other, run.id, token), Status.CANCELLED)
    page.wait_for_selector("#timeline li.cancelled")
    page.wait_for_selector("text=Resume")


def test_a_list_is_filtered_and_its_rows_change_while_somebody_looks(
    page: Any, session: Session, ids: dict[str, str], database: Engine
) -> None:
    page.goto(page.url_of("/runs"))
    page.select_option("#status", "running")
    page.wait_for_url("**/runs?status=running")
    assert page.locator("tbody tr").count() == 1
    page.focus(f"#{ids['run']} a")
    token = session.get_one(Run, ids["run"]).lease_token
    assert token
    with session_factory(database).begin() as other:
        lease.record(other, ids["run"], token, 13, 13 * 94, numbers(13), EPOCHS)
    page.wait_for_function(f"() => document.getElementById('{ids['run']}').textContent.includes('13/30')")
    assert page.evaluate("document.activeElement.closest('tr')?.id") == ids["run"]  # the focus stays


def test_a_table_is_sent_and_what_is_wrong_with_it_is_at_its_field(
    page: Any, tmp_path: Path, complaints: list[str]
) -> None:
    page.goto(page.url_of("/analyses/new"))
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text("label,p:a:x,p:a:y\nx,0.5,0.5\n")
    names = [f"p:{subset}:{name}" for subset in ("a", "b", "a+b") for name in ("x", "y")]
    rows = [f"{i},{'xy'[i % 2]},0.5,0.5,0.5,0.5,0.{9 - 8 * (i % 2)},0.{1 + 8 * (i % 2)}" for i in range(8)]
    right.write_text("\n".join([f"example_id,label,{','.join(names)}", *rows]) + "\n")
    page.set_input_files("#table", wrong)
    page.click("button.main")
    problem = page.wait_for_selector("[data-problem] .problem")
    assert "/table" in problem.inner_text()
    assert page.locator(".field p.fault").count() >= 1
    complaints[:] = [told for told in complaints if "422" not in told]
    page.set_input_files("#table", right)
    page.fill("#name", "sent by a browser")
    page.click("button.main")
    page.wait_for_url("**/analyses/ana_*")
    assert page.inner_text("h1") == "sent by a browser"


def test_the_reader_s_choice_of_light_or_dark_stays(page: Any, ids: dict[str, str]) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(page.url_of(f"/runs/{ids['run']}"))
    page.click("[data-theme-toggle]")
    page.goto(page.url_of("/"))
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 19, 22)"
    page.evaluate("localStorage.clear()")
