"""Every page: whole, safe, linked, in few questions to the database, and wrong in the API's words."""

import re
from collections import Counter
from urllib.parse import urljoin

import httpx
import pytest
from sqlalchemy.orm import Session

from app.db.tables import Experiment, Run
from tests.app.conftest import Api
from tests.app.dashboard.browser import FOUND, WORK
from tests.app.dashboard.html import read, whole
from tests.app.dashboard.report.stored import answer
from tests.app.test_queries import asked
from tests.factories import make_analysis, make_experiment, make_project

REFUSED = {"not-found": 404, "wrong-filter": 422}


@pytest.mark.parametrize("name", WORK)
def test_every_page_is_whole_and_loads_only_what_is_ours(
    pages: httpx.Client, ids: dict[str, str], name: str
) -> None:
    answer = pages.get(WORK[name].format(**ids))
    assert answer.status_code == REFUSED.get(name, 200)
    whole(answer)


def test_every_page_of_what_was_found_is_whole_and_loads_only_what_is_ours(
    pages: httpx.Client, found: dict[str, str]
) -> None:
    for name, path in FOUND.items():
        answer = pages.get(path.format(**found))
        assert answer.status_code == 200, name
        whole(answer)


def test_every_link_leads_somewhere(pages: httpx.Client, ids: dict[str, str], found: dict[str, str]) -> None:
    known = ids | found
    seen: set[str] = set()
    todo = [path.format(**known) for name, path in (WORK | FOUND).items() if name not in REFUSED]
    kinds: Counter[str] = Counter()
    while todo:
        path = todo.pop()
        kinds[kind_of(path)] += 1
        if path in seen or kinds[kind_of(path)] > 3:  # one is as the other
            continue
        if "/cross?" in path:  # asks a scorer, of which there is none here
            continue
        seen.add(path)
        answer = pages.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html") and path != "/docs":
            page = read(answer.text)
            loading = [one for one in page.elements if one.name in ("script", "link", "use", "img", "audio")]
            assets = [
                one.attributes[name] for one in loading for name in ("src", "href") if name in one.attributes
            ]
            linked = {urljoin(path, link.partition("#")[0] or path) for link in (*page.links(), *assets)}
            todo += sorted(one for one in linked - seen if not one.startswith("data:"))
    assert len(seen) > 200


def kind_of(path: str) -> str:
    """The address without what tells apart two pages of one kind."""
    return re.sub(r"_[0-9a-f]{32}|(?<=examples/)[\w%.-]+|(?<==)[^&]+", "", path)


def test_icons_are_in_the_sprite(pages: httpx.Client, ids: dict[str, str], found: dict[str, str]) -> None:
    known = set(re.findall(r'<symbol id="([\w-]+)"', pages.get("/static/vendor/icons.svg").text))
    for path in (WORK | FOUND).values():
        used = set(re.findall(r"icons\.svg\?v=\w+#([\w-]+)", pages.get(path.format(**ids, **found)).text))
        assert used <= known, used - known


def test_browsers_see_the_overview_where_programs_are_told_where_to_go(pages: httpx.Client) -> None:
    assert read(pages.get("/").text).named("h1")[0].text == "Overview"
    for accept in ("*/*", "application/json"):
        assert pages.get("/", headers={"Accept": accept}).json()["experiments"] == "/v1/experiments"


def test_the_api_answers_browsers_as_it_answers_programs(pages: httpx.Client) -> None:
    assert pages.get("/v1/runs").json()["data"] == []
    assert pages.get("/v1/nothing").json()["code"] == "not_found"


def test_a_refusal_tells_browsers_what_it_tells_programs(pages: httpx.Client, ids: dict[str, str]) -> None:
    for path in ("/runs?status=asleep", "/experiments?after=7", "/runs?method=%00"):
        told = pages.get(f"/v1{path}", headers={"Accept": "application/json"}).json()
        answer = pages.get(path)
        assert answer.status_code == told["status"]
        problem = next(one for one in read(answer.text).elements if one.attributes.get("class") == "problem")
        for fault in told["errors"]:
            assert fault["detail"] in " ".join(problem.text.split())
            assert fault["pointer"] in problem.text


