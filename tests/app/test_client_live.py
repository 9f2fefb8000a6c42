"""Both clients against a service with a worker: from an experiment to its tables."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.client import AsyncClient, Client, MissingPackage, to_arrow, to_pandas, to_polars
from app.examples.params import Filter, Sort
from app.runs.schemas import EventSchema, MetricSchema, RunSchema
from synib.report import Report
from synib.spec import GaussianXor
from synib.tables import write_predictions
from tests.app.driven import Connect
from tests.app.living import Live
from tests.factories import TINY
from tests.synib.uploads.making import GOOD, as_csv
from tests.worker.test_analyses import predictions

ROOT = Path(__file__).parents[2]
ENDLESS = TINY | {"training": {"epochs": 100_000, "early_stopping": None}}


@pytest.fixture
def client(live: Live, connect: Connect) -> Client:
    return connect(live.url, patience=30)


# ------------------------------------------------------------------------------------------- methods


def test_an_experiment_is_posted_followed_and_read(client: Client) -> None:
    posted = client.experiments.submit(TINY)
    seen: list[float] = []
    ended = client.experiments.wait(
        posted.id, timeout=120, every=0.1, seen=lambda now: seen.append(now.progress.fraction)
    )
    assert (ended.status, seen[-1]) == ("succeeded", 1)
    run = client.runs.wait(ended.runs[0].id)
    assert [one.to_status for one in client.runs.events(run.id)][-1] == "succeeded"
    told = list(client.runs.stream(run.id))
    assert [news.epoch for news in told if isinstance(news, MetricSchema)] == [1, 2]
    assert next(news.to_status for news in told if isinstance(news, EventSchema)) == "queued"
    report = client.runs.report(run.id)
    assert isinstance(report, Report)
    assert client.experiments.comparison(posted.id).baseline == "vanilla"
    assert posted.id in {one.id for one in client.experiments.list(name="tiny")}


def test_examples_are_gone_through_or_saved(client: Client, live: Live, tmp_path: Path) -> None:
    run = live.run("synib")
    everything = list(client.runs.examples(run))
    assert len(everything) == client.runs.report(run).examples
    assert [one.example_id for one in client.runs.examples(run, limit=3)] == [
        one.example_id for one in everything[:3]
    ]
    assert list(client.runs.examples(run, limit=0)) == []
    wrong = Filter(correct=False)
    saved = client.runs.export(run, tmp_path / "wrong.parquet", where=wrong)
    assert pq.read_metadata(saved).num_rows == len(list(client.runs.examples(run, where=wrong)))
    page = client.runs.report_file(run, tmp_path / "report.html")
    assert page.read_text().startswith("<!doctype html>")
    names = [one.name for one in client.runs.artifacts(run).data]
    assert Report.model_validate_json(
        client.runs.download(run, "report.json", tmp_path / "report.json").read_bytes()
    ) == client.runs.report(run), names


def test_a_table_is_uploaded_in_parts_and_read(client: Client, tmp_path: Path) -> None:
    columns = {name: [*values] * 10 for name, values in GOOD.items()}
    (table := tmp_path / "votes.csv").write_bytes(as_csv(columns))
    told: list[tuple[int, int]] = []
    sent = client.datasets.upload(table, piece=1000, progress=lambda *now: told.append(now))
    assert [done for done, _ in told][:2] == [1000, 2000]
    ready = client.datasets.wait(sent.id, timeout=60)
    assert (ready.state, ready.dataset and ready.dataset.modalities) == ("ready", ["face", "voice"])
    assert sent.id in {one.id for one in client.datasets.list()}
    client.datasets.delete(sent.id)
    assert sent.id not in {one.id for one in client.datasets.list()}


def test_predictions_are_analysed(client: Client, tmp_path: Path) -> None:
    table = write_predictions(predictions(60), tmp_path / "votes.csv")
    for sent in (table, table.read_bytes()):
        posted = client.analyses.submit(sent, {"resamples": 100})
        ended = client.analyses.wait(posted.id, timeout=60, every=0.1)
        assert ended.report is not None
        assert ended.report == client.analyses.report(posted.id)
        assert client.analyses.examples(posted.id).to_arrow().num_rows == 60
    assert [one.to_status for one in client.analyses.events(posted.id)][-1] == "succeeded"


def test_a_model_scores_rows_and_files(
    client: Client, live: Live, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = re.sub(r"\W", "-", request.node.name)
    assert client.models.promote(live.run("synib"), name).name == name
    rows = [{"x": {"x1": [a], "x2": [b]}} for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    at_once = client.models.score(name, rows).examples
    (file := tmp_path / "rows.csv").write_text("example_id,x1:0,x2:0\na,-1,-1\nb,-1,1\nc,1,-1\nd,1,1\n")
    scoring = client.models.score_file(name, file)
    ended = client.scorings.wait(scoring.id, timeout=60)
    assert ended.status == "succeeded", ended.reason
    scored = list(client.scorings.examples(scoring.id))
    assert [one.predicted for one in scored] == [one.predicted for one in at_once]
    assert client.scorings.export(scoring.id, tmp_path / "scored.ndjson").read_text().count("\n") == 4
    (folder := tmp_path / "folder").mkdir()
    (folder / "metadata.csv").write_text("x1:0,x2:0\n-1,-1\n1,1\n")
    posted = client.models.score_file(name, folder, {"name": "packed"})
    assert (posted.name, posted.file.format) == ("packed", "tar")
    assert client.scorings.wait(posted.id, timeout=60).status == "succeeded"
    outer = [at_once[0].confidence, at_once[3].confidence]
    assert [one.confidence for one in client.scorings.examples(posted.id)] == pytest.approx(outer, abs=1e-6)
    assert client.models.score_media(name, x1=[-1.0], x2=[-1.0]).confidence == pytest.approx(outer[0])
    client.models.delete(name)
    assert name not in {one.name for one in client.models.list()}


def test_a_study_is_asked_of_other_data(client: Client) -> None:
    assert "does_it_help" in {one.name for one in client.studies.list()}
    dataset = GaussianXor(examples=500)
    study = client.studies.get("does_it_help", dataset=dataset, seeds=3, trials=0)
    (spec,) = study.experiments
    assert (spec["dataset"], spec["replication"]["seeds"]) == (dataset.model_dump(mode="json"), 3)
    assert len(client.experiments.plan(spec).runs) == 3 * len(spec["methods"])


def test_waiting_for_many_at_once_takes_as_long_as_for_one(live: Live) -> None:
    async def all_of_them() -> list[str]:
        async with AsyncClient(live.url) as synib:
            ids = [run.id async for run in synib.runs.list(experiment=live.experiment)]
            reports = await asyncio.gather(*map(synib.runs.report, ids))
            endless = await synib.experiments.submit(ENDLESS)
            async for news in synib.runs.stream(endless.runs[0].id):
                assert news.seq == 1
                break  # whoever has seen enough leaves no connection behind
            began = time.monotonic()
            outcomes = await asyncio.gather(
                *(synib.experiments.wait(endless.id, timeout=1, every=0.1) for _ in range(5)),
                return_exceptions=True,
            )
            assert time.monotonic() - began < 3
            assert all(isinstance(outcome, TimeoutError) for outcome in outcomes)
            await synib.experiments.cancel(endless.id)
            await synib.experiments.wait(endless.id, timeout=60)
            return [report.provenance.method for report in reports]

    assert sorted(asyncio.run(all_of_them())) == ["synib", "synib", "vanilla", "vanilla"]


# -------------------------------------------------------------------------------------------- tables


def test_examples_are_a_table_of_each_kind(client: Client, live: Live) -> None:
    run = live.run("synib")
    examples = client.runs.examples(run, sort=Sort.SYNERGY_DOWN, limit=5)
    table, known = examples.to_arrow(), list(examples)
    assert isinstance(table, pa.Table)
    assert table["example_id"].to_pylist() == [one.example_id for one in known]
    assert table["synergy"].to_pylist() == pytest.approx([one.synergy for one in known], abs=1e-6)
    pandas, polars = examples.to_pandas(), examples.to_polars()
    assert isinstance(pandas, pd.DataFrame)
    assert isinstance(polars, pl.DataFrame)
    assert list(pandas.columns) == polars.columns == table.column_names
    alone = [one.subsets["x1"].confidence for one in known]
    assert pandas["x1.confidence"].tolist() == pytest.approx(alone, abs=1e-6)
    right = client.runs.examples(run, where=Filter(correct=True)).to_polars()
    assert right.select(pl.col("predicted") == pl.col("label")).to_series().all()


def test_a_comparison_is_a_row_per_metric_and_method(client: Client, live: Live) -> None:
    comparison = client.experiments.comparison(live.experiment)
    frame = to_pandas(comparison).set_index(["metric", "method"])
    accuracy = next(table for table in comparison.tables if table.metric == "accuracy")
    for row in accuracy.rows:
        found = frame.loc[("accuracy", row.method)]
        assert (found["mean.value"], list(found["seeds"])) == (row.mean.value, row.seeds)
    seeds = to_polars(comparison).explode("seeds", "values").filter(metric="accuracy", method="synib")
    assert seeds["values"].to_list() == accuracy.rows[1].values


def test_numbers_over_epochs_and_rows_of_anything_are_tables(client: Client, live: Live) -> None:
    run = live.run("synib")
    frame = to_pandas(client.runs.metrics(run, ["validation/accuracy"]))
    assert frame.columns.tolist() == ["name", "epoch", "step", "value"]
    assert frame["epoch"].tolist() == [1, 2]
    report = client.runs.report(run)
    subsets = to_pandas(report).set_index("subset")
    assert subsets.loc["x1", "accuracy.value"] == report.by_subset["x1"].accuracy.value
    assert set(subsets["examples"]) == {report.examples}
    rows = to_arrow(iter(client.runs.list(experiment=live.experiment)))
    assert set(rows["status"].to_pylist()) == {"succeeded"}
    assert rows["progress.epoch"].to_pylist() == [2] * 4
    assert to_pandas(client.runs.get(run))["id"].tolist() == [run]
    assert to_polars([]).is_empty()


@pytest.mark.parametrize(("package", "make"), [("pandas", to_pandas), ("polars", to_polars)])
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Callable[[list[RunSchema]], object]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match=f"pip install {package}"):
        make([])


# --------------------------------------------------------------------------------------------- types


def test_the_client_without_await_is_made_from_the_one_with_it() -> None:
    code = (
        "import runpy\n"
        "for path, text in runpy.run_path('scripts/unasync.py')['made']().items():\n"
        "    assert path.read_text() == text, f'{path}: call scripts/unasync.py'\n"
        "    assert 'await' not in text and 'async' not in text.split('\\n', 1)[1], path"
    )
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


USER = """
import pandas as pd
import polars as pl

