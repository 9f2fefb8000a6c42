"""`synib datasets` and the client beneath: a file or a folder goes up, is cut off, goes on, is shown."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.cli import run
from app.client import Client
from app.client.packing import source_of
from app.datasets.files import DatasetFiles
from app.db.engine import session_factory
from app.db.tables import Dataset
from tests.app.conftest import Api
from tests.app.driven import Connect
from tests.app.reading import read, uploaded
from tests.factories import TINY
from tests.synib.uploads.making import GOOD, as_csv, as_zip, media, packed

TABLE = as_csv({name: [*values] * 10 for name, values in GOOD.items()})


@dataclass
class Answer:
    status: int
    out: str
    err: str


Synib = Callable[..., Answer]


@pytest.fixture
def synib(
    embedded: Api, database: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Synib:
    monkeypatch.setenv("SYNIB_URL", embedded.url)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: str) -> Answer:
        status = run(list(words))
        return Answer(status, *capsys.readouterr())

    return call


@pytest.fixture
def client(embedded: Api, database: Engine, connect: Connect) -> Client:
    return connect(embedded.url, patience=0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (path := tmp_path / "votes.csv").write_bytes(TABLE)
    return path


def sent(store: Path, dataset: str) -> bytes:
    """All its parts, one after the other."""
    parts = {int(path.name.split(".")[0]): path for path in DatasetFiles(store, dataset).sent.iterdir()}
    return b"".join(parts[number].read_bytes() for number in sorted(parts))


def times(store: Path, dataset: str) -> dict[str, int]:
    """When each of its parts was written."""
    return {path.name: path.stat().st_mtime_ns for path in DatasetFiles(store, dataset).sent.iterdir()}


def test_a_file_arrives_piece_by_piece_as_it_is(client: Client, table: Path, store: Path) -> None:
    told: list[tuple[int, int]] = []
    made = client.datasets.upload(table, {"seed": 4}, piece=1000, progress=lambda *now: told.append(now))
    assert (made.name, made.state, made.size, made.spec["seed"]) == ("votes.csv", "queued", len(TABLE), 4)
    assert [part.size for part in made.parts] == [1000] * (len(TABLE) // 1000) + [len(TABLE) % 1000]
    assert told[0] == (1000, len(TABLE))
    assert told[-1] == (len(TABLE), len(TABLE))
    assert sent(store, made.id) == TABLE


def test_an_upload_that_was_cut_off_goes_on_where_it_was(
    client: Client, table: Path, store: Path, session: Session
) -> None:
    def cut(done: int, total: int) -> None:
        if done == 2000:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        client.datasets.upload(table, piece=1000, progress=cut)
    [begun] = client.datasets.list()
    assert (begun.state, begun.progress.received) == ("receiving", 2000)
    arrived = times(store, begun.id)
    made = client.datasets.upload(table, piece=1000)
    assert made.id == begun.id
    assert len(arrived) == 2
    assert arrived.items() <= times(store, begun.id).items()  # they were not sent again
    assert sent(store, made.id) == TABLE
    assert client.datasets.upload(table, piece=1000).id == made.id  # and what is there is not sent again
    assert session.scalar(select(func.count()).select_from(Dataset)) == 1


def test_a_file_that_changed_is_another_data_set_and_one_that_was_deleted_is_sent_again(
    client: Client, table: Path
) -> None:
    first = client.datasets.upload(table)
    table.write_bytes(TABLE.replace(b"maybe", b"never"))
    second = client.datasets.upload(table)
    client.datasets.delete(second.id)
    third = client.datasets.upload(table)
    assert len({first.id, second.id, third.id}) == 3
    assert third.state == "queued"


def test_a_folder_is_packed_on_the_way_the_same_every_time(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    (folder / "face").mkdir(parents=True)
    (empty := tmp_path / "empty").mkdir()
    contents = {
        "metadata.csv": b"a,b\n", "face/1.png": b"x" * 700, "face/empty.png": b"", "face/" + "n" * 150: b"y",
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / ".DS_Store").write_bytes(b"of a desktop")
    source = source_of(folder)
    packed = b"".join(source.chunks())
    assert (len(packed), b"".join(source.chunks())) == (source.size, packed)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        assert {name: file and file.read() for name, file in found.items()} == contents
    with pytest.raises(ValueError, match="has no files"):
        source_of(empty)


def test_the_command_sends_shows_lists_and_deletes(
    synib: Synib, embedded: Api, database: Engine, session: Session, table: Path
) -> None:
    posted = synib("datasets", "upload", str(table), "--no-wait", "--name", "three votes")
    assert posted.status == 0, posted.err
    made = session.scalars(select(Dataset)).one()
    assert posted.out.splitlines()[0] == f"{made.id}  three votes"
    [listed] = json.loads(synib("datasets", "--json").out)
    assert (listed["id"], listed["state"]) == (made.id, "queued")
    read(session_factory(database), embedded.app.state.settings, listed["run_id"])
    shown = synib("dataset", made.id).out
    assert "60 train, 30 validation, 30 test" in shown
    assert "face (1), voice (2)" in shown
    assert f"dataset: {{id: {made.id}}}" in shown
    assert "120" in synib("datasets").out
    spec = TINY | {"dataset": {"id": made.id}}
    (asked := table.with_name("asked.json")).write_text(json.dumps(spec))
    plan = synib("submit", str(asked), "--dry-run")
    assert "60 train, 30 validation, 30 test" in plan.out, plan.err
    again = synib("datasets", "upload", str(table), "--name", "three votes", "--json")
    assert json.loads(again.out)["id"] == made.id
    assert synib("datasets", "delete", made.id).status == 0
    gone = synib("dataset", made.id)
    assert (gone.status, "No such data set" in gone.err) == (1, True)


def test_the_command_says_what_is_wrong_with_the_data(
    synib: Synib, embedded: Api, database: Engine, table: Path
) -> None:
    table.write_bytes(TABLE.replace(b"maybe", b"", 1))
    posted = json.loads(synib("datasets", "upload", str(table), "--no-wait", "--json").out)
    read(session_factory(database), embedded.app.state.settings, posted["run_id"])
    shown = synib("dataset", posted["id"])
    assert "/file/label" in shown.out
    assert "row 3: is empty" in shown.out
    refused = synib("datasets", "upload", str(table), "--spec", '{"sed": 1}')
    assert (refused.status, "/spec/sed" in refused.err) == (2, True)
    missing = synib("datasets", "upload", str(table.with_name("nowhere.csv")))
    assert (missing.status, "No such file" in missing.err) == (1, True)


def test_a_study_is_asked_of_uploaded_data(
    synib: Synib, embedded: Api, database: Engine, client: Client, table: Path
) -> None:
    made = client.datasets.upload(table)
    assert made.run_id is not None
    read(session_factory(database), embedded.app.state.settings, made.run_id)
    words = ("study", "does_it_help", "--dataset", json.dumps({"id": made.id}), "--seeds", "1")
    shown = synib(*words, "--json")
    assert shown.status == 0, shown.err
    assert {one["dataset"]["id"] for one in json.loads(shown.out)["experiments"]} == {made.id}


@pytest.fixture
def shown(embedded: Api, database: Engine, api: httpx.Client) -> tuple[str, dict[str, Any]]:
    """Address of the examples of a data set with media, and what was packed in it."""
    settings = embedded.app.state.settings
    files = packed(media())
    return f"/v1/datasets/{uploaded(api, session_factory(database), settings, as_zip(files))}/examples", files


def test_an_example_is_shown_as_it_was_brought_and_may_do_nothing(
    api: httpx.Client, shown: tuple[str, dict[str, Any]]
) -> None:
    at, files = shown
    for name, file, kind in (("face", "face/3.png", "image/png"), ("voice", "voice/3.wav", "audio/wav")):
        answer = api.get(f"{at}/row-4/{name}")
        assert (answer.status_code, answer.content) == (200, files[file])
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith("inline; filename=")
    part = api.get(f"{at}/row-4/voice", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")


@pytest.mark.parametrize(
    ("path", "detail"),
    [("row-99/face", "no example 'row-99'"), ("row-4/nose", "no modality 'nose'"), ("../x/face", "'../x'")],
)
def test_what_an_example_has_not_is_not_found(
    api: httpx.Client, shown: tuple[str, dict[str, Any]], path: str, detail: str
) -> None:
    answer = api.get(f"{shown[0]}/{path.replace('..', '%2e%2e')}")
    assert (answer.status_code, answer.json()["code"]) == (404, "example_not_found")
    assert detail in answer.json()["detail"]


def test_numbers_are_shown_as_json_and_only_when_the_data_set_is_ready(
    embedded: Api, database: Engine, api: httpx.Client
) -> None:
    sent = uploaded(api, session_factory(database), embedded.app.state.settings, TABLE)
    answer = api.get(f"/v1/datasets/{sent}/examples/row-3/voice")
    assert answer.json() == {"shape": [2], "values": [GOOD["voice:loud"][2], GOOD["voice:pitch"][2]]}
    queued = api.post("/v1/datasets", files={"file": TABLE}).json()["id"]
    answer = api.get(f"/v1/datasets/{queued}/examples/row-3/voice")
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_not_ready")
