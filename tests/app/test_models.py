"""Models: a run is promoted, listed, forgotten, and its model is asked about new examples."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.client import Client, ProblemError
from app.db.tables import Artifact, Model, Run
from app.models.files import FILES, folder_of
from app.projects.schemas import Role
from synib.scoring import Scored, Scorer
from tests.app.conftest import Api, Serve, Signed
from tests.app.kits import promotable, scorer, trained
from tests.app.rows import finish, runs_of
from tests.factories import make_analysis, make_experiment, make_project

PATH = "/v1/models"
LIBRARY = 1e-6  # what the API's scores may differ from the library's


def stored(store: Path) -> list[Path]:
    """Every file of a model in the store, whole or in the making."""
    return [path for path in (store / "models").rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def emptied(store: Path) -> None:
    """Other tests of the same service leave models."""
    shutil.rmtree(store / "models", ignore_errors=True)


def promote(api: httpx.Client, run: Run, name: str = "two-senses") -> dict[str, Any]:
    answer = api.post(PATH, json={"run": run.id, "name": name})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


# ----------------------------------------------------------------------------------------- promoting


def test_a_promoted_run_has_its_files_copied_and_says_what_it_is_worth(
    api: httpx.Client, session: Session, store: Path
) -> None:
    run = promotable(session, store)
    answer = api.post(PATH, json={"run": run.id, "name": "two-senses"})
    assert answer.headers["location"] == f"{PATH}/two-senses"
    shown = answer.json()
    kit, _, data = trained()
    assert (shown["name"], shown["run_id"], shown["method"]) == ("two-senses", run.id, "vanilla")
    assert (shown["modalities"], shown["classes"]) == ({"x1": [3], "x2": [3]}, list(data.classes))
    assert shown["accuracy"] == kit.card.worth.accuracy.model_dump()
    assert shown["card"] == kit.card.model_dump(mode="json")
    assert api.get(f"{PATH}/two-senses").json() == shown
    folder = folder_of(store, shown["id"])
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert shown["size"] == sum(path.stat().st_size for path in folder.iterdir())
    shutil.rmtree(store / "runs")  # it needs nothing of the run any more
    assert Scorer.load(folder).card == kit.card


def test_the_same_promotion_sent_twice_is_one(api: httpx.Client, session: Session, store: Path) -> None:
    body = {"run": promotable(session, store).id, "name": "m"}
    first, second = (api.post(PATH, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(Model)) == 1


def test_a_taken_name_is_refused_and_nothing_is_left(
    api: httpx.Client, session: Session, store: Path
) -> None:
    run = promotable(session, store)
    promote(api, run)
    before = stored(store)
    refused = api.post(PATH, json={"run": run.id, "name": "two-senses"})
    assert (refused.status_code, refused.json()["code"]) == (409, "model_name_taken")
    assert stored(store) == before


def test_of_two_promotions_at_once_to_one_name_one_wins(
    api: httpx.Client, session: Session, store: Path, embedded: Api
) -> None:
    run = promotable(session, store)

    async def both() -> list[int]:
        async with httpx.AsyncClient(base_url=embedded.url, timeout=30) as client:
            sent = [client.post(PATH, json={"run": run.id, "name": "one"}) for _ in range(6)]
            return sorted(answer.status_code for answer in await asyncio.gather(*sent))

    assert asyncio.run(both()) == [201, 409, 409, 409, 409, 409]
    assert len(stored(store)) == len(FILES)


def test_only_a_run_that_has_left_a_whole_model_is_promoted(
    api: httpx.Client, session: Session, store: Path
) -> None:
    def refused(run_id: str) -> tuple[int, str, str]:
        answer = api.post(PATH, json={"run": run_id, "name": "m"})
        return answer.status_code, answer.json()["code"], answer.json()["detail"]

    project = make_project(session)
    queued, old = runs_of(session, make_experiment(session, project))[:2]
    analysis = make_analysis(session, project)
    session.commit()
    assert refused(queued.id)[:2] == (409, "not_promotable")
    assert "is queued" in refused(queued.id)[2]
    finish(session, analysis)
    assert "has trained no model" in refused(analysis.id)[2]
    finish(session, old)
    kept = Artifact(run_id=old.id, name=FILES[0], path="x", media_type="x", size=0, sha256="")
    session.add(kept)
    session.commit()
    assert "older than models are" in refused(old.id)[2]
    damaged = promotable(session, store)
    (store / "runs" / damaged.id / "1" / FILES[1]).write_bytes(b"")
    assert "is not what the run has written" in refused(damaged.id)[2]
    (store / "runs" / damaged.id / "1" / FILES[1]).unlink()
    assert "no longer in the store" in refused(damaged.id)[2]
    assert stored(store) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"run": "run_" + "0" * 32, "name": "m"}, "/run"),
        ({"run": "nonsense", "name": "m"}, "/run"),
        ({"name": "m"}, "/run"),
        ({"run": "r", "name": "a/b"}, "/name"),
        ({"run": "r", "name": ""}, "/name"),
        ({"run": "r", "name": "m", "colour": 1}, "/colour"),
    ],
)
def test_a_bad_promotion_is_refused_at_its_place(
    api: httpx.Client, body: dict[str, Any], pointer: str
) -> None:
    answer = api.post(PATH, json=body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def listed(api: httpx.Client, **params: Any) -> list[str]:
    names, after = [], None
    while True:
        page = api.get(PATH, params={**params, **({"after": after} if after else {})}).json()
        names += [one["name"] for one in page["data"]]
        after = page["next_after"]
        if not page["has_more"]:
            return names


def test_models_are_listed_newest_first_page_by_page(
    api: httpx.Client, session: Session, store: Path
) -> None:
    run = promotable(session, store)
    names = [promote(api, run, f"m{i}")["name"] for i in range(5)]
    assert listed(api, limit=2) == names[::-1]
    assert listed(api, run=run.id) == names[::-1]
    assert listed(api, run="run_" + "0" * 32) == []


def test_a_forgotten_model_is_gone_with_its_files_and_its_name_is_free(
    api: httpx.Client, session: Session, store: Path
) -> None:
    run = promotable(session, store)
    promote(api, run)
    assert api.delete(f"{PATH}/two-senses").status_code == 204
    assert api.get(f"{PATH}/two-senses").json()["code"] == "model_not_found"
    assert api.delete(f"{PATH}/two-senses").status_code == 404
    assert stored(store) == []
    promote(api, run)


def test_another_project_sees_nothing_and_a_reader_changes_nothing(
    signed: Signed, session: Session, guarded: Api
) -> None:
    folder = guarded.app.state.settings.store
    run = promotable(session, folder, "ours")
    writer, reader = signed("ours", Role.WRITER), signed("ours", Role.READER)
    stranger = signed("theirs", Role.ADMIN)
    assert writer.post(PATH, json={"run": run.id, "name": "m"}).status_code == 201
    assert reader.get(f"{PATH}/m").status_code == 200
    assert reader.delete(f"{PATH}/m").status_code == 403
    assert reader.post(PATH, json={"run": run.id, "name": "n"}).status_code == 403
    assert stranger.post(PATH, json={"run": run.id, "name": "m"}).status_code == 422
    for answer in (stranger.get(f"{PATH}/m"), stranger.delete(f"{PATH}/m"), stranger.post(f"{PATH}/m/score")):
        assert answer.json()["code"] == "model_not_found"


# ------------------------------------------------------------------------------------------- scoring


@pytest.fixture(scope="module")
def desk(embedded: Api) -> Iterator["subprocess.Popen[bytes]"]:
    """A scorer of the service's."""
    with scorer(embedded.app.state.settings) as process:
        yield process


