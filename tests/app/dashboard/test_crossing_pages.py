"""Pages of crossing: a grid that says what the API says, at its own address; refusals at their field."""

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.dashboard.report.chart import NARROW, WIDE
from app.dashboard.report.charts.crossing import crossing
from app.db.tables import Run
from app.scoring.schemas import CrossedSchema
from tests.app.conftest import Api
from tests.app.dashboard.crossable import NAME, crossable, pair
from tests.app.dashboard.html import read
from tests.app.dashboard.report.test_report_pages import safe
from tests.app.kits import scorer

PAGE = f"/models/{NAME}/cross"


@pytest.fixture(scope="module")
def desk(embedded: Api) -> Iterator["subprocess.Popen[bytes]"]:
    with scorer(embedded.app.state.settings) as process:
        yield process


@pytest.fixture
def run(pages: httpx.Client, session: Session, store: Path, desk: Any) -> Run:
    shutil.rmtree(store / "models", ignore_errors=True)
    return crossable(session, store)


def named(first: str, second: str) -> dict[str, str]:
    return {"first": first, "second": second}


def told(pages: httpx.Client, *examples: str) -> CrossedSchema:
    answer = pages.post(f"/v1{PAGE}", json={"examples": [*examples]}, headers={"Prefer": "wait=60"})
    return CrossedSchema.model_validate(answer.json())


def test_the_page_shows_the_grid_that_the_api_tells_of(pages: httpx.Client, run: Run) -> None:
    answered = pages.get(PAGE, params=named(*pair()))
    page, found = safe(answered), told(pages, *pair())
    words = " ".join(page.by_id("crossing").text.replace("\u00a0", " ").split())
    assert found.sentence in words
    assert "n = 2 examples" in words
    for cell in found.cells:
        assert f"{100 * cell.scored.confidence:.1f} % sure" in words
    assert [page.by_id(f"example-{letter}").text for letter in "AB"] == [
        f"{letter}: {example.example_id}" for letter, example in zip("AB", found.examples, strict=True)
    ]
    assert (page.by_id("first").attributes["value"], page.by_id("second").attributes["value"]) == pair()


def test_its_numbers_come_as_csv_and_its_picture_as_svg(pages: httpx.Client, run: Run) -> None:
    found = told(pages, *pair())
    links = [one for one in safe(pages.get(PAGE, params=named(*pair()))).links() if "/cross." in one]
    csv_file, svg_file = (pages.get(link) for link in links)
    rows = [*csv.DictReader(io.StringIO(csv_file.text))]
    assert [float(row["confidence"]) for row in rows] == [cell.scored.confidence for cell in found.cells]
    assert [(row["x1 of"], row["x2 of"]) for row in rows] == [tuple(c.origin.values()) for c in found.cells]
    assert [bool(row["synergy, bits"]) for row in rows] == [True, False, False, True]
    assert svg_file.text.startswith("<svg")


def test_to_one_example_another_of_a_different_label_is_proposed(pages: httpx.Client, run: Run) -> None:
    first, _ = pair()
    page = safe(pages.get(PAGE, params={"first": first}))
    assert page.by_id("first").attributes["value"] == first
    assert not page.named("figure")  # nothing was asked yet
    one, other = told(pages, first, page.by_id("second").attributes["value"]).examples
    assert one.label != other.label


def test_an_example_of_a_promoted_run_leads_there_and_so_does_the_model(
    pages: httpx.Client, run: Run
) -> None:
    first, _ = pair()
    links = safe(pages.get(f"/runs/{run.id}/examples/{first}")).links()
    assert f"{PAGE}?first={first}" in links
    model = safe(pages.get(f"/models/{NAME}"))
    [form] = [one for one in model.named("form") if one.attributes.get("action") == PAGE]
    assert form.attributes["method"] == "get"
    chosen = [model.by_id(field).attributes["value"] for field in ("first", "second")]
    one, other = told(pages, *chosen).examples
    assert one.label != other.label


def test_an_example_of_a_run_without_a_model_has_no_such_link(
    pages: httpx.Client, run: Run, session: Session
) -> None:
    first, _ = pair()
    assert pages.delete(f"/v1/models/{NAME}").status_code == 204
    assert "/cross" not in pages.get(f"/runs/{run.id}/examples/{first}").text


def test_when_its_run_is_gone_the_model_asks_for_both_examples_and_still_crosses(
    pages: httpx.Client, run: Run, session: Session
) -> None:
    session.execute(delete(Run).where(Run.id == run.id))
    session.commit()
    page = safe(pages.get(f"/models/{NAME}"))
    assert page.by_id("first").attributes["value"] == page.by_id("second").attributes["value"] == ""
    assert safe(pages.get(PAGE)).by_id("first").attributes["value"] == ""
    assert safe(pages.get(PAGE, params={"first": pair()[0]})).by_id("second").attributes["value"] == ""
    assert pages.get(PAGE, params=named(*pair())).status_code == 200


@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_example_is_told_at_its_field_in_the_api_s_words(
    pages: httpx.Client, run: Run, place: int
) -> None:
    given = [*pair()]
    given[place] = "no<body>"
    refused = pages.post(f"/v1{PAGE}", json={"examples": given}, headers={"Prefer": "wait=60"})
    answer = pages.get(PAGE, params=named(*given))
    assert answer.status_code == refused.status_code == 422
    page = read(answer.text)
    detail = refused.json()["errors"][0]["detail"]
    fault = page.by_id(f"fault-examples-{place}")
    assert detail in fault.text
    field = page.by_id(("first", "second")[place])
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["aria-describedby"] == f"fault-examples-{place}"
    assert unescape(field.attributes["value"]) == "no<body>"


def test_of_three_modalities_there_are_eight_cells_on_every_screen() -> None:
    parts: dict[str, Any] = {
        "withheld": [],
        "warnings": [],
        "heads": {},
        "interaction": 0.1,
        "example_id": "e",
    }
    parts |= dict.fromkeys(("label", "redundant", "unique", "synergy"))
    alone = {"predicted": "odd", "confidence": 0.5, "entropy": 1.0, "probabilities": {}, "information": None}
    names = ("voice", "face", "words")
    cells = []
    for place in range(8):
        origin = {name: "ab"[place >> (2 - at) & 1] for at, name in enumerate(names)}
        # Only the words turn the prediction; all together, too.
        says = "even" if origin["words"] == "b" else "odd"
        scored = parts | {
            "predicted": says,
            "confidence": 0.5 + place / 20,
            "subsets": dict.fromkeys(names, alone),
        }
        cells.append({"origin": origin, "scored": scored})
    examples = [{"example_id": one, "label": "odd", "split": "test"} for one in "ab"]
    found = CrossedSchema.model_validate(
        {"model": "m", "sentence": "It turns.", "examples": examples, "cells": cells}
    )
    chart = crossing(found, ["odd", "even"])
    assert chart.title == "Of single modalities only words turns the prediction"
    assert len(chart.table.rows) == 8
    for width in (NARROW, WIDE):
        svg = chart.plot.draw(width).svg()
        assert svg.count('class="f1 shade') == svg.count('class="f2 shade') == 4
        assert svg.count(" framed") == 2
        # Two columns of the last modality, four rows of the others: each row names both of them.
        assert [svg.count(f">{name} of A<") for name in names] == [2, 2, 1]
