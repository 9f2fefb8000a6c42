"""The pages of reports: in order, honest, safe, filtered by their address, and the same as one file."""

import base64
import hashlib
import re
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy.orm import Session

from app.dashboard.report.sections import charts
from tests.app.conftest import Api
from tests.app.dashboard.html import Document, read, whole
from tests.app.dashboard.report.reports import report
from tests.app.dashboard.report.stored import analysis_with, answer, experiment_with, run_with
from tests.app.rows import runs_of, walk
from tests.app.test_queries import asked
from tests.factories import make_experiment, make_project

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def safe(answered: httpx.Response) -> Document:
    assert answered.status_code == 200, answered.text[:500]
    return whole(answered)


@pytest.mark.parametrize("name", ["together", "nothing", "three", "few"])
def test_a_report_answers_its_questions_in_order_and_no_number_lacks_its_n(
    pages: httpx.Client, session: Session, name: str
) -> None:
    run = run_with(session, name)
    page = safe(pages.get(f"/runs/{run.id}/report"))
    found = report(name)
    verdict = next(one for one in page.elements if one.attributes.get("class") == "verdict").text
    said = found.too_little or found.synergy.sentence
    assert verdict.replace("\u00a0", " ").startswith(said)
    assert f"n = {found.examples}" in verdict
    questions = [one.attributes["id"] for one in page.named("h2") if one.attributes["id"].startswith("h-")]
    order = ["h-good", "h-alone", "h-synergy", "h-examples", "h-confidence", "h-missing", "h-provenance"]
    assert questions == [one for one in order if one in questions]
    for figure in page.named("figure"):
        assert re.search(r"n = \d", figure.text), figure.text[:80]
    for panel in page.named("section"):
        if panel.attributes.get("class") == "panel" and "Certificate" not in panel.text:
            assert re.search(r"n = \d|examples match", panel.text), panel.text[:80]
    drawn = {one.attributes["id"] for one in page.named("figure")}
    assert drawn == set(charts(found)) | ({"scatter"} if not found.too_little else set())


def test_every_chart_of_a_page_is_there_as_csv_and_as_svg(pages: httpx.Client, session: Session) -> None:
    run = run_with(session, "three")
    page = safe(pages.get(f"/runs/{run.id}/report"))
    files = [link for link in page.links() if link.endswith((".csv", ".svg"))]
    assert len(files) == 2 * len(page.named("figure"))
    for link in files:
        answered = pages.get(link)
        assert answered.status_code == 200
        kind = "text/csv; charset=utf-8" if link.endswith(".csv") else "image/svg+xml"
        assert answered.headers["content-type"] == kind
        assert "attachment" in answered.headers["content-disposition"]
    assert pages.get(f"/runs/{run.id}/report/nothing.csv").status_code == 404


def test_an_analysis_has_the_same_pages(pages: httpx.Client, session: Session) -> None:
    run = analysis_with(session, "validated")
    base = f"/analyses/{run.analysis_id}"
    page = safe(pages.get(f"{base}/report"))
    assert f"/v1{base}/report.html" in page.links()
    example = next(link for link in page.links() if "/examples/" in link)
    safe(pages.get(example))
    assert pages.get(f"{base}/report/subsets.csv").status_code == 200


def test_examples_are_filtered_ordered_and_paged_by_the_address(
    pages: httpx.Client, api: httpx.Client, session: Session
) -> None:
    run = run_with(session, "together")
    wanted = [row for row in walk(api, run, sort="-synergy", limit=100) if row["group"] == "only_joint"]
    assert 20 < len(wanted) < 300
    address = f"/runs/{run.id}/report?group=only_joint&label=&min_synergy="
    seen: list[str] = []
    while address:
        page = safe(pages.get(address))
        table = page.by_id("examples")
        assert f"{len(wanted)} of 300 examples match" in table.text.replace("\u202f", "")
        seen += [one.text for one in page.named("a") if "/examples/" in one.attributes["href"]]
        more = [one for one in page.named("a") if one.attributes.get("rel") == "next"]
        address = more[0].attributes["href"].partition("#")[0] if more else ""
    assert seen == [row["example_id"] for row in wanted]


def test_htmx_gets_the_table_alone(pages: httpx.Client, session: Session) -> None:
    run = run_with(session, "together")
    answered = pages.get(f"/runs/{run.id}/report?correct=false", headers=HTMX)
    page = read(answered.text)
    assert page.elements[0].attributes["id"] == "examples"
    assert not page.named("figure")


def test_a_wrong_filter_is_refused_in_the_words_of_the_api(
    pages: httpx.Client, api: httpx.Client, session: Session
) -> None:
    run = run_with(session, "together")
    for query in ("group=nobody", "min_confidence=2", "sort=size", "after=rubbish"):
        told = api.get(f"/v1/runs/{run.id}/examples?{query}").json()
        answered = pages.get(f"/runs/{run.id}/report?{query}")
        assert answered.status_code == 422
        assert told["errors"][0]["pointer"] in answered.text


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.6, 0.8), (0.75, 1.0)])
def test_a_rectangle_on_the_scatter_finds_the_examples_in_it(
    api: httpx.Client, session: Session, bounds: tuple[float, float]
) -> None:
    run = run_with(session, "alone")
    low, high = bounds
    every = walk(api, run, limit=100)
    by = {one.modality: one.by for one in report("alone").alone}
    assert set(by.values()) == {"given"}

    def alone(row: dict[str, dict[str, dict[str, float]]]) -> float:
        return max(row["subsets"][name]["confidence"] for name in by)

    found = walk(api, run, limit=100, min_alone=low, max_alone=high, min_confidence=0.7)
    expected = [
        row["example_id"] for row in every if low <= alone(row) <= high and float(row["confidence"]) >= 0.7
    ]
    assert [row["example_id"] for row in found] == expected
    assert expected


