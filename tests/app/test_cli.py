"""`synib` against a running service: what it prints, in which shape, and how it ends."""

import csv
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter
from rich.console import Console

from app.cli import demo, report_folder, sheets
from app.cli.failures import CommandFailed
from app.cli.watch import ACCURACY, NLL
from app.examples.schemas import ExampleSchema
from app.experiments.schemas import ExperimentSchema
from app.runs.schemas import RunSchema
from synib import studies
from synib.evaluation.attribution import ENOUGH
from synib.evaluation.cast import Cast
from synib.plan import Plan
from synib.report import Comparison, Estimate, PairedTest, Report
from synib.spec import parse_experiment
from synib.yaml import load_yaml
from tests.app.living import SPEC, Live, Synib
from tests.factories import TINY

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
ENDLESS = TINY | {"training": {"epochs": 100_000, "early_stopping": None}}


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[Any], str]:
    def write(content: Any) -> str:
        path = tmp_path / "experiment.yaml"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


# ------------------------------------------------------------------------------------------- people


def test_watching_tells_each_event_once_and_ends_with_the_comparison(live: Live) -> None:
    comparison = live.client.experiments.comparison(live.experiment)
    for method in ("vanilla", "synib"):
        for seed in (0, 1):
            lines = [line for line in live.watched.splitlines() if f"{method}, seed {seed}: " in line]
            assert re.search(
                r"succeeded, after 2 epochs, validation accuracy 0\.\d{3}, NLL \d\.\d{3}", lines[-1]
            )
            assert len(lines) <= 2
    accuracy = next(table for table in comparison.tables if table.metric == "accuracy")
    for row in accuracy.rows:
        assert sheets.with_interval(row.mean) in live.watched
    said = " ".join(live.watched.split())
    assert " ".join(comparison.attribution.paragraph.split()) in said


def test_a_run_is_told_with_the_numbers_of_its_best_epoch(live: Live) -> None:
    for made in live.client.experiments.get(live.experiment).runs:
        series = {one.name: one.points for one in live.client.runs.metrics(made.id).data}
        nll, accuracy = min(
            zip((p.value for p in series[NLL]), (p.value for p in series[ACCURACY]), strict=True)
        )
        told = f"validation accuracy {accuracy:.3f}, NLL {nll / math.log(2):.3f} bits"
        assert re.search(f"{made.method}, seed {made.seed}: succeeded, .*{re.escape(told)}", live.watched)


def test_the_demo_shows_a_model_of_the_method_that_the_answer_is_about(live: Live) -> None:
    runs = live.client.experiments.get(live.experiment).runs
    answer = live.client.experiments.comparison(live.experiment)
    assert [run.method for run in runs] == ["vanilla", "vanilla", "synib", "synib"]
    assert demo._chosen(runs[::-1], answer).method == "synib"
    silent = answer.model_copy(update={"attribution": answer.attribution.model_copy(update={"verdicts": []})})
    assert demo._chosen(runs[::-1], silent).method == "vanilla"


def test_tables_fit_80_columns_and_show_the_services_numbers(live: Live, synib: Synib) -> None:
    run_id = live.run("synib")
    report = live.client.runs.report(run_id)
    answers = {
        ("comparison", live.experiment): "confidence gap",
        ("report", run_id): sheets.with_interval(report.joint.accuracy),
        ("examples", run_id): "x1 alone",
        ("runs",): run_id,
        ("runs", "--experiment", live.experiment, "--status", "succeeded"): run_id,
        ("experiments",): live.experiment,
    }
    for command, expected in answers.items():
        answer = synib(*command)
        assert answer.status == 0, answer.err
        assert expected in answer.out
        assert max(map(len, answer.out.splitlines())) <= 80, answer.out


