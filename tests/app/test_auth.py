"""Who may do what: keys, roles, projects, and the one owner of embedded mode."""

import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.tables import ApiKey, Project
from app.projects.schemas import Role
from app.projects.service import create_key
from tests.app.conftest import Api, Signed
from tests.app.rows import examples, finish, runs_of
from tests.factories import TINY, make_analysis, make_dataset, make_experiment, make_project

OPEN = {"/", "/healthz", "/readyz", "/metrics"}
WRITER = {
    *("experiments_create", "experiments_cancel", "runs_cancel", "runs_resume"),
    *("analyses_create", "analyses_cancel"),
    *("datasets_create", "datasets_put_part", "datasets_complete", "datasets_cancel", "datasets_delete"),
    *("models_create", "models_delete", "scorings_cancel"),
}
ADMIN = {"keys_create", "keys_list_keys", "keys_revoke"}


def operations(api: Api) -> list[tuple[str, str, str]]:
    return [
        (method.upper(), path, operation["operationId"])
        for path, methods in api.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if path not in OPEN
    ]


NOBODYS = {
    name: prefix + "0" * 32
    for name, prefix in (
        ("experiment_id", "exp_"), ("run_id", "run_"), ("analysis_id", "ana_"), ("key_id", "key_"),
        ("dataset_id", "ds_"), ("scoring_id", "scr_"),
    )
}  # fmt: skip
OTHERS = {"name": "report.json", "study": "pid_xor", "number": "0", "example_id": "x0", "modality": "voice"}


def concrete(path: str, **ids: str) -> str:
    return path.format(**NOBODYS | OTHERS | ids)


def test_without_a_key_every_operation_is_refused(guarded: Api) -> None:
    with guarded.client() as client:
        for method, path, _ in operations(guarded):
            answer = client.request(method, concrete(path))
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer x",
        "Bearer synib_",
        "Bearer synib__",
        "Bearer synib_aaaaaaaaaaaa_wrong",
        "Basic YTpi",
    ],
)
def test_what_is_no_key_opens_nothing(guarded: Api, header: str) -> None:
    with guarded.client() as client:
        assert client.get("/v1/runs", headers={"Authorization": header}).status_code == 401


def test_a_wrong_secret_behind_a_right_prefix_opens_nothing(guarded: Api, session: Session) -> None:
    key = create_key(session, "default", "mine", Role.ADMIN)
    session.commit()
    other = "A" if key[-1] != "A" else "B"
    for wrong in (key[:-1] + other, key[:-1], key + "A", key.upper()):
        with guarded.client(wrong) as client:
            assert client.get("/v1/runs").status_code == 401
    with guarded.client(key) as client:
        assert client.get("/v1/runs").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_it_is_for_and_no_more(guarded: Api, signed: Signed, role: Role) -> None:
    allowed = {Role.READER: set[str](), Role.WRITER: WRITER, Role.ADMIN: WRITER | ADMIN}[role]
    client = signed("default", role)
    for method, path, name in operations(guarded):
        answer = client.request(method, concrete(path))
        may = name in allowed or name not in WRITER | ADMIN
        assert (answer.status_code != 403) == may, name


def test_what_belongs_to_another_project_is_not_there(guarded: Api, signed: Signed, session: Session) -> None:
    experiment = make_experiment(session, make_project(session, "theirs"))
    run = finish(session, runs_of(session, experiment)[0], examples(3))
    analysis = finish(session, make_analysis(session, session.get_one(Project, experiment.project_id)))
    assert analysis.analysis_id
    dataset = make_dataset(session, session.get_one(Project, experiment.project_id))
    session.commit()
    theirs = {
        "experiment_id": experiment.id, "run_id": run.id, "analysis_id": analysis.analysis_id,
        "dataset_id": dataset.id,
    }  # fmt: skip
    stranger = signed("mine", Role.ADMIN)
    for method, path, _ in operations(guarded):
        if "{" in path and "/studies/" not in path:  # studies belong to everybody
            answer = stranger.request(method, concrete(path, **theirs))
            assert answer.status_code == 404, path
    lists = ("experiments", "analyses", "datasets", "models", "scorings", "runs")
    for path in (*(f"/v1/{name}" for name in lists), f"/v1/runs?experiment={experiment.id}"):
        assert stranger.get(path).json()["data"] == []
    session.refresh(run)
    assert run.status == "succeeded"
    assert len(signed("theirs", Role.READER).get("/v1/runs").json()["data"]) == 4


