"""The same creating POST, sent twice, creates once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.tables import Experiment
from app.projects.schemas import Role
from tests.app.conftest import Api, Signed
from tests.factories import TINY

KEY = {"Idempotency-Key": "one"}


def experiments(session: Session) -> int | None:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Experiment))


def test_the_same_request_gets_the_same_answer_and_creates_once(api: httpx.Client, session: Session) -> None:
    first = api.post("/v1/experiments", json=TINY, headers=KEY)
    api.post(f"/v1/experiments/{first.json()['id']}/cancel")
    again = api.post("/v1/experiments", json=dict(reversed(TINY.items())), headers=KEY)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()  # as it was then, not as it is now
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert experiments(session) == 1


def test_the_same_key_for_another_request_is_refused(api: httpx.Client, session: Session) -> None:
    api.post("/v1/experiments", json=TINY, headers=KEY)
    refused = api.post("/v1/experiments", json=TINY | {"name": "other"}, headers=KEY)
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert experiments(session) == 1


def test_a_refused_request_leaves_its_key_free(api: httpx.Client) -> None:
    assert api.post("/v1/experiments", json=TINY | {"name": ""}, headers=KEY).status_code == 422
    assert api.post("/v1/experiments", json=TINY, headers=KEY).status_code == 201


def test_of_eight_at_once_one_creates_and_seven_repeat_it(
    embedded: Api, api: httpx.Client, session: Session
) -> None:
    def post(_: int) -> httpx.Response:
        with embedded.client() as client:
            return client.post("/v1/experiments", json=TINY, headers=KEY)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    assert experiments(session) == 1


def test_projects_do_not_share_keys(signed: Signed, session: Session) -> None:
    ids = {
        signed(project, Role.WRITER).post("/v1/experiments", json=TINY, headers=KEY).json()["id"]
        for project in ("a", "b")
    }
    assert len(ids) == experiments(session) == 2
