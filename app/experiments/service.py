"""Posting, showing and stopping experiments."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.db.ids import new_id
from app.db.tables import Experiment, Run, RunEvent
from app.errors import Problem
from app.experiments import repository
from app.experiments.schemas import ExperimentBrief, ExperimentProgress, ExperimentSchema
from app.runs import service as runs
from app.runs.schemas import RunBrief
from app.runs.status import Status
from app.settings import Settings
from synib.benchmarks.places import refuse_outside
from synib.plan import Plan, check_memory, plan
from synib.problems import Problem as Fault
from synib.problems import SpecError
from synib.spec import Experiment as Spec
from synib.spec import parse_experiment


class ComparisonNotReady(Problem, status=404, title="No comparison yet"):
    """The comparison is made when the last run has ended; watch the experiment's `progress` and ask again."""


def check(data: Any, settings: Settings) -> tuple[Spec, Plan]:
    """The resolved spec and what it will take.

    Raises:
        SpecError: it cannot be run, or not here.
    """
    if isinstance(data, Mapping):
        refuse_outside(data.get("dataset"), settings.data is not None)
    spec = parse_experiment(data)
    wanted = len(spec.methods) * spec.replication.seeds
    if wanted > settings.max_runs:
        most = settings.max_runs // len(spec.methods)
        detail = f"{wanted} runs are more than the {settings.max_runs} of an experiment; use at most {most}"
        raise SpecError([Fault("/replication/seeds", detail, spec.replication.seeds)])
    planned = plan(spec)
    check_memory(planned, settings.memory_limit)
    return spec, planned


def create(session: Session, project_id: str, spec: Spec) -> tuple[str, list[Run]]:
    """Store an experiment and queue its runs, whose timelines begin here; its id and they."""
    experiment = Experiment(
        project_id=project_id, name=spec.name, spec=spec.model_dump(mode="json"), digest=spec.digest()
    )
    session.add(experiment)
    session.flush()
    # seeds outermost, as in the plan: early results compare methods
    wanted = [(*method, seed) for seed in spec.seeds() for method in enumerate(spec.method_names())]
    ids = sorted(new_id("run") for _ in wanted)  # made within one millisecond they would sort at random
    made = [
        Run(
            id=run_id,
            project_id=project_id,
            experiment_id=experiment.id,
            method_index=index,
            method=method,
            seed=seed,
            queue=spec.resources.queue,
            max_attempts=spec.resources.max_attempts,
            seq=1,
        )
        for run_id, (index, method, seed) in zip(ids, wanted, strict=True)
    ]
    session.add_all(made)
    session.flush()
    session.add_all(RunEvent(run_id=run.id, seq=1, to_status=Status.QUEUED, attempt=0) for run in made)
    session.flush()
    return experiment.id, made


def show(session: Session, experiment_id: str) -> ExperimentSchema:
    """The experiment as it stands."""
    row, run_rows = repository.detail(session, experiment_id)
    briefs = [RunBrief.model_validate(run) for run in run_rows]
    return ExperimentSchema(**_brief(row), spec=row.spec, runs=briefs)


def briefs(rows: Sequence[Row[Any]]) -> list[ExperimentBrief]:
    """Rows of a page as they are shown."""
    return [ExperimentBrief(**_brief(row)) for row in rows]


def cancel(session: Session, experiment_id: str) -> None:
    """Ask every run that has not finished to stop; where all have, nothing changes."""
    for run in repository.lock_runs(session, experiment_id):
        runs.stop(session, run)


def comparison(session: Session, experiment_id: str) -> dict[str, Any]:
    """What the experiment says.

    Raises:
        ComparisonNotReady: its runs are still going, or the worker has not got to it.
    """
    found = repository.comparison(session, experiment_id)
    if found is None:
        progress = show(session, experiment_id).progress
        counts = ", ".join(f"{count} {status}" for status, count in progress.by_status.items())
        raise ComparisonNotReady(f"made when the last run has ended; now: {counts}. Ask again later")
    return found


def _brief(row: Row[Any]) -> dict[str, Any]:
    values = row._mapping
    by_status = {status: values[f"in_{status}"] for status in Status if values[f"in_{status}"]}
    fraction = 0.0 if row.fraction is None else float(row.fraction)
    shown = ("id", "name", "status", "digest", "created_at", "finished_at")
    return {name: values[name] for name in shown} | {
        "progress": ExperimentProgress(runs=row.runs, by_status=by_status, fraction=fraction)
    }
