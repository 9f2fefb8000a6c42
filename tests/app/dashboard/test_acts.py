"""What people do on pages: ask, plan, stop, resume; each does what the API's call does."""

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from app.db.tables import ApiKey, Experiment, Run
from app.runs.status import Status
from synib.spec import Experiment as Spec
from synib.yaml import load_yaml
from tests.app.dashboard.html import read
from tests.app.kits import promotable

SPEC = """\
name: from a page
dataset: {kind: noisy_xor, examples: 400}
methods:
  - {kind: vanilla}
  - kind: synib
    mask: {kind: random, rate: 0.5}
training: {epochs: 2}
replication: {seeds: 2}
"""
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_a_question_is_asked_once_however_often_the_button_is_pressed(
    pages: httpx.Client, session: Session
) -> None:
    form = {"spec": SPEC, "action": "submit", "once": "a" * 32}
    first, second = (pages.post("/experiments/new", data=form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    [experiment] = session.query(Experiment)
    assert first.headers["location"] == f"/experiments/{experiment.id}"
    assert session.query(Run).count() == 4
    changed = pages.post("/experiments/new", data=form | {"spec": SPEC.replace("seeds: 2", "seeds: 1")})
    assert changed.status_code == 303
    assert changed.headers["location"] != first.headers["location"]


def test_a_plan_stores_nothing(pages: httpx.Client, session: Session) -> None:
    answer = pages.post("/experiments/new", data={"spec": SPEC, "action": "plan"}, headers=PART)
    assert answer.status_code == 200
    assert "Nothing has been stored" in answer.text
    assert "<html" not in answer.text
    assert session.query(Experiment).count() == 0


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("rate: 0.5", "rate: 1.4", 6),
        ("epochs: 2", "epochs: 0", 7),
        ("epochs: 2", "epoch: 2", 7),
        ("examples: 400", "examples: many", 2),
        ("name: from a page", "name: [", None),
        ("seeds: 2", "seeds: .nan", 8),
    ],
)
def test_what_is_wrong_with_a_spec_is_told_as_the_api_tells_it_and_where_it_stands(
    pages: httpx.Client, session: Session, right: str, wrong: str, line: int | None
) -> None:
    text = SPEC.replace(right, wrong)
    for headers in ({}, PART):
        answer = pages.post("/experiments/new", data={"spec": text, "action": "submit"}, headers=headers)
        assert answer.status_code == 422
        page = read(answer.text)
        [problem] = [one for one in page.elements if one.attributes.get("class") == "problem"]
        lines = [int(one.attributes["data-line"]) for one in page.elements if "data-line" in one.attributes]
        assert lines == ([] if line is None else [line])
        if line is not None and "nan" not in wrong:
            told = pages.post("/v1/experiments", json=load_yaml(text)).json()
            assert [fault["detail"] in problem.text for fault in told["errors"]] == [True]
        if not headers:
            assert page.by_id("spec").text == text
    assert session.query(Experiment).count() == 0


def test_a_form_with_a_nul_character_is_refused(pages: httpx.Client) -> None:
    answer = pages.post("/experiments/new", data={"spec": "name: a\0b", "action": "plan"})
    assert answer.status_code == 422
    assert "NUL" in answer.text


def test_a_study_is_a_starting_point_that_means_the_same(pages: httpx.Client) -> None:
    for link in read(pages.get("/experiments/new").text).links():
        if "study=" not in link:
            continue
        text = read(pages.get(link).text).by_id("spec").text
        spec = Spec.model_validate(load_yaml(text))
        name, part = re.search(r"study=(\w+)&part=(\d+)", link).groups()  # type: ignore[union-attr]
        [study] = [pages.get(f"/v1/studies/{name}").json()]
        assert spec.resolved() == Spec.model_validate(study["experiments"][int(part)]).resolved()


def test_an_experiment_can_be_asked_again_with_changes(
    pages: httpx.Client, ids: dict[str, str], session: Session
) -> None:
    text = read(pages.get(f"/experiments/new?again={ids['going']}").text).by_id("spec").text
    stored = session.get_one(Experiment, ids["going"]).spec
    assert Spec.model_validate(load_yaml(text)) == Spec.model_validate(stored)
    assert len(text.splitlines()) < 20  # defaults are left out


