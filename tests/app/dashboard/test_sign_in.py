"""Server mode: a browser signs in with a key, may do what the key may, and other sites cannot use it."""

import httpx
import pytest
from sqlalchemy.orm import Session

from app.db.tables import ApiKey
from app.projects.auth import COOKIE
from app.projects.schemas import Role
from app.projects.service import create_key
from tests.app.dashboard.html import read
from tests.factories import make_experiment, make_project


@pytest.fixture
def key(session: Session) -> str:
    made = create_key(session, "default", "me", Role.WRITER)
    session.commit()
    return made


def sign_in(browser: httpx.Client, key: str, **fields: str) -> httpx.Response:
    return browser.post("/sign-in", data={"key": key, **fields})


def test_without_a_key_every_page_leads_to_where_one_signs_in(stranger: httpx.Client) -> None:
    for path in ("/", "/experiments", "/runs?status=failed", "/settings", "/health", "/experiments/new"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2F")
    part = stranger.get("/runs", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/sign-in")


def test_a_key_opens_the_page_that_was_asked_for(stranger: httpx.Client, key: str) -> None:
    where = stranger.get("/runs?status=failed").headers["location"]
    asked = read(stranger.get(where).text)
    [hidden] = [one for one in asked.named("input") if one.attributes["name"] == "next"]
    answer = sign_in(stranger, key, next=hidden.attributes["value"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?status=failed")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/runs?status=failed").status_code == 200


@pytest.mark.parametrize(
    "where",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y"],
)
def test_signing_in_leads_nowhere_else(stranger: httpx.Client, key: str, where: str) -> None:
    assert sign_in(stranger, key, next=where).headers["location"] == "/"


@pytest.mark.parametrize("wrong", ["", "synib_000000000000_x", "nonsense"])
def test_a_wrong_key_is_refused_at_its_field(stranger: httpx.Client, wrong: str) -> None:
    answer = sign_in(stranger, wrong)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    page = read(answer.text)
    assert page.by_id("key").attributes["aria-invalid"] == "true"
    assert "unknown or revoked" in page.by_id("fault-key").text


def test_a_revoked_key_opens_nothing_any_more(stranger: httpx.Client, session: Session, key: str) -> None:
    sign_in(stranger, key)
    assert stranger.get("/runs").status_code == 200
    session.query(ApiKey).update({"revoked_at": "2026-01-01"})
    session.commit()
    assert stranger.get("/runs").status_code == 303


def test_signing_out_forgets_the_key(stranger: httpx.Client, key: str) -> None:
    sign_in(stranger, key)
    assert stranger.post("/sign-out").headers["location"] == "/sign-in"
    assert stranger.get("/runs").status_code == 303


def test_a_signed_in_browser_may_follow_runs_and_take_files(stranger: httpx.Client, key: str) -> None:
    sign_in(stranger, key)
    assert stranger.get("/v1/runs").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_a_form_of_another_site_changes_nothing(
    stranger: httpx.Client, session: Session, key: str, sent: dict[str, str]
) -> None:
    experiment = make_experiment(session, make_project(session, "other"))
    session.commit()
    sign_in(stranger, key)
    for path in (f"/experiments/{experiment.id}/cancel", "/sign-out", "/v1/experiments"):
        body = {"json": {}} if path.startswith("/v1") else {"data": {}}
        answer = stranger.post(path, headers=sent, **body)  # type: ignore[arg-type]
        assert answer.status_code == 403, path
    assert sign_in(stranger, key).status_code == 303
    assert stranger.post("/sign-in", data={"key": key}, headers=sent).status_code == 403
    assert stranger.get("/v1/runs", headers=sent).status_code == 200  # looking changes nothing


def test_a_program_without_fetch_metadata_needs_its_header_and_not_a_cookie(
    guarded: object, key: str
) -> None:
    with httpx.Client(base_url=guarded.url, cookies={COOKIE: key}) as program:  # type: ignore[attr-defined]
        assert program.post("/v1/experiments", json={}).status_code == 403
        assert program.post("/v1/experiments", json={}, headers={"Origin": guarded.url}).status_code == 422  # type: ignore[attr-defined]
        told = program.post("/v1/experiments", json={}, headers={"Authorization": f"Bearer {key}"})
        assert told.status_code == 422


def test_a_reader_is_offered_nothing_that_it_may_not_do(stranger: httpx.Client, session: Session) -> None:
    experiment = make_experiment(session, make_project(session))
    reader = create_key(session, "default", "reader", Role.READER)
    session.commit()
    sign_in(stranger, reader)
    page = stranger.get(f"/experiments/{experiment.id}").text
    assert "Cancel" not in page
    assert "New experiment" not in stranger.get("/experiments").text
    refused = stranger.post(f"/experiments/{experiment.id}/cancel")
    assert refused.status_code == 403
    assert "a writer" in refused.text
    assert "Only an admin" in stranger.get("/settings").text
    assert stranger.post("/settings/keys", data={"name": "more", "role": "admin"}).status_code == 403


def test_in_embedded_mode_there_is_nothing_to_sign_in_to(pages: httpx.Client) -> None:
    assert pages.get("/sign-in").headers["location"] == "/"
    assert "Sign out" not in pages.get("/").text
