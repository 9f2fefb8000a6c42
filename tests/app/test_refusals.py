"""What cannot be run is refused with its place and what would be right, and nothing is stored."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.tables import Experiment, IdempotencyKey, Run
from tests.factories import TINY


def tiny(**changes: Any) -> str:
    return json.dumps(TINY | changes)


def synib(**changes: Any) -> str:
    return tiny(methods=[{"kind": "vanilla"}, {"kind": "synib"} | changes])


SPECS = [
    (tiny(colour="red"), "/colour", "no field"),
    (synib(weight=-1), "/methods/1/weight", "at least 0"),
    (synib(weight="1"), "/methods/1/weight", "number"),
    (synib(mask={"kind": "random", "rate": 1.4}), "/methods/1/mask/rate", "at most 1"),
    (synib(mask={"kind": "radnom"}), "/methods/1/mask/kind", "did you mean random"),
    (tiny(methods=[]), "/methods", "at least 1"),
    (tiny(methods=[{"kind": "vanilla"}] * 2), "/methods/1/name", "taken"),
    (tiny(modalities={"x1": {}, "x9": {}}), "/modalities/x9", "no modality"),
    (tiny(modalities={"x1": {}}), "/modalities", "alone has no synergy"),
    (
        tiny(dataset={"kind": "noisy_xor", "split": {"train": 0.9, "validation": 0.2, "test": 0.1}}),
        "/dataset/split",
        "must sum to 1",
    ),
    (tiny(replication={"seeds": 101}), "/replication/seeds", "at most 100"),
    (tiny(fusion={"kind": "concat", "hidden": 65_536, "layers": 8}), "/fusion/hidden", "memory"),
    (tiny(tuning={"trials": -1}), "/tuning/trials", "at least 0"),
    ("[]", "", "mapping"),
    ("null", "", "mapping"),
]
BODIES = [
    (tiny(name="a\0b"), "/name", "NUL"),
    (tiny(**{"a\0b": 1}), "", "NUL"),
    (tiny(name="\ud800"), "/name", "surrogate"),
    (synib(weight=float("nan")), "/methods/1/weight", "finite"),
    (synib(weight=float("-inf")), "/methods/1/weight", "finite"),
    (synib(weight=7).replace(": 7", ": 1e999"), "/methods/1/weight", "finite"),
    ('{"name": "a", "name": "b", "a/b": {"x~": 1, "x~": 2}}', "/name", "twice"),
    ('{"a/b": {"x~": 1, "x~": 2}}', "/a~1b/x~0", "twice"),
]


def nothing_stored(session: Session) -> bool:
    tables = (Experiment, Run, IdempotencyKey)
    return not any(session.scalar(select(func.count()).select_from(table)) for table in tables)


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("body", "pointer", "detail", "code"),
    [(*case, "invalid_spec") for case in SPECS] + [(*case, "invalid_request") for case in BODIES],
)
def test_a_bad_experiment_is_refused_at_its_place(
    api: httpx.Client, session: Session, body: str, pointer: str, detail: str, code: str, dry_run: bool
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    params = {"dry_run": dry_run}
    answer = api.post("/v1/experiments", content=body.encode(), headers=headers, params=params)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    fault = answer.json()["errors"][0]
    assert fault["pointer"] == pointer
    assert detail in fault["detail"]
    assert nothing_stored(session)


def test_everything_that_is_wrong_is_told_at_once(api: httpx.Client) -> None:
    body = {"methods": [{"kind": "synib", "weight": -1}], "colour": "red", "training": {"lr": 0}}
    errors = api.post("/v1/experiments", json=body).json()["errors"]
    assert {fault["pointer"] for fault in errors} == {
        "/dataset",
        "/methods/0/weight",
        "/colour",
        "/training/lr",
    }


def test_more_runs_than_allowed_are_refused(api: httpx.Client, session: Session) -> None:
    methods = [{"kind": "vanilla", "name": f"m{index}"} for index in range(30)]
    body = TINY | {"methods": methods, "replication": {"seeds": 100}}
    [fault] = api.post("/v1/experiments", json=body).json()["errors"]
    assert fault["pointer"] == "/replication/seeds"
    assert "at most 66" in fault["detail"]  # 2000 runs / 30 methods
    assert nothing_stored(session)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "line 1, column 1"),
        (b'{"name": }', "line 1, column 10"),
        (b'{\n"name": "a",\n}', "line 3, column 1"),
        (b"\xff\xfe", "byte 0"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b"1" * 5000, "digit"),
    ],
)
def test_what_is_not_json_is_told_where(api: httpx.Client, body: bytes, detail: str) -> None:
    answer = api.post("/v1/experiments", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_json"
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_must_be_announced_as_json(api: httpx.Client, session: Session, media_type: str) -> None:
    answer = api.post("/v1/experiments", content=tiny(), headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert nothing_stored(session)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_is_refused(api: httpx.Client, session: Session, announced: bool) -> None:
    body = tiny(name="x" * (2 * 2**20)).encode()
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
    headers = {"Content-Type": "application/json"}
    answer = api.post("/v1/experiments", content=body if announced else pieces, headers=headers)
    assert answer.status_code == 413
    assert nothing_stored(session)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/experiments?limit=0", "/query/limit"),
        ("/v1/experiments?limit=101", "/query/limit"),
        ("/v1/experiments?limit=x", "/query/limit"),
        ("/v1/experiments?page=2", "/query/page"),
        ("/v1/experiments?status=done", "/query/status"),
        ("/v1/experiments?after=run_0", "/query/after"),
        ("/v1/experiments?name=%00", "/query"),
        ("/v1/runs?experiment=exp_1", "/query/experiment"),
        ("/v1/runs?status=queued&status=nap", "/query/status/1"),
        ("/v1/keys?after=%27", "/query/after"),
    ],
)
def test_query_parameters_are_checked(api: httpx.Client, path: str, pointer: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("key", ["", "ä", "a b", "x" * 256])
def test_an_idempotency_key_is_visible_ascii_of_some_length(api: httpx.Client, key: str) -> None:
    headers = {"Idempotency-Key": key.encode(), "Content-Type": "application/json"}
    answer = api.post("/v1/experiments", content=tiny(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].lower() == "/header/idempotency-key"


def test_an_unknown_address_and_method_are_told_in_the_same_shape(api: httpx.Client) -> None:
    assert api.get("/v1/nothing").status_code == 404
    refused = api.put("/v1/experiments", json={})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, POST"
