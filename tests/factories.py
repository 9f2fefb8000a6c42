"""Small rows for tests."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.tables import Analysis as Stored
from app.db.tables import Dataset, Experiment, Project, Run
from synib.spec import Analysis, Upload, parse_experiment

TINY: dict[str, Any] = {
    "name": "tiny",
    "dataset": {"kind": "noisy_xor", "epsilon": 0.1, "examples": 400},
    "methods": [{"kind": "vanilla"}, {"kind": "synib"}],
    "training": {"epochs": 2},
    "replication": {"seeds": 1},
    "evaluation": {"donors": 2, "resamples": 100},
}


def make_project(session: Session, name: str = "default") -> Project:
    """The project of that name; an API that is asked meanwhile may have made it, as an owner's."""
    session.execute(insert(Project).values(name=name).on_conflict_do_nothing())
    return session.scalars(select(Project).where(Project.name == name)).one()


def make_experiment(session: Session, project: Project, **changes: Any) -> Experiment:
    """An experiment of the tiny spec with its runs queued."""
    spec = parse_experiment(TINY | changes)
    experiment = Experiment(
        project_id=project.id, name=spec.name, spec=spec.model_dump(mode="json"), digest=spec.digest()
    )
    session.add(experiment)
    session.flush()
    for index, method in enumerate(spec.method_names()):
        for seed in spec.seeds():
            session.add(
                Run(
                    project_id=project.id,
                    experiment_id=experiment.id,
                    method_index=index,
                    method=method,
                    seed=seed,
                    queue=spec.resources.queue,
                    max_attempts=spec.resources.max_attempts,
                )
            )
    session.flush()
    return experiment


def make_analysis(session: Session, project: Project, **changes: Any) -> Run:
    """The queued run of an analysis of a table that is nowhere."""
    spec = Analysis.model_validate(changes)
    analysis = Stored(
        project_id=project.id, name=spec.name, spec=spec.model_dump(mode="json"), path="analyses/gone.csv",
        format="csv", size=0, sha256="", rows=None, modalities=["left", "right"], classes=["even", "odd"],
    )  # fmt: skip
    session.add(analysis)
    session.flush()
    run = Run(
        project_id=project.id, analysis_id=analysis.id, method_index=0, method="analysis", seed=spec.seed,
        queue="analysis", max_attempts=3,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def make_dataset(session: Session, project: Project) -> Dataset:
    """One that is ready, of 100 examples, though its files are nowhere."""
    dataset = Dataset(
        project_id=project.id, name="ready", spec=Upload().model_dump(mode="json"), format="csv", size=1,
        sha256="1" * 64, received_at=func.now(), digest="2" * 64,
        profile={
            "modalities": [
                {"name": "voice", "kind": "numbers", "shape": [2]},
                {"name": "face", "kind": "numbers", "shape": [3]},
            ],
            "classes": ["no", "yes"], "counts": {"train": 60, "validation": 15, "test": 25},
        },
    )  # fmt: skip
    session.add(dataset)
    session.flush()
    run = Run(
        project_id=project.id, dataset_id=dataset.id, method_index=0, method="dataset", seed=0,
        queue="analysis", max_attempts=3, status="succeeded",
    )  # fmt: skip
    session.add(run)
    session.flush()
    return dataset
