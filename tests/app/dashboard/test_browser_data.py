"""Data sets and models in a real browser: sent with progress, refused at the field, watched, asked."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Dataset, Model, Run
from tests.app.conftest import Api
from tests.app.dashboard.browser import NEEDED
from tests.app.dashboard.found import REFUSED
from tests.app.kits import promotable, scorer, trained
from tests.app.reading import read
from tests.synib.features.models import build
from tests.synib.scoring import media_kits

pytestmark = NEEDED

TABLE = "eye:x,ear:x,label\n" + "".join(f"{i % 7},{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(60))


def follow(page: Any) -> list[str]:
    """What the form says of its sending, from now on and on other pages, too."""
    told: list[str] = []

    def tell(words: str) -> None:  # Playwright takes no builtin, such as the method of a list
        told.append(words)

    page.expose_function("tell", tell)
    page.evaluate(
        "() => new MutationObserver(() => tell(document.querySelector('[data-sent]').textContent))"
        ".observe(document.querySelector('[data-sent]'), { childList: true })"
    )
    return told


def test_a_table_is_sent_with_its_progress_and_read_while_somebody_looks(
    page: Any, session: Session, database: Engine, embedded: Api, tmp_path: Path
) -> None:
    table = tmp_path / "sensors.csv"
    table.write_text(TABLE)
    page.goto(page.url_of("/datasets/new"))
    told = follow(page)
    page.set_input_files("#file", table)
    page.fill("#name", "sensors")
    page.click("button.main")
    page.wait_for_url("**/datasets/ds_*")
    assert "Looking at it …" in told
    assert page.inner_text("h1") == "sensors"
    assert page.inner_text("#state .badge") == "queued"
    [run] = session.query(Run)
    read(session_factory(database), embedded.app.state.settings, run.id)
    page.wait_for_selector("#state .badge.ready")  # nobody has reloaded the page
    assert "Train on it" in page.inner_text("#state")
    cells = [cell.inner_text() for cell in page.locator("table[id], .scroll table").last.locator("td").all()]
    assert [cells[0], cells[4]] == ["no", "yes"]
    assert sum(int(cell) for cell in cells if cell.isdigit()) == 60


def test_a_large_file_goes_in_parts_and_says_how_far_it_is(
    page: Any, session: Session, database: Engine, tmp_path: Path
) -> None:
    table = tmp_path / "large.csv"
    table.write_text(TABLE + "1,2,yes\n" * (34 * 2**20 // 8))
    page.goto(page.url_of("/datasets/new"))
    told = follow(page)
    page.set_input_files("#file", table)
    page.click("button.main")
    page.wait_for_url("**/datasets/ds_*")
    assert [words for words in told if "of 34.0 MiB" in words] == [
        "0 KiB of 34.0 MiB",
        "16.0 MiB of 34.0 MiB",
        "32.0 MiB of 34.0 MiB",
    ]
    [dataset] = session.query(Dataset)
    assert dataset.size == table.stat().st_size
    assert len(dataset.parts) == 3


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"lable": "x"}, "/spec/lable"),
        ({"split": {"train": 0.7, "validation": 0.1, "test": 0.1}}, "/spec/split"),
    ],
)
def test_what_is_refused_is_told_at_its_field_as_the_api_tells_it(
    page: Any, session: Session, complaints: list[str], tmp_path: Path, settings: Any, pointer: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE)
    page.goto(page.url_of("/datasets/new"))
    page.set_input_files("#file", table)
    page.click("summary")
    page.fill("#more", json.dumps(settings))
    page.click("button.main")
    fault = page.wait_for_selector(".field p.fault")
    files: dict[str, Any] = {"file": ("table.csv", TABLE)}
    files["spec"] = (None, json.dumps(settings), "application/json")
    [expected] = httpx.post(page.url_of("/v1/datasets"), files=files).json()["errors"]
    assert expected["pointer"] == pointer
    assert fault.inner_text() == expected["detail"]
    assert page.get_attribute("#more", "aria-invalid") == "true"
    assert page.evaluate("document.activeElement.id") == "more"
    assert pointer in page.inner_text("[data-problem]")
    assert session.query(Dataset).count() == 0
    complaints[:] = [told for told in complaints if "422" not in told]


def test_what_is_wrong_with_rows_is_told_with_their_numbers(
    page: Any, session: Session, database: Engine, embedded: Api, tmp_path: Path
) -> None:
    table = tmp_path / "wrong.csv"
    table.write_text(REFUSED)
    page.goto(page.url_of("/datasets/new"))
    page.set_input_files("#file", table)
    page.click("button.main")
    page.wait_for_url("**/datasets/ds_*")
    [run] = session.query(Run)
    read(session_factory(database), embedded.app.state.settings, run.id)
    page.wait_for_selector("#state .badge.refused")
    told = httpx.get(page.url_of(f"/v1/datasets/{run.dataset_id}")).json()["problems"]
    shown = page.locator("#state .problem tbody tr")
    assert shown.count() == len(told) > 1
    for row, fault in zip(shown.all(), told, strict=True):
        assert fault["pointer"] in row.inner_text()
        assert fault["detail"] in row.inner_text()
        assert "row" in fault["detail"]


def test_a_run_gets_a_name_and_its_model_answers_in_the_playground(
    page: Any, session: Session, embedded: Api, complaints: list[str]
) -> None:
    settings = embedded.app.state.settings
    run = promotable(session, settings.store)
    _, _, data = trained()
    example = {"label": data.classes[0], "x": {name: x[0].tolist() for name, x in data.x.items()}}
    page.goto(page.url_of(f"/models?run={run.id}"))
    page.fill("#name", "signs of signs")
    page.click("text=Make it a model")
    fault = page.wait_for_selector("#fault-name")
    asked = {"run": run.id, "name": "signs of signs"}
    told = httpx.post(page.url_of("/v1/models"), json=asked).json()
    assert fault.inner_text() == told["errors"][0]["detail"]
    page.fill("#name", "signs")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/signs")
    assert session.query(Model).count() == 1
    with scorer(settings):
        page.fill("#example", json.dumps(example))
        page.click("#score button.main")
        page.wait_for_selector("#answer table", timeout=60_000)
        path = page.url_of("/v1/models/signs/score")
        [known] = httpx.post(path, json={"examples": [example]}, timeout=60).json()["examples"]
        rows = [row.inner_text().split("\t") for row in page.locator("#answer tbody tr").all()]
        assert [(row[0], row[1]) for row in rows] == [
            (name.replace("+", " + "), subset["predicted"]) for name, subset in known["subsets"].items()
        ]
        assert f"{100 * known['confidence']:.1f} % sure" in page.inner_text("#answer")
        page.check("[name=withhold][value=x1]")
        page.click("#score button.main")
        page.wait_for_selector("#answer:has-text('without x1')")
        page.uncheck("[name=withhold][value=x1]")
        example["x"]["x1"] = [0.0]
        page.fill("#example", json.dumps(example))
        page.click("#score button.main")
        problem = page.wait_for_selector("#score .problem")
        [fault] = httpx.post(path, json={"examples": [example]}, timeout=60).json()["errors"]
        assert fault["detail"] in problem.inner_text()
        assert page.get_attribute("#example", "aria-invalid") == "true"
    complaints[:] = [told for told in complaints if "422" not in told]


def test_a_model_of_pictures_words_and_numbers_is_asked_by_files_and_words(
    page: Any, session: Session, embedded: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build("bert", tmp_path)
    monkeypatch.setenv("SYNIB_MODELS", str(tmp_path))
    settings = embedded.app.state.settings.model_copy(update={"models": tmp_path})
    model = media_kits.made("bert")
    run = promotable(session, settings.store, made=model)
    made = httpx.post(page.url_of("/v1/models"), json={"run": run.id, "name": "media"})
    assert made.status_code == 201
    (picture := tmp_path / "1.png").write_bytes(media_kits.png(media_kits.images(3)[2]))
    meter, words = model[2].x["meter"][0].tolist(), media_kits.SAID[0]
    page.goto(page.url_of("/models/media"))
    assert json.loads(page.input_value("#example")) == {"label": None, "x": {"meter": [0.0, 0.0]}}
    with scorer(settings):
        page.fill("#example", json.dumps({"label": "odd", "x": {"meter": meter}}))
        page.set_input_files("[data-medium=picture]", picture)
        page.fill("[data-medium=words]", words)
        page.click("#score button.main")
        page.wait_for_selector("#answer table", timeout=60_000)
        sent = {"picture": picture.read_bytes(), "meter": (None, json.dumps(meter)), "words": (None, words)}
        asked = httpx.post(page.url_of("/v1/models/media/score"), files=sent, timeout=60)
        [known] = asked.json()["examples"]
        assert page.locator("#answer tbody tr").count() == len(known["subsets"]) == 7
        assert f"{100 * known['confidence']:.1f} % sure" in page.inner_text("#answer")
        page.check("[name=withhold][value=picture]")
        page.click("#score button.main")
        page.wait_for_selector("#answer:has-text('without picture')")