def test_examples_come_in_the_order_asked_for(live: Live, synib: Synib) -> None:
    run_id = live.run("vanilla")
    shown = re.findall(
        r"(?m)^(test-\d+)", synib("examples", run_id, "--top", "confidence", "--limit", "3").out
    )
    everything = list(live.client.runs.examples(run_id))
    best = sorted(everything, key=lambda example: (-example.confidence, -example.position))
    assert shown == [example.example_id for example in best[:3]]
    wrong = TypeAdapter(list[ExampleSchema]).validate_python(
        synib("examples", run_id, "--wrong", "--json").json()
    )
    assert wrong
    assert all(example.predicted != example.label for example in wrong)


def test_examples_are_exported_by_the_files_ending(live: Live, synib: Synib, tmp_path: Path) -> None:
    run_id = live.run("vanilla")
    ids = [example.example_id for example in live.client.runs.examples(run_id)]
    for ending in ("csv", "parquet", "ndjson", "arrow"):
        assert synib("examples", run_id, "--export", str(tmp_path / f"all.{ending}")).status == 0
    with (tmp_path / "all.csv").open() as file:
        assert [row["example_id"] for row in csv.DictReader(file)] == ids
    assert pq.read_table(tmp_path / "all.parquet")["example_id"].to_pylist() == ids
    refused = synib("examples", run_id, "--export", str(tmp_path / "all.xlsx"))
    assert refused.status == 2
    assert ".parquet" in refused.err