def test_a_part_of_a_page_gets_a_refusal_as_a_part(pages: httpx.Client) -> None:
    part = pages.get("/runs/nothing", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 404
    assert "<html" not in part.text
    assert 'role="alert"' in part.text


def test_a_fault_of_ours_is_a_page_without_its_innards(
    pages: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("app.runs.repository.page", broken)
    answer = pages.get("/runs")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "hunter2" not in answer.text


def test_what_people_call_things_is_text_and_never_markup(pages: httpx.Client, session: Session) -> None:
    project = make_project(session)
    name = "<script>alert(1)</script>\"'><b>"
    experiment = make_experiment(session, project, name=name)
    make_analysis(session, project, name=name)
    session.commit()
    run = session.query(Run).filter_by(experiment_id=experiment.id).first()
    assert run
    for path in ("/", "/experiments", f"/experiments/{experiment.id}", "/runs", f"/runs/{run.id}",
                 "/analyses", f"/experiments/new?again={experiment.id}"):  # fmt: skip
        text = pages.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text or "again" in path


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 10),
        ("/experiments", 3),
        ("/experiments/{done}", 6),
        ("/runs", 4),
        ("/runs/{run}", 6),
        ("/analyses", 3),
        ("/health", 9),
    ],
)
def test_no_page_asks_the_database_once_a_row(
    embedded: Api, pages: httpx.Client, ids: dict[str, str], path: str, most: int
) -> None:
    with asked(embedded) as statements:
        assert pages.get(path.format(**ids)).status_code == 200
    assert len(statements) <= most, "\n".join(statements)
    if path not in ("/health",):
        assert not any("run.report" in statement for statement in statements)


def test_filters_are_in_the_address_and_go_on_to_the_next_page(pages: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session), replication={"seeds": 4})
    session.commit()
    path, seen = f"/runs?experiment={experiment.id}&method=synib&limit=3", []
    for _ in range(2):
        page = read(pages.get(path).text)
        seen += [
            one.attributes["id"]
            for one in page.named("tr")
            if one.attributes.get("id", "").startswith("run_")
        ]
        older = [one for one in page.named("a") if one.attributes.get("rel") == "next"]
        path = older[0].attributes["href"] if older else ""
        assert not older or "method=synib" in path
    expected = [run.id for run in session.query(Run).filter_by(method="synib").order_by(Run.id.desc())]
    assert seen == expected
    assert not path


def test_filters_left_empty_are_none(pages: httpx.Client, ids: dict[str, str]) -> None:
    whole = read(pages.get("/experiments").text)
    empty = read(pages.get("/experiments?name=&status=").text)
    assert len(whole.named("tr")) == len(empty.named("tr")) == 5


def test_the_experiment_page_says_what_was_found(pages: httpx.Client, ids: dict[str, str]) -> None:
    text = pages.get(f"/experiments/{ids['done']}").text
    assert answer().sentence in read(text).by_id("state").text.replace("\u00a0", " ")
    assert f'href="/experiments/{ids["done"]}/comparison"' in text
    assert "See the comparison" not in pages.get(f"/experiments/{ids['going']}").text


def test_a_page_of_a_stranger_s_experiment_is_not_there(pages: httpx.Client, session: Session) -> None:
    other = make_experiment(session, make_project(session, "theirs"))
    session.commit()
    run = session.query(Run).filter_by(experiment_id=other.id).first()
    assert run
    for path in (
        f"/experiments/{other.id}",
        f"/runs/{run.id}",
        f"/runs/{run.id}/log",
        f"/runs/{run.id}/metrics.csv",
    ):
        assert pages.get(path).status_code == 404
    assert pages.post(f"/experiments/{other.id}/cancel").status_code == 404
    assert other.name not in pages.get("/experiments").text
    session.expire_all()
    assert session.get_one(Experiment, other.id).finished_at is None


def test_health_is_told_when_the_database_is_away(serve: "object") -> None:
    api = serve("embedded", database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")  # type: ignore[operator]
    with httpx.Client(base_url=api.url, headers={"Accept": "text/html"}) as client:
        page = client.get("/health")
        assert page.status_code == 200
        assert "the database does not answer" in page.text
        away = client.get("/runs")
        assert away.status_code == 503
        assert "Not available for the moment" in away.text
