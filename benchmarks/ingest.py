"""Rows a second of the per-example records into PostgreSQL: by COPY, and by what one does without thinking.

    python -m benchmarks.ingest [--rows 200000] [--repeats 3]

Each way writes into the real table with its two indexes and commits; they take turns; the best counts.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from sqlalchemy import Engine, insert, text
from sqlalchemy.orm import Session

from app.db.engine import make_engine
from app.db.ids import new_id
from app.db.layout import CODES, SCORES
from app.db.tables import Example
from app.settings import Settings
from benchmarks.servers import postgres
from synib.evaluation.records import ExampleTable
from worker.ingest import copy_examples

BAR = 100_000  # rows/s


def records(rows: int, modalities: int, seed: int = 0) -> ExampleTable:
    """Random records with every subset of the modalities."""
    generator = np.random.default_rng(seed)
    subsets = 2**modalities - 1

    def floats(*shape: int) -> np.ndarray:
        return generator.random((rows, *shape), dtype=np.float32)

    def codes(*shape: int) -> np.ndarray:
        return generator.integers(0, 2, (rows, *shape)).astype(np.int16)

    return ExampleTable(
        example_id=np.array([f"test-{row:06d}" for row in range(rows)]), split=np.full(rows, "test"),
        label=codes(), predicted=codes(), confidence=floats(), subset_predicted=codes(subsets),
        subset_confidence=floats(subsets), subset_p_true=floats(subsets), subset_entropy=floats(subsets),
        information=floats(subsets), head_predicted=codes(modalities), head_confidence=floats(modalities),
        head_p_true=floats(modalities), redundant=floats(), unique=floats(modalities), synergy=floats(),
        interaction=floats(), group=codes(),
    )  # fmt: skip


def by_copy(session: Session, table: ExampleTable) -> None:
    copy_examples(session.connection().connection.driver_connection, new_id("run"), table)


def by_executemany(session: Session, table: ExampleTable) -> None:
    session.connection().execute(insert(Example), rows_of(table))


def by_orm(session: Session, table: ExampleTable) -> None:
    session.add_all(Example(**row) for row in rows_of(table))


def rows_of(table: ExampleTable) -> list[dict[str, object]]:
    columns = {name: values.tolist() for name, values in vars(table).items() if name not in (*SCORES, *CODES)}
    for array, lists in (("scores", SCORES), ("codes", CODES)):
        columns[array] = np.hstack([getattr(table, name) for name in lists]).tolist()
    run = new_id("run")
    return [
        {"run_id": run, "position": position, **dict(zip(columns, row, strict=True))}
        for position, row in enumerate(zip(*columns.values(), strict=True))
    ]


WAYS: dict[str, tuple[Callable[[Session, ExampleTable], None], int]] = {
    "binary COPY": (by_copy, 1),
    "executemany": (by_executemany, 10),  # of a tenth of the rows, or we wait for minutes
    "ORM add_all": (by_orm, 10),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with postgres() as url:
        engine = make_engine(Settings.model_validate({"database_url": url}), "bench")
        print(f"{'modalities':>10}  {'way':<12}  {'rows':>8}  {'seconds':>8}  {'rows/s':>9}")
        for modalities in (2, 4):
            measure(engine, modalities, given.rows, given.repeats)
        engine.dispose()


def measure(engine: Engine, modalities: int, rows: int, repeats: int) -> None:
    """Let the ways take turns; print the best of each."""
    best = dict.fromkeys(WAYS, float("inf"))
    for _ in range(repeats):
        for way, (write, share) in WAYS.items():
            table = records(rows // share, modalities)
            began = time.perf_counter()
            with Session(engine) as session:
                write(session, table)
                session.commit()
            best[way] = min(best[way], time.perf_counter() - began)
        with engine.begin() as connection:
            connection.execute(text("TRUNCATE example"))
    for way, (_, share) in WAYS.items():
        rate = rows // share / best[way]
        has_bar = way == "binary COPY" and modalities == 2
        note = f"  bar {BAR:,}: {'met' if rate >= BAR else 'MISSED'}" if has_bar else ""
        print(f"{modalities:>10}  {way:<12}  {rows // share:>8,}  {best[way]:>8.2f}  {rate:>9,.0f}{note}")


if __name__ == "__main__":
    main()
