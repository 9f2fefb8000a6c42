"""Data sets: sent whole or in parts, listed, used in experiments, let go."""

import base64
import hashlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.datasets.files import DatasetFiles
from app.db.tables import Dataset, Experiment, IdempotencyKey, Project, Run
from app.projects.schemas import Role
from app.runs.status import Status, transition
from synib.spec import parse_experiment
from tests.app.conftest import Api, Serve, Signed
from tests.factories import TINY, make_dataset, make_project

PATH = "/v1/datasets"
TABLE = b"eye:x,ear:x,label\n1,2,yes\n3,4,no\n" * 3


def send(api: httpx.Client, file: bytes = TABLE, spec: Any = None, **headers: str) -> httpx.Response:
    files: dict[str, Any] = {"file": ("table.csv", file)}
    if spec is not None:
        files["spec"] = (None, json.dumps(spec), "application/json")
    return api.post(PATH, files=files, headers=headers)


def announce(api: httpx.Client, size: int, **more: Any) -> str:
    answer = api.post(PATH, json={"size": size} | more)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def put(api: httpx.Client, dataset: str, number: int, part: bytes, **headers: str) -> httpx.Response:
    return api.put(f"{PATH}/{dataset}/parts/{number}", content=part, headers=headers)


def digest(part: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(part).digest()).decode()}:"


def stored(store: Path) -> list[Path]:
    """Every file of a data set in the store, whole or in the making."""
    return [path for path in (store / "datasets").rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def emptied(store: Path) -> None:
    """Other tests of the same service leave files."""
    for path in stored(store):
        path.unlink()


def nothing_stored(session: Session, store: Path) -> bool:
    session.rollback()
    tables = (Dataset, Run, IdempotencyKey)
    rows = sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
    return rows == 0 and stored(store) == []


def move(session: Session, run: Run, *path: Status) -> None:
    """Along these states, as a worker moves it."""
    for status in path:
        held = {"lease_token": "0" * 8 + "-0000-0000-0000-" + "0" * 12} if status is Status.STARTING else {}
        transition(session, run, status, **held)
    session.commit()


# ----------------------------------------------------------------------------------------- all at once


def test_a_file_that_is_sent_whole_is_kept_and_its_run_is_queued(
    api: httpx.Client, session: Session, store: Path
) -> None:
    answer = send(api, spec={"name": "two senses", "seed": 7})
    assert answer.status_code == 201
    shown = answer.json()
    assert answer.headers["location"] == f"{PATH}/{shown['id']}"
    assert (shown["name"], shown["state"], shown["profile"], shown["dataset"]) == (
        "two senses", "queued", None, None,
    )  # fmt: skip
    assert shown["spec"]["seed"] == 7
    assert shown["spec"]["split"] == {"train": 0.6, "validation": 0.15, "test": 0.25}
    assert (shown["size"], shown["sha256"]) == (len(TABLE), hashlib.sha256(TABLE).hexdigest())
    assert shown["progress"]["received"] == len(TABLE)
    assert api.get(answer.headers["location"]).json() == shown
    run = session.scalars(select(Run)).one()
    assert (run.id, run.dataset_id, run.queue, run.seed) == (shown["run_id"], shown["id"], "analysis", 7)
    assert api.get(f"/v1/runs/{run.id}").json()["dataset_id"] == shown["id"]
    assert [path.read_bytes() for path in stored(store)] == [TABLE]


def test_its_timeline_begins_with_queued_and_the_doorbell_is_rung(
    api: httpx.Client, session: Session
) -> None:
    posted = send(api).json()
    [event] = api.get(f"{PATH}/{posted['id']}/events").json()["data"]
    assert (event["seq"], event["from_status"], event["to_status"]) == (1, None, "queued")
    deadline = time.monotonic() + 10
    while session.scalars(select(Run.dispatched_at)).one() is None:
        assert time.monotonic() < deadline
        session.rollback()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("spec", "status", "code", "pointer"),
    [
        ('{"seed": -1}', 422, "invalid_spec", "/spec/seed"),
        ('{"labl": "y"}', 422, "invalid_spec", "/spec/labl"),
        ('{"split": {"train": 0.9}}', 422, "invalid_spec", "/spec/split"),
        (
            '{"split": {"train": 1, "validation": 0, "test": 0}}',
            422,
            "invalid_spec",
            "/spec/split/validation",
        ),
        ('{"classes": ["a", "b", "a"]}', 422, "invalid_spec", "/spec/classes/2"),
        ('{"ignore": ["label"]}', 422, "invalid_spec", "/spec/ignore"),
        ("[]", 422, "invalid_spec", "/spec"),
        ('{"name": "a\\u0000b"}', 422, "invalid_request", "/spec/name"),
        ("{", 400, "malformed_json", None),
    ],
)
def test_a_bad_spec_is_refused_at_its_place_and_nothing_is_stored(
    api: httpx.Client, session: Session, store: Path, spec: str, status: int, code: str, pointer: str | None
) -> None:
    answer = api.post(PATH, files={"file": TABLE, "spec": (None, spec)})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert nothing_stored(session, store)


