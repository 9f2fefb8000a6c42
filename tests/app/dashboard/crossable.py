"""A promoted model whose run has its report and examples, as pages of crossing need it."""

from functools import lru_cache
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.tables import Run
from app.models.schemas import NewModel
from app.models.service import promote
from synib.evaluation.evaluate import ask, tell
from synib.evaluation.records import ExampleTable
from synib.report import Report
from synib.spec import Experiment
from tests.app.kits import promotable, trained
from worker.ingest import copy_examples

NAME = "two-senses"


@lru_cache
def said() -> tuple[Report, ExampleTable]:
    """What the small model's run says."""
    kit, model, data = trained()
    experiment = Experiment.model_validate(kit.card.experiment)
    return tell(ask(model, data, experiment), model, data, experiment, 0, 0)


def crossable(session: Session, store: Path) -> Run:
    """The run; its model is called NAME."""
    report, table = said()
    run = promotable(session, store)
    connection = session.connection().connection.driver_connection
    assert connection is not None
    copy_examples(connection, run.id, table)
    session.execute(update(Run).where(Run.id == run.id).values(report=report.model_dump(mode="json")))
    promote(session, run.project_id, NewModel(run=run.id, name=NAME), store)
    session.commit()
    return run


def pair() -> tuple[str, str]:
    """Test examples of different labels that the small model is of two minds about: the first two."""
    test = trained()[2].select("test")
    first, second = (str(test.example_id[test.y == label][0]) for label in (0, 1))
    return first, second
