"""What COPY writes is what was given, whatever the number of modalities and the letters of the ids."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db import layout
from app.db.ids import new_id
from app.db.tables import Example
from synib.evaluation.records import ExampleTable
from worker.ingest import copy_examples

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
CODES = st.integers(-(2**15), 2**15 - 1)
# PostgreSQL's text holds every character but NUL; a numpy string loses NULs at its end too.
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> ExampleTable:
    rows, modalities = draw(st.integers(1, 8)), draw(st.integers(2, 5))
    subsets = 2**modalities - 1

    def column(kind: type, values: st.SearchStrategy[Any], *shape: int) -> Any:
        return draw(arrays.arrays(kind, (rows, *shape), elements=values))

    def codes(*shape: int) -> Any:
        return column(np.int16, CODES, *shape)

    def floats(*shape: int) -> Any:
        return column(np.float32, FLOATS, *shape)

    return ExampleTable(
        example_id=np.array(draw(st.lists(IDS, min_size=rows, max_size=rows, unique=True))),
        split=np.array(draw(st.lists(st.sampled_from(["test", "validation"]), min_size=rows, max_size=rows))),
        label=codes(), predicted=codes(), confidence=floats(), subset_predicted=codes(subsets),
        subset_confidence=floats(subsets), subset_p_true=floats(subsets), subset_entropy=floats(subsets),
        information=floats(subsets), head_predicted=codes(modalities), head_confidence=floats(modalities),
        head_p_true=floats(modalities), redundant=floats(), unique=floats(modalities), synergy=floats(),
        interaction=floats(), group=codes(),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_what_is_read_back_is_what_was_written(database: Engine, table: ExampleTable) -> None:
    run = new_id("run")
    with Session(database) as session:
        assert copy_examples(session.connection().connection.driver_connection, run, table) == len(table)
        rows = session.scalars(select(Example).where(Example.run_id == run).order_by(Example.position)).all()
        assert [row.position for row in rows] == list(range(len(table)))
        for row in rows:
            expected = {name: values[row.position] for name, values in vars(table).items()}
            arrays = {
                "scores": [*(expected.pop(name) for name in layout.SCORES)],
                "codes": [*(expected.pop(name) for name in layout.CODES)],
            }
            for name, written in (
                expected | {n: np.concatenate(parts) for n, parts in arrays.items()}
            ).items():
                # PostgreSQL tells the shortest decimal that rounds to the float, so it is rounded back.
                assert np.array_equal(np.asarray(getattr(row, name), dtype=written.dtype), written), name


def test_a_long_table_goes_in_whole(database: Engine) -> None:
    # More than one block, ids of several lengths, and a split that is not all the same.
    rows, ones = 20_001, np.ones(20_001, np.float32)
    code, pair, three = (
        np.zeros(rows, np.int16),
        np.ones((rows, 2), np.float32),
        np.ones((rows, 3), np.float32),
    )
    table = ExampleTable(
        np.arange(rows).astype(str), np.where(np.arange(rows) % 3, "test", "train"), code, code, ones,
        three.astype(np.int16), three, three, three, three, pair.astype(np.int16), pair, pair, ones, pair,
        np.linspace(1, -1, rows, dtype=np.float32), ones, code,
    )  # fmt: skip
    run = new_id("run")
    with Session(database) as session:
        copy_examples(session.connection().connection.driver_connection, run, table)
        read = session.execute(
            select(Example.position, Example.example_id, Example.split, Example.synergy)
            .where(Example.run_id == run)
            .order_by(Example.position)
        ).all()
    assert [(position, name, split) for position, name, split, _ in read] == [
        (n, str(n), "test" if n % 3 else "train") for n in range(rows)
    ]
    assert np.array_equal(np.array([synergy for *_, synergy in read], np.float32), table.synergy)