def test_a_form_that_is_cut_off_leaves_nothing(api: httpx.Client, session: Session, store: Path) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\neye:x'
    answer = api.post(PATH, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_form")
    assert nothing_stored(session, store)


def test_the_same_key_creates_once_and_keeps_one_file(
    api: httpx.Client, session: Session, store: Path
) -> None:
    first, second = (send(api, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["idempotent-replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(Dataset)) == 1
    assert len(stored(store)) == 1
    other = send(api, b"else", **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.fixture
def small(serve: Serve) -> Iterator[httpx.Client]:
    with serve("embedded", max_upload=2048).client() as client:
        yield client


def test_what_is_larger_than_the_limit_is_refused_with_the_setting_that_says_so(
    small: httpx.Client, session: Session, store: Path
) -> None:
    whole = send(small, b"x" * 3000)
    told = small.post(PATH, json={"size": 3000})
    for answer in (whole, told):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert "SYNIB_MAX_UPLOAD" in answer.json()["detail"]
    part = put(small, announce(small, 2000), 1, b"x" * 3000)
    assert part.status_code == 413


def test_what_the_store_has_no_room_for_is_refused_before_it_is_sent(api: httpx.Client) -> None:
    answer = api.post(PATH, json={"size": 2**36})
    if answer.status_code != 201:  # unless this disk has 64 GiB to spare
        assert (answer.status_code, answer.json()["code"]) == (507, "store_full")
        assert "GiB left" in answer.json()["detail"]


def test_json_of_megabytes_is_refused_though_files_may_be_larger(api: httpx.Client) -> None:
    answer = api.post(PATH, content=b" " * (3 * 2**20), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


# ------------------------------------------------------------------------------------------- in parts


def test_parts_come_in_any_order_and_make_one_file(api: httpx.Client, session: Session, store: Path) -> None:
    parts = {1: TABLE[:10], 2: TABLE[10:50], 3: TABLE[50:]}
    made = announce(api, len(TABLE), spec={"name": "in parts"}, sha256=hashlib.sha256(TABLE).hexdigest())
    for number in (3, 1, 2):
        answer = put(api, made, number, parts[number], **{"Content-Digest": digest(parts[number])})
        assert answer.status_code == 200
        told = {"size": len(parts[number]), "sha256": hashlib.sha256(parts[number]).hexdigest()}
        assert answer.json() == {"number": number} | told
    shown = api.get(f"{PATH}/{made}").json()
    assert [part["number"] for part in shown["parts"]] == [1, 2, 3]
    assert (shown["state"], shown["run_id"], shown["progress"]["received"]) == ("receiving", None, len(TABLE))
    done = api.post(f"{PATH}/{made}/complete")
    assert (done.status_code, done.json()["state"]) == (202, "queued")
    again = api.post(f"{PATH}/{made}/complete")
    assert (again.status_code, again.json()["run_id"]) == (202, done.json()["run_id"])
    assert session.scalar(select(func.count()).select_from(Run)) == 1
    files = DatasetFiles(store, made)
    sent = [
        files.part(number, hashlib.sha256(part).hexdigest()).read_bytes() for number, part in parts.items()
    ]
    assert b"".join(sent) == TABLE


def test_a_part_that_is_sent_again_takes_the_place_of_the_first(api: httpx.Client, store: Path) -> None:
    made = announce(api, 10)
    for part in (b"12345678", b"12345678", b"abc"):
        assert put(api, made, 1, part).status_code == 200
    assert [path.read_bytes() for path in stored(store)] == [b"abc"]
    assert api.get(f"{PATH}/{made}").json()["progress"]["received"] == 3


def test_a_part_that_is_not_what_was_announced_is_not_taken(api: httpx.Client, store: Path) -> None:
    made = announce(api, 10)
    answer = put(api, made, 1, b"damaged", **{"Content-Digest": digest(b"whole")})
    assert (answer.status_code, answer.json()["code"]) == (422, "digest_mismatch")
    assert "send the part again" in answer.json()["detail"]
    answer = put(api, made, 1, b"whole", **{"Content-Digest": "md5=:abc=:"})
    assert answer.json()["errors"][0]["pointer"] == "/header/Content-Digest"
    assert stored(store) == []
    assert api.get(f"{PATH}/{made}").json()["parts"] == []


def test_more_than_was_announced_is_refused(api: httpx.Client, store: Path) -> None:
    made = announce(api, 10)
    assert put(api, made, 1, b"12345678").status_code == 200
    answer = put(api, made, 2, b"abc")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "10 that were announced" in answer.json()["detail"]
    assert len(stored(store)) == 1


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ({}, "of parts 1 to 1 these are missing: 1"),
        ({1: b"12345", 3: b"67890"}, "of parts 1 to 3 these are missing: 2"),
        ({1: b"12345"}, "5 of the 10 bytes"),
    ],
)
def test_what_is_missing_is_named_when_it_is_to_be_completed(
    api: httpx.Client, session: Session, parts: dict[int, bytes], detail: str
) -> None:
    made = announce(api, 10)
    for number, part in parts.items():
        put(api, made, number, part)
    answer = api.post(f"{PATH}/{made}/complete")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_incomplete")
    assert detail in answer.json()["detail"]
    assert session.scalar(select(func.count()).select_from(Run)) == 0


def test_no_part_is_taken_once_it_is_complete(api: httpx.Client) -> None:
    made = announce(api, 3)
    put(api, made, 1, b"abc")
    api.post(f"{PATH}/{made}/complete")
    answer = put(api, made, 1, b"xyz")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_complete")


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "/size"),
        ({"size": 0}, "/size"),
        ({"size": "10"}, "/size"),
        ({"size": 10, "sha256": "abc"}, "/sha256"),
        ({"size": 10, "parts": 3}, "/parts"),
        ({"size": 10, "spec": {"sed": 1}}, "/spec/sed"),
    ],
)
def test_what_is_announced_wrongly_is_refused_at_its_place(
    api: httpx.Client, session: Session, store: Path, asked: dict[str, Any], pointer: str
) -> None:
    answer = api.post(PATH, json=asked)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert nothing_stored(session, store)


def test_a_part_that_is_cut_off_is_not_there_and_can_be_sent_again(
    embedded: Api, api: httpx.Client, store: Path
) -> None:
    made = announce(api, 5_000_000)
    address = urlsplit(embedded.url)
    with socket.create_connection((address.hostname, address.port or 80)) as line:
        head = (
            f"PUT {PATH}/{made}/parts/1 HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 5000000\r\n\r\n"
        )
        line.sendall(head.encode() + b"x" * 3_000_000)
        deadline = time.monotonic() + 10
        while not any(path.stat().st_size for path in stored(store)):
            assert time.monotonic() < deadline, "nothing arrives"
            time.sleep(0.01)
    while stored(store):
        assert time.monotonic() < deadline, "what was cut off is kept"
        time.sleep(0.01)
    assert api.get(f"{PATH}/{made}").json()["parts"] == []
    assert put(api, made, 1, b"x" * 5_000_000).status_code == 200
    assert api.post(f"{PATH}/{made}/complete").json()["state"] == "queued"


# -------------------------------------------------------------------------------------------- looking


def test_data_sets_are_listed_newest_first_and_can_be_filtered(api: httpx.Client, session: Session) -> None:
    made = [announce(api, 3, spec={"name": name}) for name in ("first", "second", "third")]
    put(api, made[1], 1, b"abc")
    api.post(f"{PATH}/{made[1]}/complete")
    assert [one["id"] for one in api.get(PATH).json()["data"]] == made[::-1]
    page = api.get(PATH, params={"limit": 2}).json()
    assert (len(page["data"]), page["has_more"]) == (2, True)
    rest = api.get(PATH, params={"limit": 2, "after": page["next_after"]}).json()
    assert [one["name"] for one in rest["data"]] == ["first"]
    assert [one["name"] for one in api.get(PATH, params={"state": "queued"}).json()["data"]] == ["second"]
    assert [one["name"] for one in api.get(PATH, params={"name": "IRS"}).json()["data"]] == ["first"]
    assert api.get(PATH, params={"state": "done"}).status_code == 422


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ((), "queued"),
        ((Status.STARTING,), "reading"),
        ((Status.STARTING, Status.RUNNING), "reading"),
        ((Status.STARTING, Status.RUNNING, Status.CANCELLING), "cancelling"),
        ((Status.STARTING, Status.RUNNING, Status.CANCELLING, Status.CANCELLED), "cancelled"),
        ((Status.STARTING, Status.RUNNING, Status.FAILED), "failed"),
    ],
)
def test_its_state_is_that_of_its_run(
    api: httpx.Client, session: Session, path: tuple[Status, ...], state: str
) -> None:
    posted = send(api).json()
    move(session, session.scalars(select(Run)).one(), *path)
    assert api.get(f"{PATH}/{posted['id']}").json()["state"] == state
    [found] = api.get(PATH, params={"state": state}).json()["data"]
    assert found["id"] == posted["id"]


