"""Studies over HTTP: listed, shown, asked of other data, and what they answer can be posted."""

import json

import httpx
import pytest

from app.projects.schemas import Role
from synib.spec import parse_experiment
from synib.studies import load, names
from tests.app.conftest import Api, Signed


def test_studies_are_listed_with_their_questions(api: httpx.Client) -> None:
    listed = api.get("/v1/studies").json()["data"]
    assert [one["name"] for one in listed] == [
        "digits_seen_heard",
        "does_it_help",
        "falsification",
        "pid_xor",
        "spurious_xor",
    ]
    assert all(one["question"].endswith((".", "?")) for one in listed)


@pytest.mark.parametrize("name", names())
def test_what_a_study_shows_is_what_the_library_would_run(api: httpx.Client, name: str) -> None:
    shown = api.get(f"/v1/studies/{name}").json()
    digests = [parse_experiment(one).digest() for one in shown["experiments"]]
    assert digests == [one.digest() for one in load(name).experiments]
    assert all(one["name"].startswith(f"{name}: ") for one in shown["experiments"])


def test_an_experiment_of_a_study_can_be_posted_and_found_again(api: httpx.Client) -> None:
    (spec,) = api.get("/v1/studies/falsification?seeds=2&trials=0").json()["experiments"]
    posted = api.post("/v1/experiments", json=spec)
    assert posted.status_code == 201
    assert posted.json()["spec"] == spec
    assert len(posted.json()["runs"]) == 2 * len(spec["methods"])
    found = api.get("/v1/experiments", params={"name": "falsification: "}).json()["data"]
    assert [one["id"] for one in found] == [posted.json()["id"]]


def test_a_study_can_be_asked_of_other_data(api: httpx.Client) -> None:
    other = json.dumps({"kind": "noisy_xor", "epsilon": 0.2})
    (spec,) = api.get("/v1/studies/does_it_help", params={"dataset": other}).json()["experiments"]
    assert spec["name"] == "does_it_help: noisy_xor"
    assert (spec["dataset"]["kind"], spec["dataset"]["epsilon"]) == ("noisy_xor", 0.2)


def test_an_unknown_study_is_answered_with_those_that_there_are(api: httpx.Client) -> None:
    answer = api.get("/v1/studies/everything")
    assert answer.status_code == 404
    assert answer.json()["code"] == "study_not_found"
    assert ", ".join(names()) in answer.json()["detail"]


@pytest.mark.parametrize(
    ("study", "asked", "status", "pointer"),
    [
        ("does_it_help", {"dataset": "{"}, 400, None),
        ("does_it_help", {"dataset": "[]"}, 422, "/query/dataset"),
        ("does_it_help", {"dataset": '{"kind": "noisy_xor", "epsilon": 2}'}, 422, "/dataset/epsilon"),
        ("pid_xor", {"dataset": '{"kind": "noisy_xor"}'}, 422, "/dataset"),
        ("pid_xor", {"seeds": "0"}, 422, "/query/seeds"),
        ("pid_xor", {"trials": "many"}, 422, "/query/trials"),
        ("pid_xor", {"seed": "3"}, 422, "/query/seed"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(
    api: httpx.Client, study: str, asked: dict[str, str], status: int, pointer: str | None
) -> None:
    answer = api.get(f"/v1/studies/{study}", params=asked)
    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ([pointer] if pointer else [])


def test_a_reader_may_look_and_a_stranger_may_not(signed: Signed, guarded: Api) -> None:
    assert signed("a", Role.READER).get("/v1/studies").status_code == 200
    with guarded.client() as stranger:
        assert stranger.get("/v1/studies").status_code == 401
