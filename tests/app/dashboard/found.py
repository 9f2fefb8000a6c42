"""A project that has found something: reports, comparisons, data sets and models for every page of one."""

from functools import lru_cache
from typing import Any

import httpx
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Project, Run
from synib.data import load
from synib.evaluation.compare import RunOutcome, compare
from synib.evaluation.evaluate import ask, tell
from synib.evaluation.records import ExampleTable
from synib.report import Comparison, Report
from synib.scoring import Kit, kit_of
from synib.spec import parse_experiment
from synib.training import Trained, train
from tests.app.conftest import Api
from tests.app.dashboard.clips import archive, understood
from tests.app.dashboard.report.reports import report
from tests.app.dashboard.report.stored import say, say_all, succeed, tuning
from tests.app.kits import leave
from tests.app.reading import read
from tests.app.rows import runs_of, start
from tests.factories import TINY, make_analysis, make_experiment, make_project
from tests.synib.examples import experiment

SEEDS = 10
SIGNS: dict[str, Any] = {
    "name": "exclusive or of two noisy signs",
    "dataset": {"kind": "gaussian_xor", "examples": 2000, "dims": 1, "mu": 2.0},
    "fusion": {"kind": "concat", "hidden": 16},
    "methods": [{"kind": "synib"}],
    "training": {"epochs": 10, "batch_size": 64, "lr": 0.01},
    "evaluation": {"donors": 4, "resamples": 100},
}
MASK = {"kind": "random", "rate": 0.5, "fill": "mean"}
DIGITS: dict[str, Any] = {
    "name": "parity of two digits",
    "methods": [
        {"kind": "vanilla"},
        {"kind": "synib", "mask": MASK},
        {"kind": "confidence_penalty"},
        {"kind": "masking_only", "mask": MASK},
    ],
    "tuning": {"trials": 3},
    "replication": {"seeds": SEEDS},
}
ACCURACY = {"vanilla": 0.84, "synib": 0.89, "confidence_penalty": 0.845, "masking_only": 0.86}
REFUSED = """\
eye:x,ear:x,label,split
1,2,yes,train
5,6,,train
7,8,no,trian
9,1,no,
"""


def furnish_findings(session: Session, api: Api) -> dict[str, str]:
    """Everything that pages show of what was found; the ids that addresses need."""
    name = "default"
    project = session.scalar(select(Project).where(Project.name == name)) or make_project(session, name)
    ids = _datasets(session, api) | {"comparison": _compared(session, project)}
    runs = {
        "signs": _signs(session, project, api),
        "nothing": _vanilla(session, project, "falsification: labels shuffled", "nothing"),
        "few": _vanilla(session, project, "a first look", "few"),
        "actors": _actors(session, project, api, ids["ready"]),
    }
    analysis = say(session, make_analysis(session, project, name="annotators, left and right"), "validated")
    session.commit()
    with httpx.Client(base_url=api.url) as client:
        client.post("/v1/models", json={"run": runs["signs"].id, "name": "signs"}).raise_for_status()
    clip = understood()[1].example_id[0]
    return (
        ids
        | {name: run.id for name, run in runs.items()}
        | {"told": str(analysis.analysis_id), "clip": str(clip), "example": str(signs()[1].example_id[0])}
    )


@lru_cache
def signs() -> tuple[Report, ExampleTable, Kit, Trained]:
    """A model that was trained and evaluated as all are, and all that it left."""
    asked = experiment(**SIGNS)
    data = load(asked.dataset)
    model = train(asked, 0, 0, data)
    answers = ask(model, data, asked)
    told, table = tell(answers, model, data, asked, 0, 0)
    kit = kit_of(model, data, asked, 0, answers, told)
    return told.model_copy(update={"tuning": tuning(told.joint.nll)}), table, kit, model


@lru_cache
def answer() -> Comparison:
    """Ten seeds of four methods, of which synib does best."""
    rng = np.random.default_rng(0)
    outcomes, groups = [], report("together").groups
    only, both, wrong, one = map(groups.index, ("only_joint", "all_right", "all_wrong", "only_left"))
    easy = np.arange(300) < 60  # right from one modality alone
    for seed in range(SEEDS):
        luck = rng.normal(0, 0.012)
        for method, mean in ACCURACY.items():
            right = mean + luck + rng.normal(0, 0.006)
            who = np.where(rng.random(300) < right, np.where(easy, both, only), np.where(easy, one, wrong))
            outcomes.append(RunOutcome(method, seed, _right(right), groups=who.astype(np.int16)))
    return compare(outcomes, parse_experiment(TINY | DIGITS))


