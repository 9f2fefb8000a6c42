"""Crossing by HTTP, client and command line: what the library says, and each refusal at its field."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from app.client import Client, ProblemError
from app.db.tables import Artifact
from app.models.files import folder_of
from app.projects.auth import COOKIE
from app.projects.schemas import Role
from app.scoring.crossing import sentence
from app.scoring.schemas import CrossedCell, CrossedExample
from synib.report import ScoredExample
from synib.scoring import Scorer, cross
from tests.app.conftest import Api, Serve, Signed
from tests.app.kits import promotable, scorer, trained
from tests.app.test_models import same

PATH = "/v1/models"


@pytest.fixture(scope="module")
def desk(embedded: Api) -> Iterator["subprocess.Popen[bytes]"]:
    with scorer(embedded.app.state.settings) as process:
        yield process


@pytest.fixture
def model(api: httpx.Client, session: Session, store: Path, desk: Any) -> dict[str, Any]:
    """A model that can be asked."""
    shutil.rmtree(store / "models", ignore_errors=True)
    answer = api.post(PATH, json={"run": promotable(session, store).id, "name": "m"})
    shown: dict[str, Any] = answer.json()
    return shown


def pair() -> list[str]:
    """Two test examples of different labels."""
    test = trained()[2].select("test")
    return [str(test.example_id[test.y == label][0]) for label in (0, 1)]


def ask(api: httpx.Client, body: Any, name: str = "m") -> httpx.Response:
    return api.post(f"{PATH}/{name}/cross", json=body, headers={"Prefer": "wait=60"})


def test_the_api_says_what_the_library_says(api: httpx.Client, model: dict[str, Any], store: Path) -> None:
    answer = ask(api, {"examples": pair()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["preference-applied"] == "wait=60"
    told, (a, b) = answer.json(), pair()
    found = cross(Scorer.load(folder_of(store, model["id"])), trained()[2], [a, b])
    assert [one["example_id"] for one in told["examples"]] == [a, b]
    assert [one["label"] for one in told["examples"]] == list(found.label)
    assert [cell["origin"] for cell in told["cells"]] == [
        {"x1": a, "x2": a}, {"x1": a, "x2": b}, {"x1": b, "x2": a}, {"x1": b, "x2": b},
    ]  # fmt: skip
    scored = [cell["scored"] for cell in told["cells"]]
    assert [one.pop("example_id") for one in scored] == [a, f"{a}+{b}", f"{b}+{a}", b]
    assert same(scored, list(found.scored.records()))
    assert told["sentence"].startswith(f"{a} is taken for “")


def test_the_sentence_says_what_each_change_does() -> None:
    def cell(left: str, right: str, predicted: str, confidence: float) -> CrossedCell:
        told: dict[str, Any] = dict.fromkeys(("label", "interaction", "redundant", "unique", "synergy"))
        told |= {"withheld": [], "warnings": [], "subsets": {}, "heads": {}, "example_id": "e"}
        scored = ScoredExample.model_validate(told | {"predicted": predicted, "confidence": confidence})
        return CrossedCell(origin={"left": left, "right": right}, scored=scored)

    named = [CrossedExample(example_id=one, label="same", split="test") for one in "AB"]
    cells = [
        cell("A", "A", "same", 0.981), cell("A", "B", "differs", 0.97), cell("B", "A", "same", 0.6),
        cell("B", "B", "same", 1.0),
    ]  # fmt: skip
    assert sentence(named, cells) == (
        "A is taken for “same” (.98). Changing left alone leaves it at “same” (.60); changing right alone"
        " turns it into “differs” (.97); changing both gives B itself: “same” (1.00)."
    )


@pytest.mark.parametrize(
    ("examples", "pointer", "told"),
    [
        (["nobody", "A"], "/examples/0", "has no example 'nobody'; its 300 begin with 'train-000000'"),
        (["A", "nobody"], "/examples/1", "has no example 'nobody'"),
        (["A", "A"], "/examples/1", "is the first example again"),
        (["A"], "/examples", "at least 2"),
        (["A", "B", "A"], "/examples", "at most 2"),
        (["A", 7], "/examples/1", "valid string"),
        (["A", "x" * 201], "/examples/1", "at most 200"),
        ("A", "/examples", "list"),
    ],
)
def test_a_wrong_pair_is_refused_at_its_place(
    api: httpx.Client, model: dict[str, Any], examples: Any, pointer: str, told: str
) -> None:
    names = dict(zip("AB", pair(), strict=True))
    given = [names.get(one, one) if isinstance(one, str) else one for one in examples]
    answer = ask(api, {"examples": given if isinstance(examples, list) else examples})
    assert answer.status_code == 422, answer.text
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert told in fault["detail"]


def test_an_unknown_model_and_an_unknown_field_are_refused(api: httpx.Client, model: dict[str, Any]) -> None:
    assert ask(api, {"examples": pair()}, "nobody").json()["code"] == "model_not_found"
    answer = ask(api, {"examples": pair(), "withold": ["x1"]})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/withold"]


def test_without_its_data_set_a_model_still_scores_but_crosses_nothing(
    api: httpx.Client, session: Session, store: Path, desk: Any
) -> None:
    run = promotable(session, store)
    [kept] = session.query(Artifact).filter_by(run_id=run.id, name="card.json")
    card = json.loads((store / kept.path).read_text())
    card["experiment"]["dataset"] = {
        "kind": "stored", "id": f"ds_{1:032x}", "digest": f"{0:064x}", "modalities": ["x1", "x2"],
        "shapes": {"x1": [3], "x2": [3]}, "classes": card["classes"],
        "counts": {"train": 1, "validation": 1, "test": 1},
    }  # fmt: skip
    (store / kept.path).write_text(json.dumps(card))
    kept.sha256 = hashlib.sha256((store / kept.path).read_bytes()).hexdigest()
    session.commit()
    assert api.post(PATH, json={"run": run.id, "name": "lost"}).status_code == 201
    answer = ask(api, {"examples": pair()}, "lost")
    assert (answer.status_code, answer.json()["code"]) == (409, "data_gone")
    assert f"ds_{1:032x} is no longer in the store" in answer.json()["detail"]
    scored = api.post(
        f"{PATH}/lost/score", json={"examples": [{"x": {"x1": [0.0, 0, 0], "x2": [0.0, 0, 0]}}]}
    )
    assert scored.status_code == 200


def test_where_nobody_scores_crossing_waits_no_longer_than_scoring(
    serve: Serve, valkey_url: str, session: Session
) -> None:
    nobody = valkey_url.removesuffix("/0") + "/8"
    alone = serve("embedded", score_waiting=2, score_wait=0.5, broker_url=nobody)
    run = promotable(session, alone.app.state.settings.store)
    with alone.client() as client:
        assert client.post(PATH, json={"run": run.id, "name": "m"}).status_code == 201
        answers = [client.post(f"{PATH}/m/cross", json={"examples": pair()}) for _ in range(3)]
        assert [one.json()["code"] for one in answers] == ["no_answer", "overloaded", "overloaded"]
        assert all(int(one.headers["retry-after"]) >= 1 for one in answers)


def test_what_a_cookie_may_ask_nobody_else_may(signed: Signed, session: Session, guarded: Api) -> None:
    run = promotable(session, guarded.app.state.settings.store, "ours")
    writer = signed("ours", Role.WRITER)
    assert writer.post(PATH, json={"run": run.id, "name": "m"}).status_code == 201
    key = writer.headers["authorization"].removeprefix("Bearer ")
    page = {"Sec-Fetch-Site": "same-origin", "Prefer": "wait=0"}
    for path in ("score", "cross"):
        body = {"examples": pair() if path == "cross" else [{"x": {"x1": [0.0, 0, 0]}}]}
        with guarded.client() as browser:
            browser.cookies.set(COOKIE, key)
            assert browser.post(f"{PATH}/m/{path}", json=body, headers=page).json()["code"] == "no_answer"
        with guarded.client() as stranger:  # within the second for which keys are believed
            assert stranger.post(f"{PATH}/m/{path}", json=body).status_code == 401


def test_a_client_crosses(embedded: Api, api: httpx.Client, model: dict[str, Any]) -> None:
    with Client(embedded.url) as client:
        found = client.models.cross("m", *pair(), wait=60)
        assert [len(found.cells), len(found.examples)] == [4, 2]
        with pytest.raises(ProblemError) as refused:
            client.models.cross("m", pair()[0], "nobody")
        assert [fault.pointer for fault in refused.value.errors] == ["/examples/1"]


def test_the_command_prints_a_row_a_combination_and_json_for_programs(
    embedded: Api,
    api: httpx.Client,
    model: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.cli import run

    monkeypatch.setenv("SYNIB_URL", embedded.url)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        return status, *capsys.readouterr()

    status, out, err = call("cross", "m", *pair())
    assert status == 0, err
    told = ask(api, {"examples": pair()}).json()
    assert told["sentence"] in out.replace("\n", " ")
    assert "n = 2 examples" in out
    rows = [line.split() for line in out.splitlines() if line.startswith(pair()[0][:4])]
    for cell in told["cells"]:
        one = cell["scored"]
        row = [*cell["origin"].values(), one["predicted"], f"{one['confidence']:.3f}"]
        assert row in [line[: len(row)] for line in rows]
    assert json.loads(call("cross", "m", *pair(), "--json")[1]) == told
    status, _, err = call("cross", "m", pair()[0], "nobody")
    assert status != 0
    assert "/examples/1" in err
