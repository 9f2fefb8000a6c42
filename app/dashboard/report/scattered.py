"""The confidences of a run's examples, gathered in cells by the database: no page gets 200,000 points."""

import random
from functools import lru_cache
from typing import Final

from sqlalchemy import Text, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlalchemy.orm import Session

from app.dashboard.report.charts.scatter import Cell
from app.db.tables import Example
from app.examples import repository
from app.examples.names import Names
from app.examples.params import Filter

MOST: Final = 10_000
"""Examples that are looked at; of more, so many are drawn at random, always the same ones."""
CELL: Final = 0.02
"""Probability along each side of a cell."""


def cells(session: Session, run_id: str, known: Names, examples: int) -> tuple[list[Cell], int]:
    """The cells that have examples, and how many examples they are of; no cells where the report does not say
    what stands for a single modality."""
    if not known.standing:
        return [], 0
    where = repository.conditions(run_id, Filter(), known)
    if examples > MOST:
        where.append(Example.position == any_(cast(literal(_sample(examples), Text()), ARRAY(INTEGER()))))
    alone = repository.alone_confidence(known)
    inner = (
        select(
            alone.label("alone"),
            Example.confidence.label("joint"),
            (Example.label == Example.predicted).label("right"),
        )
        .where(*where)
        .subquery()
    )
    a, j = inner.c.alone, inner.c.joint
    grouped = select(func.avg(a), func.avg(j), inner.c.right, func.count()).group_by(
        cast(func.floor(a / CELL), INTEGER), cast(func.floor(j / CELL), INTEGER), inner.c.right
    )
    with repository.within_run(session, sweep=examples <= MOST):
        found = [Cell(float(x), float(y), right, n) for x, y, right, n in session.execute(grouped)]
    found.sort(key=lambda cell: (cell.alone, cell.joint, cell.right))
    return found, sum(cell.n for cell in found)


@lru_cache(maxsize=16)
def _sample(examples: int) -> str:
    """``MOST`` positions of so many, as PostgreSQL writes an array.

    Drawing them anew, and having the driver write each, took as long as the query.
    """
    drawn = random.Random(0).sample(range(examples), MOST)  # noqa: S311 - a sample, not a secret
    return f"{{{','.join(map(str, sorted(drawn)))}}}"
