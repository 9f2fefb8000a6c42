"""What a page of a report shows besides its charts: the examples that match, and one example."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dashboard import forms
from app.db.tables import Run
from app.examples import repository, service
from app.examples.names import Names
from app.examples.params import ExamplesParams, Filter, Sort

ROWS: Final = 20
"""Of a page of examples."""
FEW: Final = 4000
"""So many that match are looked up where counting has found them: an index would pass by too many others."""


class Asked(forms.Filter, Filter):
    """Which examples, in which order; as the API's, with most synergy first."""

    sort: Sort = Sort.SYNERGY_DOWN
    after: str | None = Field(None, max_length=500)


@dataclass(frozen=True)
class Found:
    """A page of examples."""

    rows: list[dict[str, Any]]
    matching: int
    """Examples that match, on all pages."""
    next_after: str | None


def matching(session: Session, run: Run, known: Names, asked: Asked, everything: int) -> Found:
    """The examples asked for; ``everything`` is how many there are without a filter."""
    only = asked.model_dump(exclude={"sort", "after"}, exclude_none=True)
    wanted = ExamplesParams(**only, sort=asked.sort, after=asked.after, limit=ROWS)
    n, among = everything, None
    if only:
        n, among = repository.count(session, repository.conditions(run.id, wanted, known), FEW)
        if n == 0:
            return Found([], 0, None)
    page = service.page(session, run, known, wanted, among)
    return Found(page["data"], n, page["next_after"])


def one(session: Session, run: Run, known: Names, example_id: str) -> dict[str, Any] | None:
    """The example with this id, as the API tells it; the first, where an analysis's table has several."""
    page = service.page(session, run, known, ExamplesParams(example_id=example_id, limit=1))
    return next(iter(page["data"]), None)


def total(session: Session, run: Run) -> int:
    """How many examples the run's report is of."""
    return int(session.scalar(select(Run.report["examples"]).where(Run.id == run.id)) or 0)
