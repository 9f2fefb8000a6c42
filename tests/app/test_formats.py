"""All examples at once, in every format the same."""

import csv
import io
import json
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.db.tables import Example, Run
from tests.app.rows import examples, finish, runs_of, walk
from tests.factories import make_experiment, make_project

ROWS = examples(157)


@pytest.fixture
def run(session: Session) -> Run:
    experiment = make_experiment(session, make_project(session))
    return finish(session, runs_of(session, experiment)[0], ROWS)


TYPES = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}


def table(response: httpx.Response) -> list[dict[str, Any]]:
    """The rows of an export, whatever its format, numbers to single precision."""
    content = response.raise_for_status().content
    match response.headers["content-type"].partition(";")[0]:
        case "application/x-ndjson":
            rows = [json.loads(line) for line in content.splitlines()]
        case "text/csv":
            texts = csv.DictReader(io.StringIO(content.decode(), newline=""))
            rows = [{name: number(value) for name, value in row.items()} for row in texts]
        case "application/vnd.apache.arrow.stream":
            rows = pa.ipc.open_stream(content).read_all().to_pylist()
        case "application/vnd.apache.parquet":
            rows = pq.read_table(pa.BufferReader(content)).to_pylist()
    return [
        {name: round(value, 5) if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]


def number(value: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A JSON record with the columns of an export."""
    names = ("example_id", "position", "split", "label", "predicted", "confidence", "group", "synergy")
    row = {name: record[name] for name in (*names, "interaction", "redundant")}
    row |= {f"unique.{name}": value for name, value in record["unique"].items()}
    row |= {f"{s}.{name}": value for s, seen in record["subsets"].items() for name, value in seen.items()}
    return row | {
        f"head.{m}.{name}": value for m, head in record["heads"].items() for name, value in head.items()
    }


@pytest.mark.parametrize("stretch", [10, 157, 1000])
@pytest.mark.parametrize("sort", ["position", "-synergy", "confidence"])
def test_all_formats_tell_the_same(
    api: httpx.Client, run: Run, monkeypatch: pytest.MonkeyPatch, stretch: int, sort: str
) -> None:
    monkeypatch.setattr("app.examples.export.STRETCH", stretch)
    path, params = f"/v1/runs/{run.id}/examples", {"sort": sort, "correct": True}
    records = [flat(record) for record in walk(api, run, **params)]
    assert len(records) > 50
    for name, media_type in TYPES.items():
        by_parameter = api.get(path, params=params | {"format": name})
        assert by_parameter.headers["content-type"].partition(";")[0] == media_type
        assert by_parameter.headers["content-disposition"] == f'attachment; filename="{run.id}.{name}"'
        assert table(by_parameter) == records
        by_header = api.get(path, params=params, headers={"Accept": f"text/html, {media_type};q=0.9"})
        assert by_header.headers["content-type"] == by_parameter.headers["content-type"]
        assert table(by_header) == records


def test_an_empty_result_still_has_its_columns(api: httpx.Client, run: Run) -> None:
    path, params = f"/v1/runs/{run.id}/examples", {"split": "none"}
    assert api.get(path, params=params | {"format": "ndjson"}).content == b""
    header = api.get(path, params=params | {"format": "csv"}).text
    arrow = pa.ipc.open_stream(api.get(path, params=params | {"format": "arrow"}).content).read_all()
    parquet = pq.read_table(pa.BufferReader(api.get(path, params=params | {"format": "parquet"}).content))
    assert next(csv.reader([header])) == arrow.column_names == parquet.column_names
    assert len(arrow) == len(parquet) == 0
    assert arrow.schema.field("left.confidence").type == pa.float32()


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        '=HYPERLINK("http://x")',
        "a,b",
        'a"b',
        "a\nb",
        "",
        "x'",
    ],
)
def test_text_survives_every_format_but_never_is_a_formula(
    api: httpx.Client, session: Session, run: Run, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.examples.export.STRETCH", 4)
    session.execute(update(Example).where(Example.position % 2 == 1).values(example_id=name))
    session.commit()
    path = f"/v1/runs/{run.id}/examples"
    for to in TYPES:
        rows = api.get(path, params={"format": to})
        if to == "csv":
            texts = csv.DictReader(io.StringIO(rows.text, newline=""))
            guarded = f"'{name}" if name and name[0] in "=+-@\t\r" else name
            assert [row["example_id"] for row in texts][1] == guarded
        else:
            assert table(rows)[1]["example_id"] == name


def test_numbers_that_are_none_do_not_break_a_format(api: httpx.Client, session: Session, run: Run) -> None:
    session.execute(text("UPDATE example SET synergy = 'NaN', interaction = '-Infinity' WHERE position = 3"))
    session.commit()
    path = f"/v1/runs/{run.id}/examples"
    assert walk(api, run)[3]["synergy"] is None
    assert len(walk(api, run, sort="-synergy", limit=1)) == len(ROWS)  # NaN sorts above all numbers
    for to in TYPES:
        assert (
            len(api.get(path, params={"format": to, "sort": "-interaction"}).raise_for_status().content)
            > 1000
        )


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("application/json;q=0, text/csv", "text/csv"),
        ("image/png", None),
        ("text/csv;q=x", None),
    ],
)
def test_the_format_follows_the_accept_header(
    api: httpx.Client, run: Run, accept: str | None, media_type: str | None
) -> None:
    headers = {"Accept": accept} if accept is not None else {}
    answer = api.get(f"/v1/runs/{run.id}/examples", headers=headers)
    if media_type is None:
        assert answer.status_code == 406
        assert "text/csv" in answer.json()["detail"]
    else:
        assert answer.headers["content-type"].partition(";")[0] == media_type


def test_there_are_no_examples_before_the_run_has_succeeded(api: httpx.Client, session: Session) -> None:
    run = runs_of(session, make_experiment(session, make_project(session)))[0]
    session.commit()
    for to in ("json", *TYPES):
        answer = api.get(f"/v1/runs/{run.id}/examples", params={"format": to})
        assert (answer.status_code, answer.json()["code"]) == (404, "report_not_ready")