def test_the_scatter_has_every_example_and_its_mean_gap_is_the_report_s(
    pages: httpx.Client, session: Session
) -> None:
    run = run_with(session, "nothing")
    lines = pages.get(f"/runs/{run.id}/report/scatter.csv").text.splitlines()[1:]
    cells = [line.split(",") for line in lines]
    assert sum(int(n) for *_, n in cells) == 300
    gap = sum((float(joint) - float(alone)) * int(n) for alone, joint, _, n in cells) / 300
    assert gap == pytest.approx(report("nothing").confidence_gap.value, abs=1e-6)


def test_an_example_tells_its_steps_and_its_names_cannot_harm(pages: httpx.Client, session: Session) -> None:
    run = run_with(session, "together")
    page = safe(pages.get(f"/runs/{run.id}/examples/{quote('clip/7 & <b>')}"))
    assert "clip/7 & <b>" in page.named("h1")[0].text
    assert not page.named("b")
    csv = next(link for link in page.links() if link.endswith("waterfall.csv"))
    rows = [line.split(",") for line in pages.get(csv).text.splitlines()[1:]]
    assert [row[0] for row in rows] == ["base rate", "left alone", "right alone", "interaction", "prediction"]
    *steps, end = (float(row[1]) for row in rows)
    assert sum(steps) == pytest.approx(end, abs=1e-6)
    assert pages.get(f"/runs/{run.id}/examples/nobody").status_code == 404


def test_a_run_without_a_report_says_so(pages: httpx.Client, session: Session) -> None:
    run = runs_of(session, make_experiment(session, make_project(session)))[0]
    session.commit()
    answered = pages.get(f"/runs/{run.id}/report")
    assert answered.status_code == 404
    assert "its examples are written when it succeeds" in answered.text


def test_another_project_s_report_is_not_there(stranger: httpx.Client, session: Session) -> None:
    run = run_with(session, "few")
    answered = stranger.get(f"/runs/{run.id}/report", follow_redirects=False)
    assert answered.status_code == 303
    assert answered.headers["location"].startswith("/sign-in")


def test_a_report_asks_the_database_seldom(embedded: Api, pages: httpx.Client, session: Session) -> None:
    run = run_with(session, "together")
    with asked(embedded) as statements:
        pages.get(f"/runs/{run.id}/report?group=only_joint")
    assert len(statements) <= 12, "\n".join(statements)  # three of them settings: `repository.within_run`


def test_the_file_opens_offline_and_may_run_nothing_but_its_own_script(
    api: httpx.Client, pages: httpx.Client, session: Session
) -> None:
    run = run_with(session, "three")
    answered = api.get(f"/v1/runs/{run.id}/report.html")
    assert answered.headers["content-disposition"].startswith("attachment")
    page = read(answered.text)
    for element in page.elements:
        for attribute in ("src", "href", "action", "poster", "data", "srcset"):
            value = element.attributes.get(attribute, "#")
            assert value.startswith(("#", "data:text/csv", "data:image/svg+xml")), (element.name, value[:50])
    [style], [script] = page.named("style"), page.named("script")
    assert "url(" not in style.text
    assert "@import" not in style.text
    [policy] = [m.attributes["content"] for m in page.named("meta") if "http-equiv" in m.attributes]
    assert policy.startswith("default-src 'none'; img-src data:;")
    for part in (style, script):
        digest = base64.b64encode(hashlib.sha256(part.text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    shown = safe(pages.get(f"/runs/{run.id}/report"))
    assert [one.attributes["id"] for one in page.named("figure")] == [
        one.attributes["id"] for one in shown.named("figure")
    ]
    for link in page.links():
        if link.startswith("data:text/csv;base64,"):
            assert base64.b64decode(link.partition(",")[2]).decode().count("\n") > 1


def test_an_analysis_has_its_file_too(api: httpx.Client, session: Session) -> None:
    run = analysis_with(session, "together")
    assert api.get(f"/v1/analyses/{run.analysis_id}/report.html").text.startswith("<!doctype html>")


def test_a_comparison_has_its_verdict_first_then_every_seed_and_trial(
    pages: httpx.Client, session: Session
) -> None:
    experiment = experiment_with(session)
    page = safe(pages.get(f"/experiments/{experiment.id}/comparison"))
    verdict = next(one for one in page.elements if one.attributes.get("class") == "verdict")
    assert verdict.text.replace("\u00a0", " ").startswith(answer().sentence)
    assert "n = 3 seeds" in verdict.text
    drawn = [one.attributes["id"] for one in page.named("figure")]
    assert drawn == ["forest", *(f"seeds-{table.metric}" for table in answer().tables), "trials"]
    for link in page.links():
        if link.endswith((".csv", ".svg")):
            assert pages.get(link).status_code == 200
    trials = pages.get(f"/experiments/{experiment.id}/comparison/trials.csv").text.splitlines()
    assert len(trials) == 1 + 6 * 3
    assert pages.get(f"/experiments/{experiment.id}/comparison/nothing.svg").status_code == 404
