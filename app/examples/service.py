"""Pages of examples as records."""

from collections.abc import Sequence
from functools import cache
from math import sqrt
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.db.layout import OF_SUBSETS
from app.db.tables import Run
from app.examples import repository
from app.examples.names import Names
from app.examples.params import Cursor, ExamplesParams, Sort
from app.examples.schemas import Decision
from app.runs.service import ReportNotReady

PAGE = 100

MATTERS = 0.05  # bits: the probability of an example's label changes by less than 4 %


def names(session: Session, run: Run) -> Names:
    """What the codes of the run's examples stand for.

    Raises:
        ReportNotReady: the run has none yet.
    """
    found = repository.names(session, run.id)
    if found is None:
        raise ReportNotReady(f"the run is {run.status}; its examples are written when it succeeds")
    return found


def page(
    session: Session, run: Run, known: Names, asked: ExamplesParams, among: Sequence[int] | None = None
) -> dict[str, Any]:
    """A page of records: plain values, since a thousand validated models take longer than the query.

    ``among`` has the positions of all that match, where they are known.
    """
    limit = asked.limit or PAGE
    rows = repository.page(session, run.id, asked, known, limit + 1, among)
    more, rows = len(rows) > limit, rows[:limit]
    intervals = seed_intervals(session, run, [row.position for row in rows])
    data = [record(row, known) | {"seeds": intervals.get(row.position)} for row in rows]
    return {"data": data, "has_more": more, "next_after": _cursor(rows[-1], asked.sort) if more else None}


def _cursor(row: Row[Any], sort: Sort) -> str:
    return Cursor(getattr(row, sort.column), row.position).encode(sort)


def record(row: Row[Any], known: Names) -> dict[str, Any]:
    """One example, codes and places in its arrays replaced by names."""
    classes = known.classes
    at, scores, codes = known.places, row.scores, row.codes
    of_subsets = (scores[at[name]] for name in OF_SUBSETS)
    subsets = zip(known.subsets, codes[at["subset_predicted"]], *of_subsets, strict=True)
    of_heads = codes[at["head_predicted"]], scores[at["head_confidence"]], scores[at["head_p_true"]]
    heads = zip(known.modalities, *of_heads, strict=True)
    return {
        "position": row.position,
        "example_id": row.example_id,
        "split": row.split,
        "label": classes[row.label],
        "predicted": classes[row.predicted],
        "confidence": row.confidence,
        "group": known.groups[row.group],
        "subsets": {
            name: {"predicted": classes[k], "confidence": c, "p_true": p, "entropy": h, "information": i}
            for name, k, c, p, h, i in subsets
        },
        "heads": {name: {"predicted": classes[k], "confidence": c, "p_true": p} for name, k, c, p in heads},
        "redundant": row.redundant,
        "unique": dict(zip(known.modalities, scores[at["unique"]], strict=True)),
        "synergy": row.synergy,
        "interaction": row.interaction,
    }


def seed_intervals(session: Session, run: Run, positions: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By position, the t interval of synergy over seeds, and what it decides; nothing where one seed has
    succeeded."""
    return {
        row.position: _interval(row.n, row.mean, row.spread)
        for row in repository.seed_statistics(session, run, positions)
        if row.n > 1
    }


def _interval(n: int, mean: float, spread: float) -> dict[str, Any]:
    reach = _quantile(n - 1) * spread / sqrt(n)
    low, high = mean - reach, mean + reach
    return {"n": n, "mean": mean, "low": low, "high": high, "decision": decide(low, high)}


def decide(low: float, high: float) -> Decision:
    """What an interval of one example's synergy says, bits: the rule of `SeedInterval.decision`.

    Too small to matter comes first: an interval within (0, 0.05) is no synergy that anybody should look at.
    """
    if high < MATTERS:
        return "no_synergy"
    return "synergy" if low > 0 else "undecided"


@cache
def _quantile(freedom: int) -> float:
    """97.5 % quantile of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - numpy and scipy would double the time of a start

    return float(stdtrit(freedom, 0.975))