@pytest.fixture
def name(api: httpx.Client, session: Session, store: Path, desk: Any) -> str:
    """A model that can be asked."""
    return str(promote(api, promotable(session, store), "asked")["name"])


def body(rows: Any, label: bool = True) -> dict[str, Any]:
    _, _, data = trained()
    return {
        "examples": [
            {"example_id": f"e{row}", "x": {name: values[row].tolist() for name, values in data.x.items()}}
            | ({"label": data.classes[data.y[row]]} if label else {})
            for row in rows
        ]
    }


def by_the_library(store: Path, rows: Any) -> list[dict[str, Any]]:
    _, _, data = trained()
    [folder] = (path.parent for path in stored(store) if path.name == FILES[0])
    x = {name: values[list(rows)] for name, values in data.x.items()}
    scored: Scored = Scorer.load(folder).score(x, [data.classes[data.y[row]] for row in rows])
    return list(scored.records())


def flat(record: Any) -> dict[str, Any]:
    """Every number and word of a record, by its place."""
    if isinstance(record, dict):
        return {f"{k}.{rest}": v for k, one in record.items() for rest, v in flat(one).items()}
    if isinstance(record, list):
        return {f"{i}.{rest}": v for i, one in enumerate(record) for rest, v in flat(one).items()}
    return {"": record}


