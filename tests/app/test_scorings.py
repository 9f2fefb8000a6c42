"""Files for a model: sent, kept, queued, told row by row."""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.tables import Artifact, Project, Run, Scoring
from app.projects.schemas import Role
from app.scoring.files import SCORES
from tests.app.conftest import Api, Signed
from tests.app.kits import promotable, trained
from tests.app.rows import finish

PATH = "/v1/scorings"
TABLE = b"example_id,label,x1:0,x1:1,x1:2,x2:0,x2:1,x2:2\n" + b"".join(
    b"c%d,%d,0,1,2,%d,0.5,1\n" % (i, i % 2, i) for i in range(7)
)


def files(store: Path) -> list[Path]:
    return [path for path in (store / "scorings").rglob("*") if path.is_file()]


@pytest.fixture
def model(api: httpx.Client, session: Session, store: Path) -> str:
    for folder in ("scorings", "models"):  # other tests of the same service leave some
        shutil.rmtree(store / folder, ignore_errors=True)
    run = promotable(session, store)
    assert api.post("/v1/models", json={"run": run.id, "name": "m"}).status_code == 201
    return "m"


def send(api: httpx.Client, table: bytes = TABLE, spec: Any = None) -> httpx.Response:
    parts: dict[str, Any] = {"examples": ("examples.csv", table)}
    if spec is not None:
        parts["spec"] = (None, json.dumps(spec), "application/json")
    return api.post("/v1/models/m/score", files=parts)


def test_a_sent_file_is_kept_and_its_run_is_queued(
    api: httpx.Client, model: str, session: Session, store: Path
) -> None:
    answer = send(api, spec={"name": "Monday's", "label": "label"})
    assert answer.status_code == 202
    shown = answer.json()
    assert answer.headers["location"] == f"{PATH}/{shown['id']}"
    assert (shown["name"], shown["model"], shown["status"]) == ("Monday's", "m", "queued")
    assert (shown["file"]["format"], shown["file"]["size"]) == ("csv", len(TABLE))
    assert api.get(answer.headers["location"]).json() == shown
    assert [one["id"] for one in api.get(PATH, params={"model": "m"}).json()["data"]] == [shown["id"]]
    assert api.get(PATH, params={"model": "n"}).json()["data"] == []
    run = session.scalars(select(Run).where(Run.scoring_id == shown["id"])).one()
    assert (run.id, run.method, run.queue) == (shown["run_id"], "scoring", "analysis")
    assert api.get(f"/v1/runs/{run.id}").json()["scoring_id"] == shown["id"]
    [kept] = files(store)
    assert kept.read_bytes() == TABLE
    [event] = api.get(f"{PATH}/{shown['id']}/events").json()["data"]
    assert event["to_status"] == "queued"
    assert api.post(f"{PATH}/{shown['id']}/cancel").json()["status"] == "cancelled"
    assert api.get(f"{PATH}/{shown['id']}/examples").json()["code"] == "scores_not_ready"
    assert api.get(f"{PATH}/{shown['id']}/report").json()["code"] == "report_not_ready"
    assert api.delete("/v1/models/m").status_code == 204
    assert files(store) == []
    assert api.get(f"{PATH}/{shown['id']}").json()["code"] == "scoring_not_found"


@pytest.mark.parametrize(
    ("table", "spec", "code", "pointer"),
    [
        (b"", None, "invalid_table", "/examples"),
        (TABLE, {"lable": "x"}, "invalid_spec", "/spec/lable"),
        (TABLE, {"text": "x"}, "invalid_spec", "/spec/text"),
    ],
)
def test_what_cannot_be_scored_is_refused_and_nothing_is_kept(
    api: httpx.Client,
    model: str,
    session: Session,
    store: Path,
    table: bytes,
    spec: Any,
    code: str,
    pointer: str,
) -> None:
    answer = send(api, table, spec)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert files(store) == []
    assert session.scalar(select(func.count()).select_from(Scoring)) == 0


def test_scores_are_told_page_by_page_and_as_a_file(
    api: httpx.Client, model: str, session: Session, store: Path
) -> None:
    from synib.scoring import Scorer

    shown = send(api).json()
    _, _, data = trained()
    x = {name: values[:23] for name, values in data.x.items()}
    [folder] = (store / "models").glob("mdl_*")
    records = [{"example_id": f"c{i}", **one} for i, one in enumerate(Scorer.load(folder).score(x).records())]
    run = session.get_one(Run, shown["run_id"])
    path = store / "runs" / run.id / "1" / SCORES
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in records))
    session.add(
        Artifact(
            run_id=run.id,
            name=SCORES,
            path=path.relative_to(store).as_posix(),
            media_type="x",
            size=1,
            sha256="",
        )
    )
    finish(session, run, report=None)
    told, after = [], None
    for size in (10, 10, 3):
        page = api.get(
            f"{PATH}/{shown['id']}/examples", params={"limit": 10} | ({"after": after} if after else {})
        ).json()
        assert len(page["data"]) == size
        assert page["has_more"] == (size == 10)
        told += page["data"]
        after = page["next_after"]
    assert after is None
    assert told == orjson.loads(orjson.dumps(records))
    lines = api.get(f"{PATH}/{shown['id']}/examples", params={"format": "ndjson"})
    assert [json.loads(line) for line in lines.text.splitlines()] == told
    for cursor in ("x", "0", "7", "99999999"):
        refused = api.get(f"{PATH}/{shown['id']}/examples", params={"after": cursor})
        assert refused.status_code == 422, cursor
        assert refused.json()["errors"][0]["pointer"] == "/query/after"


def test_a_reader_may_ask_but_not_send_files_and_a_stranger_sees_nothing(
    signed: Signed, session: Session, guarded: Api
) -> None:
    run = promotable(session, guarded.app.state.settings.store, "ours")
    writer, reader = signed("ours", Role.WRITER), signed("ours", Role.READER)
    stranger = signed("theirs", Role.ADMIN)
    assert writer.post("/v1/models", json={"run": run.id, "name": "m"}).status_code == 201
    assert send(reader).status_code == 403
    scoring = send(writer).json()["id"]
    assert reader.get(f"{PATH}/{scoring}").status_code == 200
    for answer in (
        send(stranger),
        stranger.get(f"{PATH}/{scoring}"),
        stranger.get(f"{PATH}/{scoring}/examples"),
    ):
        assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(Project)) >= 2
