"""Per-example records into PostgreSQL by binary COPY, a block of rows at a time.

Every value of a record has a fixed width but the two texts. Rows whose texts have equal lengths are therefore
one numpy array of a packed big-endian type, and its memory is what PostgreSQL reads: no Python per row.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, sql

from app.db.ids import RUN
from app.db.layout import CODES, SCORES
from synib.evaluation.records import ExampleTable

BLOCK = 1024  # rows; small, so that PostgreSQL takes one block in while the next is made
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, no flags, no extension
TRAILER = b"\xff\xff"
OIDS = {np.dtype(">i2"): 21, np.dtype(">f4"): 700}  # pg_type: int2, float4
SIZE = ">i4"  # before every value: its length in bytes


def copy_examples(connection: Connection, run_id: str, table: ExampleTable) -> int:
    """Write the table's rows in the caller's transaction; ``position`` is the row's number. Returns how many.

    Rows go in by rising synergy: that index then grows at its end, and a page of a sorted list lies together.
    """
    columns = _columns(run_id, table)
    order = np.argsort(table.synergy, kind="stable")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY example ({}) FROM STDIN (FORMAT BINARY)").format(names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEADER)
        for block in _blocks(columns, order):
            copy.write(block.data.cast("B"))
        copy.write(TRAILER)
    return len(table)


def _columns(run_id: str, table: ExampleTable) -> dict[str, NDArray[np.generic]]:
    """Every column, (N,) or (N, L) for an array of L, in the byte order of the wire."""
    identity = RUN.process_bind_param(run_id, None)
    assert isinstance(identity, uuid.UUID)
    rows = len(table)
    columns: dict[str, NDArray[np.generic]] = {
        "run_id": np.full(rows, np.void(identity.bytes)),
        "position": np.arange(rows, dtype=">i4"),
    }
    for name in ("label", "predicted", "group"):
        columns[name] = getattr(table, name).astype(">i2")
    for name in ("confidence", "redundant", "synergy", "interaction"):
        columns[name] = getattr(table, name).astype(">f4")
    columns["scores"] = np.hstack([getattr(table, name) for name in SCORES]).astype(">f4")
    columns["codes"] = np.hstack([getattr(table, name) for name in CODES]).astype(">i2")
    return columns | {"split": _utf8(table.split), "example_id": _utf8(table.example_id)}


def _utf8(texts: NDArray[np.str_]) -> NDArray[np.bytes_]:
    """The same texts as (N,) bytes, padded with zeros; by numpy's own slow encoder only if it must be."""
    points = np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), -1)
    if points.max(initial=0) > 127:
        return np.char.encode(texts, "utf-8")
    return points.astype(np.uint8).view(f"S{points.shape[1]}").reshape(len(texts))


def _blocks(columns: dict[str, NDArray[np.generic]], order: NDArray[np.intp]) -> Iterator[NDArray[np.void]]:
    """Packed rows, at most ``BLOCK`` at a time; within a block both texts have one length each."""
    split, example_id = (np.char.str_len(columns[name].astype("S")) for name in ("split", "example_id"))
    lengths = (split << 32 | example_id)[order]  # bytes of both
    for pair in np.unique(lengths):
        same = order[lengths == pair]
        row = _row(columns, split=int(pair) >> 32, example_id=int(pair) & 0xFFFFFFFF)
        for start in range(0, len(same), BLOCK):
            rows = same[start : start + BLOCK]
            yield _block(row, {name: values[rows] for name, values in columns.items()})


def _row(columns: dict[str, NDArray[np.generic]], **lengths: int) -> np.dtype[np.void]:
    """A row on the wire: the number of its fields, then length and value of each."""
    fields: list[Any] = [("#", ">i2")]
    for name, values in columns.items():
        kind: Any = f"S{lengths[name]}" if name in lengths else values.dtype
        if values.ndim > 1:  # an array: dimensions, nulls?, type, length, first index; then its elements
            kind = [("head", SIZE, (5,)), ("items", [("#", SIZE), ("value", kind)], values.shape[1:])]
        fields += [(f"{name}#", SIZE), (name, kind)]
    return np.dtype(fields)


def _block(row: np.dtype[np.void], columns: dict[str, NDArray[np.generic]]) -> NDArray[np.void]:
    block = np.zeros(len(columns["position"]), dtype=row)
    block["#"] = len(columns)
    for name, values in columns.items():
        block[f"{name}#"] = row[name].itemsize
        if values.ndim == 1:
            block[name] = values
        else:
            block[name]["head"] = (1, 0, OIDS[values.dtype], values.shape[1], 1)
            block[name]["items"]["#"] = values.dtype.itemsize
            block[name]["items"]["value"] = values
    return block
