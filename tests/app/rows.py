"""Runs that have something to show: reports, examples, metrics."""

import random
from collections.abc import Sequence
from itertools import chain
from typing import Any

import httpx
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.db.tables import Example, Experiment, Metric, Run
from app.runs import lease
from app.runs.status import Status, transition

MODALITIES = ["left", "right"]
SUBSETS = ["left", "right", "left+right"]
CLASSES = ["even", "odd"]
GROUPS = ["all_right", "only_joint", "none_right"]
NAMES = {"modalities": MODALITIES, "subsets": SUBSETS, "classes": CLASSES, "groups": GROUPS}


def runs_of(session: Session, experiment: Experiment) -> Sequence[Run]:
    query = select(Run).where(Run.experiment_id == experiment.id).order_by(Run.method_index, Run.seed)
    return session.scalars(query).all()


def start(session: Session, run: Run) -> str:
    """Have a worker take the run; its token."""
    claimed = lease.claim(session, run.id, run.attempt, "worker", 60)
    assert claimed
    transition(session, claimed, Status.RUNNING)
    assert claimed.lease_token
    return claimed.lease_token


def finish(session: Session, run: Run, rows: Sequence[dict[str, Any]] = (), report: Any = NAMES) -> Run:
    """Have the run succeed with these examples."""
    start(session, run)
    if rows:
        session.execute(insert(Example), [{"run_id": run.id, **packed(dict(row))} for row in rows])
    transition(session, run, Status.SUCCEEDED)
    session.execute(update(Run).where(Run.id == run.id).values(report=report))
    session.commit()
    return run


def packed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table has it: lists joined to two arrays, in the order that the table documents."""
    scores = [
        *(row.pop("subset_confidence"), row.pop("subset_p_true"), row.pop("subset_entropy")),
        *(row.pop("information"), row.pop("head_confidence"), row.pop("head_p_true"), row.pop("unique")),
    ]
    codes = [row.pop("subset_predicted"), row.pop("head_predicted")]
    return row | {"scores": [*chain(*scores)], "codes": [*chain(*codes)]}


def examples(number: int, seed: int = 0, levels: int = 5) -> list[dict[str, Any]]:
    """Made-up rows with many ties: synergy, confidence and interaction take few values."""
    draw = random.Random(seed)

    def some(count: int) -> list[float]:
        return [round(draw.random(), 3) for _ in range(count)]

    def codes(count: int) -> list[int]:
        return [draw.randrange(2) for _ in range(count)]

    return [
        {
            "position": position,
            "example_id": f"x{position}",
            "split": "test",
            "label": draw.randrange(2),
            "predicted": draw.randrange(2),
            "group": draw.randrange(3),
            "confidence": 0.5 + draw.randrange(levels) / 10,
            "redundant": round(draw.random(), 3),
            "synergy": draw.randrange(-levels, levels) / 10,
            "interaction": draw.randrange(levels) / 10,
            "subset_predicted": codes(3),
            "subset_confidence": some(3),
            "subset_p_true": some(3),
            "subset_entropy": some(3),
            "information": some(3),
            "head_predicted": codes(2),
            "head_confidence": some(2),
            "head_p_true": some(2),
            "unique": some(2),
        }
        for position in range(number)
    ]


def train(session: Session, run: Run, epochs: int) -> str:
    """Have the run report its epochs; the token of whoever holds it."""
    token = start(session, run)
    for epoch in range(1, epochs + 1):
        lease.record(session, run.id, token, epoch, epoch * 10, {"train_loss": 1 / epoch}, epochs)
    session.commit()
    return token


def add_metrics(session: Session, run: Run, values: Sequence[dict[str, float]]) -> None:
    """Rows for the metrics table, without the ceremony of a lease."""
    session.execute(
        insert(Metric),
        [
            {"run_id": run.id, "epoch": epoch, "step": epoch * 10, "seq": epoch + 1, "values": value}
            for epoch, value in enumerate(values, 1)
        ],
    )
    session.commit()


def walk(api: httpx.Client, run: Run, **params: Any) -> list[dict[str, Any]]:
    """All pages."""
    seen: list[dict[str, Any]] = []
    while True:
        page = api.get(f"/v1/runs/{run.id}/examples", params=params).raise_for_status().json()
        seen += page["data"]
        if not page["has_more"]:
            assert page["next_after"] is None
            return seen
        params["after"] = page["next_after"]