def test_a_key_is_shown_once_and_only_its_hash_is_kept(
    signed: Signed, guarded: Api, session: Session
) -> None:
    admin = signed("default", Role.ADMIN)
    made = admin.post("/v1/keys", json={"name": "laptop", "role": "reader"}).json()
    with guarded.client(made["key"]) as client:
        assert client.get("/v1/experiments").status_code == 200
        assert client.post("/v1/experiments", json=TINY).status_code == 403
    listed = {key["id"]: key for key in admin.get("/v1/keys").json()["data"]}
    assert len(listed) == 2
    assert "key" not in listed[made["id"]]
    assert listed[made["id"]]["last_used_at"] is not None
    row = session.get_one(ApiKey, made["id"])
    secret = made["key"].split("_", 2)[2]
    assert row.digest == hashlib.sha256(secret.encode()).digest()
    assert admin.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert admin.delete(f"/v1/keys/{made['id']}").status_code == 404
    with guarded.client(made["key"]) as client:
        assert client.get("/v1/experiments").status_code == 401


def test_a_replayed_key_is_not_shown_again(signed: Signed) -> None:
    admin = signed("default", Role.ADMIN)
    asked = {"json": {"name": "laptop"}, "headers": {"Idempotency-Key": "k"}}
    first, again = admin.post("/v1/keys", **asked), admin.post("/v1/keys", **asked)
    assert first.json() | {"key": None} == again.json()
    assert first.json()["role"] == "writer"
    assert len(admin.get("/v1/keys").json()["data"]) == 2


def test_the_use_of_a_key_is_noted_once_a_minute(signed: Signed, session: Session) -> None:
    client = signed("default", Role.READER)

    def noted_after(age: timedelta) -> bool:
        then = datetime.now(UTC) - age
        session.execute(update(ApiKey).values(last_used_at=then))
        session.commit()
        client.get("/v1/runs")
        return session.scalars(select(ApiKey.last_used_at)).one() != then

    assert not noted_after(timedelta(seconds=30))
    session.rollback()
    assert noted_after(timedelta(seconds=90))


def test_embedded_mode_signs_its_owner_in_and_makes_the_project(api: httpx.Client, session: Session) -> None:
    assert api.get("/v1/experiments").json()["data"] == []
    assert api.post("/v1/keys", json={"name": "mine", "role": "admin"}).status_code == 201
    assert session.scalars(select(Project.name)).all() == ["default"]
    assert api.get("/v1/runs", headers={"Authorization": "Bearer synib_x_y"}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "served"),
    [
        ({"Host": "localhost:8000"}, True),
        ({"Host": "127.0.0.1"}, True),
        ({"Host": "[::1]:8000"}, True),
        ({"Host": "evil.example"}, False),
        ({"Host": "evil.example:8000"}, False),
        ({"Host": "127.0.0.1.evil.example"}, False),
        ({"Host": "localhost@evil.example"}, False),
        ({"Host": "[bad"}, False),
        ({"Host": ""}, False),
        ({"Host": "localhost:8000", "Origin": "http://localhost:8000"}, True),
        ({"Host": "localhost:8000", "Origin": "http://localhost:9000"}, False),
        ({"Host": "localhost:8000", "Origin": "https://evil.example"}, False),
        ({"Host": "localhost:8000", "Origin": "null"}, False),
        ({"Host": "localhost:8000", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Host": "localhost:8000", "Sec-Fetch-Site": "same-origin"}, True),
    ],
)
def test_embedded_mode_answers_to_local_names_and_pages_only(
    api: httpx.Client, session: Session, headers: dict[str, str], served: bool
) -> None:
    project = make_project(session)
    run = runs_of(session, make_experiment(session, project))[0]
    session.commit()
    answer = api.post(f"/v1/runs/{run.id}/cancel", headers=headers)
    assert answer.status_code == (202 if served else 403)
    session.refresh(run)
    assert run.status == ("cancelled" if served else "queued")
