"""Recipes with a path: read below the service's own folder of data, and nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.conftest import Serve
from tests.synib.benchmarks.files import clip_names, write_votes

METHODS = [{"kind": "vanilla"}]


def votes(folder: str, **more: Any) -> dict[str, Any]:
    return {"kind": "crema_d_votes", "folder": folder} | more


def faults(answer: httpx.Response) -> dict[str, str]:
    """{pointer: detail}"""
    assert answer.status_code == 422, answer.text
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_votes(folder / "votes", clip_names(12))
    return folder


@pytest.fixture
def client(
    serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch, database: Any
) -> Iterator[httpx.Client]:
    """Of a service with that folder."""
    monkeypatch.setenv("SYNIB_DATA", str(folder))
    with serve("embedded", data=folder).client() as client:
        yield client


def test_a_recipe_below_the_folder_is_planned_with_what_is_in_its_files(client: httpx.Client) -> None:
    asked = {"dataset": {"kind": "irony", "clips": votes("votes")}, "methods": METHODS}
    answer = client.post("/v1/experiments?dry_run=true", json=asked)
    assert answer.status_code == 200, answer.text
    # 12 actors, 8, 2 and 2 of them; three sentences each, with one happy clip; four examples a pair
    assert answer.json()["examples"] == {"train": 96, "validation": 24, "test": 24}


@pytest.mark.parametrize("path", ["/etc", "../data/votes", "votes/../../data/votes", "/"])
@pytest.mark.parametrize("field", ["folder", "folds"])
def test_a_path_to_elsewhere_is_refused_whether_it_exists_or_not(
    client: httpx.Client, path: str, field: str
) -> None:
    plain = votes("votes") | {field: path}
    for dataset, pointer in (
        (plain, f"/dataset/{field}"),
        ({"kind": "irony", "clips": plain}, f"/dataset/clips/{field}"),
    ):
        told = faults(client.post("/v1/experiments", json={"dataset": dataset, "methods": METHODS}))
        assert list(told) == [pointer]
        assert "must be a path below the service's folder of data" in told[pointer]


def test_studies_follow_no_other_path_either(client: httpx.Client) -> None:
    told = faults(client.get("/v1/studies/does_it_help", params={"dataset": json.dumps(votes("/etc"))}))
    assert "must be a path below" in told["/dataset/folder"]


def test_a_file_that_is_not_there_is_told_at_its_field(client: httpx.Client) -> None:
    told = faults(client.post("/v1/experiments", json={"dataset": votes("nothing"), "methods": METHODS}))
    assert told == {
        "/dataset/folder": "nothing/tabulatedVotes.csv is no file here; relative paths begin at $SYNIB_DATA"
    }


@pytest.mark.parametrize("path", ["a\x00b", "a\nb", ""])
def test_a_path_that_can_be_none_is_refused(client: httpx.Client, path: str) -> None:
    told = faults(client.post("/v1/experiments", json={"dataset": votes(path), "methods": METHODS}))
    assert list(told) == ["/dataset/folder"]


def test_a_service_without_a_folder_reads_no_files(api: httpx.Client) -> None:
    told = faults(api.post("/v1/experiments", json={"dataset": votes("votes"), "methods": METHODS}))
    assert "upload the data" in told["/dataset/folder"]