def test_a_run_is_stopped_and_resumed(pages: httpx.Client, ids: dict[str, str], session: Session) -> None:
    path = f"/runs/{ids['queued']}"
    assert "Resume" not in pages.get(path).text
    stopped = pages.post(f"{path}/cancel")
    assert (stopped.status_code, stopped.headers["location"]) == (303, path)
    assert session.get_one(Run, ids["queued"]).status == Status.CANCELLED
    assert "Resume" in pages.get(path).text
    again = pages.post(f"{path}/cancel")
    assert again.status_code == 409
    assert "nothing left to cancel" in again.text
    assert pages.post(f"{path}/resume").status_code == 303
    session.expire_all()
    assert session.get_one(Run, ids["queued"]).status == Status.QUEUED


def test_an_experiment_is_stopped(pages: httpx.Client, ids: dict[str, str], session: Session) -> None:
    assert pages.post(f"/experiments/{ids['going']}/cancel").status_code == 303
    statuses = {run.status for run in session.query(Run).filter_by(experiment_id=ids["going"])}
    assert statuses == {Status.CANCELLED, Status.CANCELLING}


def test_a_key_is_shown_once_and_revoked(pages: httpx.Client, session: Session) -> None:
    made = pages.post("/settings/keys", data={"name": "ci", "role": "reader"})
    key = re.search(r"synib_[0-9a-f]{12}_[\w-]+", made.text)
    assert key
    assert key[0] not in pages.get("/settings").text
    [row] = session.query(ApiKey)
    assert (row.name, row.role, key[0].split("_")[1]) == ("ci", "reader", row.prefix)
    assert pages.post(f"/settings/keys/{row.id}/revoke").status_code == 303
    session.expire_all()
    assert session.get_one(ApiKey, row.id).revoked_at is not None


def test_a_key_without_a_name_is_refused_as_the_api_does(pages: httpx.Client) -> None:
    answer = pages.post("/settings/keys", data={"name": "", "role": "reader"})
    told = pages.post("/v1/keys", json={"name": "", "role": "reader"}).json()
    assert answer.status_code == told["status"] == 422
    assert told["errors"][0]["detail"] in answer.text


def test_the_numbers_of_the_curves_are_a_table_and_a_file(pages: httpx.Client, ids: dict[str, str]) -> None:
    lines = pages.get(f"/runs/{ids['run']}/metrics.csv").text.splitlines()
    assert lines[0] == "epoch,step,train/loss,train/penalty,train/task,validation/accuracy,validation/nll"
    assert len(lines) == 1 + 12
    assert lines[1].startswith("1,94,0.892")  # 0.9 × 0.88 + 0.1
    assert "0.892" in pages.get(f"/runs/{ids['run']}/metrics").text


def test_the_log_is_told_by_its_end(pages: httpx.Client, ids: dict[str, str], store: "object") -> None:
    path = f"/runs/{ids['run']}/log"
    assert "Nothing has been printed" in pages.get(path).text
    folder = store / "runs" / ids["run"]  # type: ignore[operator]
    folder.mkdir(parents=True)
    (folder / "trainer.log").write_text("".join(f"line {i} <b>\n" for i in range(30_000)))
    text = pages.get(path).text
    assert "line 29999 &lt;b&gt;" in text
    assert "line 29800 " in text
    assert "line 29799 " not in text
    assert "last 200 lines" in text


def test_a_deleted_model_leaves_no_file_and_its_run(
    pages: httpx.Client, session: Session, store: Path
) -> None:
    before = set((store / "models").glob("mdl_*"))  # other tests of the same service leave some
    run = promotable(session, store)
    made = pages.post("/models", data={"run": run.id, "name": "mine"})
    assert made.headers["location"] == "/models/mine"
    assert len(set((store / "models").glob("mdl_*")) - before) == 1
    assert pages.post("/models/mine/delete").headers["location"] == "/models"
    assert pages.get("/models/mine").status_code == 404
    assert set((store / "models").glob("mdl_*")) == before
    assert (store / "runs" / run.id).exists()
