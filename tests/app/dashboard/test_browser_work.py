"""Work in a real browser: asking, watching, stopping, filtering, sending a table, by keyboard too."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Experiment, Run
from app.runs import lease
from app.runs.status import Status, transition
from tests.app.dashboard.browser import NEEDED
from tests.app.dashboard.rows import EPOCHS, learn, numbers

pytestmark = NEEDED


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