def test_a_queued_one_is_cancelled_at_once_and_a_receiving_one_is_only_deleted(api: httpx.Client) -> None:
    posted = send(api).json()
    assert api.post(f"{PATH}/{posted['id']}/cancel").json()["state"] == "cancelled"
    answer = api.post(f"{PATH}/{posted['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "run_finished")
    answer = api.post(f"{PATH}/{announce(api, 3)}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_not_read")


def test_data_sets_of_other_projects_are_not_there(guarded: Api, session: Session, signed: Signed) -> None:
    mine, other = signed("mine", Role.WRITER), signed("other", Role.WRITER)
    made = announce(mine, 3)
    for answer in (
        other.get(f"{PATH}/{made}"), put(other, made, 1, b"abc"), other.post(f"{PATH}/{made}/complete"),
        other.delete(f"{PATH}/{made}"), other.post(f"{PATH}/{made}/cancel"), other.get(f"{PATH}/nonsense"),
        put(other, "nonsense", 1, b"abc"), other.delete(f"{PATH}/nonsense"),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "dataset_not_found")
    assert other.get(PATH).json()["data"] == []
    reader = signed("mine", Role.READER)
    assert send(reader).status_code == 403
    assert put(reader, made, 1, b"abc").status_code == 403
    assert reader.delete(f"{PATH}/{made}").status_code == 403
    assert reader.get(f"{PATH}/{made}").status_code == 200


# -------------------------------------------------------------------------------------------- using it


@pytest.fixture
def project(api: httpx.Client, session: Session) -> Project:
    """The owner's."""
    api.get(PATH)
    return session.scalar(select(Project)) or make_project(session)


def test_an_experiment_names_it_by_its_id_and_is_stored_with_all_that_it_needs(
    api: httpx.Client, session: Session, project: Project
) -> None:
    ready = make_dataset(session, project)
    session.commit()
    answer = api.post("/v1/experiments", json=TINY | {"dataset": {"id": ready.id}})
    assert answer.status_code == 201, answer.text
    spec = answer.json()["spec"]
    assert spec["dataset"] == api.get(f"{PATH}/{ready.id}").json()["dataset"]
    assert spec["dataset"]["modalities"] == ["voice", "face"]
    assert list(parse_experiment(spec).modalities) == ["voice", "face"]
    again = api.post("/v1/experiments", json=spec)  # what is written out already is compared
    assert again.json()["digest"] == answer.json()["digest"]
    plan = api.post("/v1/experiments", params={"dry_run": True}, json=TINY | {"dataset": {"id": ready.id}})
    assert plan.json()["examples"] == {"train": 60, "validation": 15, "test": 25}


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        ({"id": "ds_" + "0" * 32}, "/dataset/id", "GET /v1/datasets lists yours"),
        ({"id": "mine"}, "/dataset/id", "should match"),
        ({"digest": "0" * 64}, "/dataset/digest", "leave it out"),
        ({"classes": ["a", "b"]}, "/dataset/classes", "leave it out"),
        ({"clases": []}, "/dataset/clases", "there is no field 'clases'"),
    ],
)
def test_what_an_experiment_says_of_a_data_set_must_be_so(
    api: httpx.Client, session: Session, project: Project, changes: dict[str, Any], pointer: str, detail: str
) -> None:
    ready = make_dataset(session, project)
    session.commit()
    answer = api.post("/v1/experiments", json=TINY | {"dataset": {"id": ready.id} | changes})
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert detail in fault["detail"]