from app.client import AsyncClient, Client, to_pandas
from app.experiments.schemas import ExperimentSchema
from app.runs.schemas import RunSchema
from synib.report import Comparison, Report

with Client("http://127.0.0.1:8000") as synib:
    a: ExperimentSchema = synib.experiments.wait("exp_1")
    b: list[str] = [run.method for run in synib.runs.list()]
    c: pl.DataFrame = synib.runs.examples("run_1").to_polars()
    reveal_type(synib.runs.report("run_1"))


async def main() -> pd.DataFrame:
    async with AsyncClient("http://127.0.0.1:8000") as synib:
        d: Comparison = await synib.experiments.comparison("exp_1")
        e: list[RunSchema] = [run async for run in synib.runs.list()]
        f: pd.DataFrame = await synib.runs.examples("run_1").to_pandas()
        reveal_type(await synib.runs.report("run_1"))
        wrong: int = await synib.runs.report("run_1")
        synib.runs.report("run_1").synergy
    return to_pandas(e)
"""


@pytest.mark.slow
def test_a_type_checker_knows_what_both_answer(tmp_path: Path) -> None:
    (file := tmp_path / "user.py").write_text(USER)
    cache = ROOT / ".mypy_cache" / "user"  # not that of `make lint`, which asks otherwise
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(file)]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = checked.stdout
    lines = [line.split(": ", 1) for line in said.splitlines() if "user.py" in line]
    revealed = [text for _, text in lines if text.startswith("note: Revealed")]
    assert len(revealed) == 2, said
    assert all("synib.report.run.Report" in text for text in revealed)
    errors = [text for _, text in lines if text.startswith("error")]
    assert len(errors) == 2, said
    assert "Incompatible types in assignment" in errors[0]
    assert 'has no attribute "synergy"' in errors[1]
