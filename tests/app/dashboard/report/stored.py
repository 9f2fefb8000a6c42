"""Runs, analyses and experiments in the database that have something to say."""

from functools import lru_cache

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.tables import Experiment, Run
from app.runs.status import Status, transition
from synib.evaluation.compare import RunOutcome, compare
from synib.evaluation.records import ExampleTable
from synib.report import Comparison, Report, Trial, TuningReport
from synib.spec import parse_experiment
from synib.spec.search import Range
from tests.app.dashboard.report.reports import report, world
from tests.app.rows import runs_of, start
from tests.factories import TINY, make_analysis, make_experiment, make_project
from worker.ingest import copy_examples

SEEDS = 3
LR = {"lr": Range(low=1e-4, high=1e-1, log=True)}


def say(session: Session, run: Run, name: str, seed: int = 0, told: Report | None = None) -> Run:
    """Have the run succeed with a world's report and examples."""
    found, table = world(name, seed)
    start(session, run)
    return succeed(session, run, told or found, table)


def succeed(session: Session, run: Run, told: Report, table: ExampleTable | None = None) -> Run:
    """Have a run that is at work succeed with this report and these examples."""
    if table is not None:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        copy_examples(connection, run.id, table)
    transition(session, run, Status.SUCCEEDED)
    session.execute(update(Run).where(Run.id == run.id).values(report=told.model_dump(mode="json")))
    session.commit()
    return run


def run_with(session: Session, name: str) -> Run:
    """A run of an experiment that says what a world does."""
    project = make_project(session)
    return say(session, runs_of(session, make_experiment(session, project))[0], name)


def analysis_with(session: Session, name: str) -> Run:
    return say(session, make_analysis(session, make_project(session)), name)


def tuning(best: float) -> TuningReport:
    """Two trials, the second chosen, the third lost."""
    return TuningReport(
        metric="nll", sampler="random", space=LR, method={"kind": "vanilla"},
        trials=[
            Trial(settings={"lr": 0.001}, nll=0.9, accuracy=0.6, epochs=5),
            Trial(settings={"lr": 0.01}, nll=best, accuracy=0.7, epochs=5, chosen=True),
            Trial(settings={"lr": 0.1}, nll=None, accuracy=None, epochs=1, failed="the loss is no number"),
        ],
    )  # fmt: skip


@lru_cache
def answer() -> Comparison:
    """Three seeds of two methods: vanilla .70 .72 .71, synib .75 .79 .73."""
    base = report("together")

    def right(value: float) -> Report:
        accuracy = base.joint.accuracy.model_copy(update={"value": value})
        return base.model_copy(update={"joint": base.joint.model_copy(update={"accuracy": accuracy})})

    values = {"vanilla": (0.70, 0.72, 0.71), "synib": (0.75, 0.79, 0.73)}
    outcomes = [
        RunOutcome(method, seed, right(value))
        for method, row in values.items()
        for seed, value in enumerate(row)
    ]
    return compare(outcomes, parse_experiment(TINY | {"replication": {"seeds": SEEDS}}))


def experiment_with(session: Session) -> Experiment:
    """An experiment that has its answer, and runs that tell their trials."""
    experiment = make_experiment(session, make_project(session), replication={"seeds": SEEDS})
    for index, run in enumerate(runs_of(session, experiment)):
        told = report("together").model_copy(update={"tuning": tuning(0.5 + 0.01 * index)})
        say(session, run, "together", told=told)
    say_all(session, experiment, answer())
    return experiment


def say_all(session: Session, experiment: Experiment, told: Comparison) -> None:
    """Have the experiment end with this comparison."""
    found = {"finished_at": experiment.created_at, "comparison": told.model_dump(mode="json")}
    session.execute(update(Experiment).where(Experiment.id == experiment.id).values(**found))
    session.commit()