def same(one: Any, other: Any) -> bool:
    left, right = flat(one), flat(other)
    return left.keys() == right.keys() and all(
        abs(left[at] - right[at]) <= LIBRARY if isinstance(left[at], float) else left[at] == right[at]
        for at in left
    )


def test_the_api_says_what_the_library_says(api: httpx.Client, name: str, store: Path) -> None:
    answer = api.post(f"{PATH}/{name}/score", json=body(range(30)), headers={"Prefer": "wait=60"})
    assert answer.headers["preference-applied"] == "wait=60"
    told = answer.json()
    assert told["model"] == name
    assert [one.pop("example_id") for one in told["examples"]] == [f"e{row}" for row in range(30)]
    assert same(told["examples"], by_the_library(store, range(30)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_whatever_travels_together_gets_the_answers_of_its_own(
    api: httpx.Client, name: str, store: Path, embedded: Api, sizes: list[int]
) -> None:
    parts, begin = [], 0
    for size in sizes:
        parts.append(range(begin, begin + size))
        begin += size

    async def at_once() -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=embedded.url, timeout=60) as client:
            sent = [client.post(f"{PATH}/{name}/score", json=body(part)) for part in parts]
            answers = await asyncio.gather(*sent)
        return [one for answer in answers for one in answer.json()["examples"]]

    told = asyncio.run(at_once())
    for one in told:
        del one["example_id"]
    assert same(told, by_the_library(store, range(begin)))


def test_what_is_not_there_is_withheld_and_without_a_label_there_are_no_bits(
    api: httpx.Client, name: str
) -> None:
    given = body([0, 1], label=False)
    given["examples"][0]["x"]["x2"] = None
    del given["examples"][1]["x"]["x1"]
    first, second = api.post(f"{PATH}/{name}/score", json=given).json()["examples"]
    assert (first["withheld"], [*first["subsets"]]) == (["x2"], ["x1"])
    assert (second["withheld"], [*second["subsets"]]) == (["x1"], ["x2"])
    assert first["label"] is first["synergy"] is first["interaction"] is None
    assert first["subsets"]["x1"]["information"] is None
    assert sum(first["subsets"]["x1"]["probabilities"].values()) == pytest.approx(1)


def test_an_input_out_of_the_profile_is_warned_of(api: httpx.Client, name: str) -> None:
    given = body([0, 1])
    given["examples"][1]["x"]["x1"][2] = 1e4
    fine, warned = api.post(f"{PATH}/{name}/score", json=given).json()["examples"]
    assert fine["warnings"] == [] or all(one["by"] < 100 for one in fine["warnings"])
    assert warned["warnings"][0]["modality"] == "x1"
    assert warned["warnings"][0]["detail"].startswith("x1[2] is 1e+04; in training it lies between")


X = {"x1": [0.0, 0, 0], "x2": [0.0, 0, 0]}


@pytest.mark.parametrize(
    ("raw", "status", "pointers"),
    [
        ('{"examples": [', 400, []),
        ('{"examples": [{"x": {"x1": [NaN, 0, 0]}}]}', 400, []),
        ("[]", 422, [""]),
        ('{"examples": []}', 422, ["/examples"]),
        ('{"examples": [1], "model": 2}', 422, ["/model"]),
        ({"examples": [{"x": X}] * 300}, 422, ["/examples"]),
        ({"examples": [{"x": X}, 7, {"x": []}, {}]}, 422, ["/examples/1", "/examples/2/x", "/examples/3/x"]),
        ({"examples": [{"x": X, "lable": "0"}]}, 422, ["/examples/0/lable"]),
        ({"examples": [{"x": X, "label": "maybe"}]}, 422, ["/examples/0/label"]),
        ({"examples": [{"x": X, "label": 0}]}, 422, ["/examples/0/label"]),
        ({"examples": [{"x": X, "example_id": "x" * 201}]}, 422, ["/examples/0/example_id"]),
        ({"examples": [{"x": {"x1": None, "x2": None}}]}, 422, ["/examples/0/x"]),
        ({"examples": [{"x": X}, {"x": {"x9": [1]}}]}, 422, ["/examples/1/x/x9"]),
        ({"examples": [{"x": X}, {"x": {"x1": [1, 2]}}]}, 422, ["/examples/1/x/x1"]),
        ({"examples": [{"x": X}, {"x": {"x1": [1, 2, "3"]}}]}, 422, ["/examples/1/x/x1"]),
        ({"examples": [{"x": X}, {"x": {"x1": [1, 2, [3]]}}]}, 422, ["/examples/1/x/x1"]),
        ({"examples": [{"x": {"x1": [True, False, True]}}]}, 422, ["/examples/0/x/x1"]),
        ({"examples": [{"x": {"x1": [1e300, 0, 0]}}]}, 422, ["/examples/0/x/x1"]),
        ({"examples": [{"x": {"x1": {}}}, {"x": {"x2": 7}}]}, 422, ["/examples/0/x/x1", "/examples/1/x/x2"]),
    ],
)
def test_what_is_no_example_of_the_model_is_refused_at_its_place(
    api: httpx.Client, session: Session, store: Path, raw: Any, status: int, pointers: list[str]
) -> None:
    made = promote(api, promotable(session, store))
    content = raw if isinstance(raw, str) else json.dumps(raw)
    headers = {"Content-Type": "application/json"}
    answer = api.post(f"{PATH}/{made['name']}/score", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers


def test_a_null_in_a_list_is_a_value_that_is_not_there(api: httpx.Client, name: str) -> None:
    answer = api.post(f"{PATH}/{name}/score", json={"examples": [{"x": X | {"x1": [None, 1, 2]}}, {"x": X}]})
    assert [one["withheld"] for one in answer.json()["examples"]] == [[], []]


# --------------------------------------------------------------------------------- nobody, or too many


@pytest.fixture
def alone(serve: Serve, valkey_url: str) -> Api:
    """A service that no scorer serves; three requests may wait."""
    nobody = valkey_url.removesuffix("/0") + "/9"
    return serve("embedded", score_waiting=3, score_wait=0.5, broker_url=nobody)


def many(api: Api, number: int) -> list[httpx.Response]:
    """So many requests at once."""

    async def sent() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=api.url, timeout=30) as client:
            requests = [client.post(f"{PATH}/m/score", json={"examples": [{"x": X}]}) for _ in range(number)]
            return await asyncio.gather(*requests)

    return asyncio.run(sent())


def test_where_nobody_scores_the_answer_is_503_in_time_and_too_many_are_told_at_once(
    alone: Api, session: Session
) -> None:
    run = promotable(session, alone.app.state.settings.store)
    with alone.client() as client:
        assert client.post(PATH, json={"run": run.id, "name": "m"}).status_code == 201
        began = time.monotonic()
        answers = many(alone, 30)
        assert time.monotonic() - began < 10
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
        codes = [answer.json()["code"] for answer in answers]
        # Three may wait, and the promotion had one wait already: for the model to be read.
        assert codes.count("no_answer") == 2
        assert codes.count("overloaded") == 28
        began = time.monotonic()
        refused = client.post(f"{PATH}/m/score", json={"examples": [{"x": X}]}, headers={"Prefer": "wait=0"})
        assert refused.status_code == 503
        assert time.monotonic() - began < 0.5
        assert client.get(f"{PATH}/m").status_code == 200


def test_without_a_broker_the_answer_is_503(serve: Serve, session: Session) -> None:
    api = serve("embedded", broker_url="redis://127.0.0.1:1/0")
    run = promotable(session, api.app.state.settings.store)
    with api.client() as client:
        assert client.post(PATH, json={"run": run.id, "name": "m"}).status_code == 201
        refused = client.post(f"{PATH}/m/score", json={"examples": [{"x": X}]})
        assert (refused.status_code, refused.json()["code"]) == (503, "no_answer")


def test_a_client_promotes_asks_and_forgets(embedded: Api, session: Session, store: Path, desk: Any) -> None:
    run = promotable(session, store)
    with Client(embedded.url) as client:
        made = client.models.promote(run.id, "by-client")
        assert [one.name for one in client.models.list(run=run.id)] == ["by-client"]
        assert client.models.get("by-client") == made
        scores = client.models.score("by-client", body([0, 1, 2])["examples"], wait=30)
        assert [one.example_id for one in scores.examples] == ["e0", "e1", "e2"]
        assert scores.examples[0].synergy is not None
        client.models.delete("by-client")
        with pytest.raises(ProblemError) as refused:
            client.models.get("by-client")
        assert refused.value.code == "model_not_found"
