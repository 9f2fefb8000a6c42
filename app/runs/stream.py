"""A run's life as server-sent events, numbered, replayed from the database and followed until it ends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from app.db.access import Database
from app.errors import Unavailable
from app.runs import repository
from app.runs.status import FINISHED, Status

BATCH = 500  # rows at once
KEEP_ALIVE = 15.0  # seconds; proxies close what is silent for longer

News = tuple[Status, int, Sequence[Row[Any]]]


async def follow(
    database: Database, stop: asyncio.Event, run_id: str, after: int, poll: float
) -> AsyncIterator[bytes]:
    """Events ``status``, ``metrics`` and at last ``end``, each with the run's number as its id.

    No connection is held while waiting. ``stop`` ends the stream without ``end``: the client comes back with
    ``Last-Event-ID`` and misses nothing. So it does when the database is away for a while.
    """
    silent = 0.0
    yield KEEPALIVE_COMMENT  # headers and a first byte at once
    while not stop.is_set():
        try:
            status, seq, rows = await _news(database, run_id, after)
        except (SQLAlchemyError, Unavailable):
            status, seq, rows = Status.RUNNING, after, ()  # away; nothing is known
        for row in rows:
            yield _event(row.kind, row.seq, {"seq": row.seq, "at": row.at} | row.body)
        after = rows[-1].seq if rows else after
        if status in FINISHED and (not rows or after == seq):
            yield _event("end", after, {"status": status})
            return
        if len(rows) == BATCH:
            continue
        silent = 0.0 if rows else silent + poll
        if silent >= KEEP_ALIVE:
            yield KEEPALIVE_COMMENT
            silent = 0.0
        await _wait(stop, poll)


async def _news(database: Database, run_id: str, after: int) -> News:
    return await database.run(lambda session: repository.news(session, run_id, after, BATCH))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _event(kind: str, seq: int, body: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=orjson.dumps(body).decode(), event=kind, id=str(seq))