def _right(accuracy: float) -> Report:
    """A report whose model is right so often, and does better on all else by as much."""
    base = report("together")
    joint, more = base.joint, accuracy - 0.85
    told = {
        "accuracy": joint.accuracy.model_copy(update={"value": accuracy}),
        "nll": 2.2 * (1 - accuracy) + 0.1,
        "brier": 1.4 * (1 - accuracy),
        "ece": 0.3 * (1 - accuracy),
    }
    scaled = base.synergy.estimate
    return base.model_copy(
        update={
            "joint": joint.model_copy(update=told),
            "macro_f1": base.macro_f1 and base.macro_f1.model_copy(update={"value": accuracy - 0.01}),
            "synergy": base.synergy.model_copy(
                update={"estimate": scaled.model_copy(update={"value": scaled.value + 3 * more})}
            ),
            "confidence_gap": base.confidence_gap.model_copy(
                update={"value": base.confidence_gap.value + more}
            ),
        }
    )


def _run(session: Session, project: Project, **changes: Any) -> Run:
    """The first run of an experiment of its own."""
    asked = {"methods": [{"kind": "vanilla"}]} | changes
    return runs_of(session, make_experiment(session, project, **asked))[0]


def _vanilla(session: Session, project: Project, name: str, of: str) -> Run:
    """A run whose model says what a world does."""
    told = report(of)
    by = told.provenance.model_copy(update={"method": "vanilla"})
    run = _run(session, project, name=name)
    return say(session, run, of, told=told.model_copy(update={"provenance": by}))


def _signs(session: Session, project: Project, api: Api) -> Run:
    told, table, kit, model = signs()
    run = _run(session, project, **SIGNS)
    leave(session, run, api.app.state.settings.store, kit, model)
    start(session, run)
    return succeed(session, run, told, table)


def _actors(session: Session, project: Project, api: Api, dataset: str) -> Run:
    with httpx.Client(base_url=api.url) as client:
        stored = client.get(f"/v1/datasets/{dataset}").json()["dataset"]
    words = {"features": {"kind": "pretrained", "model": "sentence-encoder", "width": 384}}
    asked = {"dataset": stored, "modalities": {"voice": {}, "face": {}, "words": words}}
    run = _run(session, project, name="actors, by voice, face and words", **asked)
    start(session, run)
    return succeed(session, run, *understood())


def _compared(session: Session, project: Project) -> str:
    """An experiment with its answer, and runs that tell their trials."""
    made = make_experiment(session, project, **DIGITS)
    for index, run in enumerate(runs_of(session, made)):
        start(session, run)
        trials = tuning(0.5 + 0.002 * (index * 7 % 10))
        succeed(session, run, report("together").model_copy(update={"tuning": trials}))
    say_all(session, made, answer())
    return made.id


def _datasets(session: Session, api: Api) -> dict[str, str]:
    """One that is ready, one that is refused, one that waits and one of which half is there."""
    session.commit()
    settings, sessions = api.app.state.settings, session_factory(api.app.state.database.engine)
    with httpx.Client(base_url=api.url, timeout=60) as client:

        def send(name: str, content: bytes) -> dict[str, Any]:
            files = {"file": ("file", content), "spec": (None, f'{{"name": "{name}"}}', "application/json")}
            answered = client.post("/v1/datasets", files=files)
            assert answered.status_code == 201, answered.text
            made: dict[str, Any] = answered.json()
            return made

        ready = send("actors, by voice, face and words", archive())
        refused = send("sensors, first try", REFUSED.encode())
        for made in (ready, refused):
            read(sessions, settings, made["run_id"])
        waiting = send("sensors, mended", b"eye:x,ear:x,label\n1,2,yes\n3,4,no\n" * 40)
        parts = {"spec": {"name": "ten hours of film"}, "size": 3_000_000}
        half = client.post("/v1/datasets", json=parts).json()
        client.put(f"/v1/datasets/{half['id']}/parts/1", content=b"x" * 1_200_000).raise_for_status()
    made = {"ready": ready, "refused": refused, "waiting": waiting, "receiving": half}
    return {name: one["id"] for name, one in made.items()} | {"reading": ready["run_id"]}