def test_uploaded_data_cannot_be_drawn_again(api: httpx.Client, session: Session, project: Project) -> None:
    ready = make_dataset(session, project)
    session.commit()
    asked = TINY | {"dataset": {"id": ready.id}, "replication": {"seeds": 2, "redraw": True}}
    [fault] = api.post("/v1/experiments", json=asked).json()["errors"]
    assert (fault["pointer"], "cannot be drawn again" in fault["detail"]) == ("/replication/redraw", True)


def test_an_experiment_waits_for_a_data_set_that_is_not_ready(api: httpx.Client) -> None:
    made = announce(api, 3)
    answer = api.post("/v1/experiments", json=TINY | {"dataset": {"id": made}})
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_not_ready")
    assert answer.json()["errors"][0] == {
        "pointer": "/dataset/id", "value": made,
        "detail": "the data set is receiving; send what is missing and complete it",
    }  # fmt: skip


def test_a_data_set_stays_while_an_experiment_needs_it_and_then_goes_with_its_files(
    api: httpx.Client, session: Session, project: Project, store: Path
) -> None:
    ready = make_dataset(session, project)
    session.commit()
    file = DatasetFiles(store, ready.id).ready / "label.npy"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    experiment = api.post("/v1/experiments", json=TINY | {"dataset": {"id": ready.id}}).json()
    answer = api.delete(f"{PATH}/{ready.id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_in_use")
    assert experiment["id"] in answer.json()["detail"]
    assert file.exists()
    session.execute(update(Experiment).values(finished_at=func.now()))
    session.commit()
    assert api.delete(f"{PATH}/{ready.id}").status_code == 204
    assert stored(store) == []
    assert api.get(f"{PATH}/{ready.id}").status_code == 404
    assert api.get(f"/v1/experiments/{experiment['id']}").json()["spec"]["dataset"]["id"] == ready.id


def test_one_that_is_being_read_is_not_deleted_and_one_that_is_queued_is(
    api: httpx.Client, session: Session, store: Path
) -> None:
    posted = send(api).json()
    run = session.scalars(select(Run)).one()
    move(session, run, Status.STARTING)
    answer = api.delete(f"{PATH}/{posted['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_in_use")
    queued = send(api).json()
    assert api.delete(f"{PATH}/{queued['id']}").status_code == 204
    assert len(stored(store)) == 1