def test_the_report_folder_holds_everything_and_replaces_only_itself(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    experiment = live.client.experiments.get(live.experiment)
    for _ in range(2):
        report_folder.check(folder)
        report_folder.write(
            live.client, experiment, live.client.experiments.comparison(experiment.id), folder
        )
    assert sorted(path.name for path in folder.iterdir()) == [
        "00-vanilla-seed0", "01-vanilla-seed1", "02-synib-seed0", "03-synib-seed1",
        "comparison.json", "experiment.json", "summary.md",
    ]  # fmt: skip
    report = Report.model_validate_json((folder / "02-synib-seed0" / "report.json").read_bytes())
    assert pq.read_metadata(folder / "02-synib-seed0" / "examples.parquet").num_rows == report.examples
    assert "| accuracy ↑ | vanilla |" in (folder / "summary.md").read_text()
    with pytest.raises(CommandFailed, match="no report of ours"):
        report_folder.check(tmp_path)


# ----------------------------------------------------------------------------------------- programs


def test_json_is_what_the_service_says(live: Live, synib: Synib, spec: Callable[[Any], str]) -> None:
    run_id = live.run("synib")
    commands: dict[tuple[str, ...], Any] = {
        ("runs", "--json"): list[RunSchema],
        ("report", run_id, "--json"): Report,
        ("examples", run_id, "--json"): list[ExampleSchema],
        ("comparison", live.experiment, "--json"): Comparison,
        ("submit", spec(SPEC), "--dry-run", "--json"): Plan,
    }
    for command, kind in commands.items():
        answer = synib(*command)
        assert answer.status == 0, answer.err
        TypeAdapter(kind).validate_json(answer.out)
    plan = Plan.model_validate(answer.json())
    assert len(plan.runs) == 4
    assert sum(plan.examples.values()) == 400


def test_posting_cancelling_and_resuming(live: Live, synib: Synib, spec: Callable[[Any], str]) -> None:
    posted = ExperimentSchema.model_validate(synib("submit", spec(ENDLESS), "--json").json())
    assert synib("cancel", posted.id).status == 0
    ended = live.client.experiments.wait(posted.id, timeout=60)
    assert ended.status == "cancelled"
    assert synib("resume", posted.runs[0].id, "--json").json()["status"] == "queued"
    assert synib("cancel", posted.runs[0].id).status == 0
    live.client.experiments.wait(posted.id, timeout=60)
    too_late = synib("cancel", posted.runs[1].id)
    assert too_late.status == 1
    assert "Too late to cancel" in too_late.err


def test_a_study_is_listed_and_shown_without_a_service(synib: Synib, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNIB_URL", "http://127.0.0.1:1")
    listed = synib("study")
    assert all(name in listed.out for name in studies.names())
    shown = synib("study", "pid_xor")
    # As its file says: 7 methods, 10 seeds, so 70 runs, 8 trials.
    assert re.search(r"a tenth is synergy +7 +10 +70 +8 ", shown.out)
    assert max(map(len, (listed.out + shown.out).splitlines())) <= 80
    told = synib("study", "pid_xor", "--seeds", "3", "--trials", "0", "--json").json()
    assert [parse_experiment(one) for one in told["experiments"]] == studies.load(
        "pid_xor", seeds=3, trials=0
    ).experiments


def test_a_study_is_posted_on_data_of_ones_own_and_watched(
    live: Live, synib: Synib, spec: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tiny.yaml").write_text(
        "question: Is it so?\n"
        f"common: {json.dumps(SPEC | {'replication': {'seeds': 3}})}\n"
        "experiments:\n  - {name: first}\n"
    )
    monkeypatch.setattr("synib.studies.study.resources.files", lambda _: tmp_path)
    data = {"kind": "noisy_xor", "epsilon": 0.3, "examples": 200}
    posted = synib("study", "tiny", "--dataset", spec(data), "--seeds", "1", "--submit", "--watch")
    assert posted.status == 0, posted.err
    (experiment,) = live.client.experiments.list(name="tiny: ")
    assert f"{experiment.id}  tiny: noisy_xor: 2 runs queued" in posted.out
    sentence = live.client.experiments.comparison(experiment.id).sentence
    assert " ".join(sentence.split()) in " ".join(posted.out.split())
    resolved = live.client.experiments.get(experiment.id).spec
    assert {name: resolved["dataset"][name] for name in data} == data


def test_an_interrupted_watch_leaves_the_experiment_running(live: Live, spec: Callable[[Any], str]) -> None:
    command = [sys.executable, "-m", "app.cli", "--url", live.url, "submit", spec(ENDLESS), "--watch"]
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    watching = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    assert watching.stdout
    posted = watching.stdout.readline().split()[0]
    time.sleep(0.5)
    watching.send_signal(signal.SIGINT)
    said, _ = watching.communicate(timeout=10)
    assert watching.returncode == 130
    assert f"synib cancel {posted}" in said
    assert live.client.experiments.get(posted).finished_at is None
    live.client.experiments.cancel(posted)


def test_keys_are_made_shown_once_and_revoked(synib: Synib) -> None:
    made = synib("keys", "create", "laptop", "--role", "reader", "--json").json()
    listed = synib("keys", "list", "--json").json()
    mine = next(key for key in listed if key["name"] == "laptop")
    assert made["key"].startswith(f"synib_{mine['prefix']}_")
    assert made["key"] not in json.dumps(listed)
    assert synib("--api-key", made["key"], "runs").status == 0
    assert synib("keys", "revoke", mine["id"]).status == 0
    refused = synib("--api-key", made["key"], "runs")
    assert refused.status == 1
    assert "unknown or revoked" in refused.err


# ------------------------------------------------------------------------------------------- faults


def test_what_is_wrong_with_a_spec_is_told_with_its_place(synib: Synib, spec: Callable[[Any], str]) -> None:
    methods = [{"kind": "vanila"}, {"kind": "synib", "mask": {"kind": "random", "rate": 1.4}}]
    answer = synib("submit", spec(TINY | {"methods": methods}))
    assert answer.status == 2
    assert "/methods/0/kind" in answer.err
    assert "did you mean vanilla?" in answer.err
    assert "/methods/1/mask/rate  must be at most 1" in answer.err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["submit", "no-such-file.yaml"], 2, "No such file"),
        (["frobnicate"], 2, "No such command"),
        (["runs", "--status", "done"], 2, "succeeded"),
        (["runs", "--limit", "0"], 2, "greater than or equal to 1"),
        (["study", "everything"], 2, "does_it_help, falsification"),
        (["study", "--submit"], 2, "does_it_help, falsification"),
        (["study", "pid_xor", "--watch"], 2, "--submit"),
        (["study", "does_it_help", "--dataset", "[1]"], 2, "cannot be read"),
        (["study", "does_it_help", "--dataset", "{kind: noisy_xr}"], 2, "/dataset/kind"),
        (["report", "run_1"], 1, "No such run"),
        (["report", "run_1", "page.html"], 2, "--html only"),
        (["comparison", "exp_1"], 1, "No such experiment"),
        (["--url", "http://127.0.0.1:1", "runs"], 3, "synib up"),
    ],
)
def test_faults_end_with_their_status_and_what_to_do(
    synib: Synib, words: list[str], status: int, said: str
) -> None:
    answer = synib(*words)
    assert answer.status == status
    assert said in answer.err
    assert answer.out == ""


