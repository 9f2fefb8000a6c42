"""Everything broken or hostile, sent as anybody may: refused with its place, and nothing is left of it."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from app.db.engine import session_factory
from tests.app.conftest import Api
from tests.app.reading import kept, uploaded
from tests.synib.uploads.making import GOOD, as_csv
from tests.synib.uploads.test_refusals import FILES, TABLES

SLOW = {"an array that grows"}
"""Made in seconds; the library's tests have it."""
KINDS = {name: case for name, case in (TABLES | FILES).items() if name not in SLOW}


def test_there_are_more_than_forty_kinds() -> None:
    assert len(KINDS) > 40


@pytest.mark.parametrize("name", KINDS)
def test_it_is_refused_with_its_place_and_leaves_nothing(
    embedded: Api, api: httpx.Client, database: Engine, store: Path, name: str
) -> None:
    made, pointer, detail = KINDS[name]
    before = kept(store)
    sent = uploaded(api, session_factory(database), embedded.app.state.settings, made())
    shown = api.get(f"/v1/datasets/{sent}").json()
    assert (shown["state"], shown["reason"]["code"]) == ("refused", "invalid_data")
    assert 1 <= len(shown["problems"]) <= 20
    assert any(detail in fault["detail"] for fault in shown["problems"] if fault["pointer"] == pointer)
    assert (shown["profile"], shown["dataset"], shown["parts"]) == (None, None, [])
    assert kept(store) == before
    experiment = {"dataset": {"id": sent}, "methods": [{"kind": "vanilla"}]}
    answer = api.post("/v1/experiments", json=experiment)
    assert (answer.status_code, answer.json()["code"]) == (409, "dataset_not_ready")


def test_afterwards_the_service_takes_what_is_whole(
    embedded: Api, api: httpx.Client, database: Engine
) -> None:
    many = as_csv({name: [*values] * 10 for name, values in GOOD.items()})
    sent = uploaded(api, session_factory(database), embedded.app.state.settings, many)
    shown = api.get(f"/v1/datasets/{sent}").json()
    assert (shown["state"], shown["counts"]) == ("ready", {"train": 60, "validation": 30, "test": 30})