def test_yaml_that_is_none_is_told_with_its_line(synib: Synib, spec: Callable[[Any], str]) -> None:
    answer = synib("submit", spec("name: a\ndataset: {kind: [}\n"))
    assert answer.status == 2
    assert "line 2" in answer.err


# ------------------------------------------------------------------------------------------ helpers


def made_up(method: str, against: str, question: str, metric: str) -> PairedTest:
    return PairedTest(
        question=question, metric=metric, method=method, against=against, seeds=10,
        difference=Estimate(value=-0.031, low=-0.034, high=-0.028), crossed=None, p=0.002, p_holm=0.0136,
        margin=0.005, p_equivalent=0.0004, p_no_better=0.5, detectable=0.01, seeds_needed=None,
        finding="undecided",
    )  # fmt: skip


@pytest.mark.parametrize("width", [80, 100])
def test_paired_tests_of_long_names_fit_the_terminal(live: Live, width: int) -> None:
    answer = live.client.experiments.comparison(live.experiment)
    tests = [
        made_up(method, against, question, metric)
        for metric in ("accuracy", "nll")
        for question, method, against in (
            ("helps", "confidence_penalty", "vanilla"), ("explains", "synib", "modality_dropout")
        )
    ]  # fmt: skip
    answer = answer.model_copy(update={"attribution": answer.attribution.model_copy(update={"tests": tests})})
    console = Console(width=width, record=True, file=io.StringIO())
    sheets.print_answer(console, answer)
    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert max(map(len, lines)) <= width
    (line,) = [line for line in lines if line.startswith("synib against")]
    assert "modality_dropout    -3.1 [-3.4, -2.8]  .014  undecided  < .001" in line
    assert ("-0.031 undecided" in line) == (width == 100)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(value=0.9741, low=0.968, high=0.98), "0.974 [0.968, 0.980]"),
        (Estimate(value=0.9741, low=None, high=None), "0.974"),
        (Estimate(value=-0.0001, low=-0.0004, high=0.0), "0.000 [0.000, 0.000]"),
    ],
)
def test_numbers_have_their_interval_and_no_negative_zero(estimate: Estimate, text: str) -> None:
    assert sheets.with_interval(estimate) == text


def test_differences_have_their_sign() -> None:
    assert (
        sheets.with_interval(Estimate(value=0.01, low=-0.02, high=0.04), signed=True)
        == "+0.010 [-0.020, +0.040]"
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_an_experiment_that_can_be_run(path: Path) -> None:
    experiment = parse_experiment(load_yaml(path.read_text()))
    assert experiment.name != "untitled"
    assert experiment.methods[0].kind == "vanilla"


def test_the_demo_asks_for_all_that_an_attribution_needs() -> None:
    experiment = parse_experiment(load_yaml(demo.EXAMPLE.read_text()))
    cast = Cast.of(experiment)
    assert [cast.missing(name) for name in cast.synibs] == [[]]
    assert len(experiment.seeds()) >= ENOUGH
