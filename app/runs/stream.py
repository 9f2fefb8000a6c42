"""A run's life as server-sent events, numbered, replayed from the database and followed until it ends."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from sqlalchemy import Row
from sqlalchemy.exc import NoResultFound, SQLAlchemyError

from app.errors import Unavailable
from app.runs import repository
from app.runs.status import FINISHED, Status
from app.runs.watch import Watch

BATCH = 500  # rows at once
KEEP_ALIVE = 15.0  # seconds; proxies close what is silent for longer

News = tuple[Status, int, Sequence[Row[Any]]]


async def follow(watch: Watch, run_id: str, after: int) -> AsyncIterator[bytes]:
    """Events ``status``, ``metrics`` and at last ``end``, each with the run's number as its id.

    No connection is held while waiting. A process that stops ends the stream without ``end``: the client
    comes back with ``Last-Event-ID`` and misses nothing. So it does when the database is away for a while.
    """
    yield KEEPALIVE_COMMENT  # headers and a first byte at once
    while not watch.stop.is_set():
        try:
            status, seq, rows = await _news(watch, run_id, after)
        except NoResultFound:
            return  # deleted; who comes back is told so
        except (SQLAlchemyError, Unavailable):
            await watch.pause()
            continue
        for row in rows:
            yield _event(row.kind, row.seq, {"seq": row.seq, "at": row.at} | row.body)
        after = rows[-1].seq if rows else after
        if status in FINISHED and (not rows or after == seq):
            yield _event("end", after, {"status": status})
            return
        if len(rows) == BATCH or status in FINISHED:  # more is there, or it was resumed meanwhile
            continue
        while not await watch.beyond(run_id, after, KEEP_ALIVE):
            yield KEEPALIVE_COMMENT


async def _news(watch: Watch, run_id: str, after: int) -> News:
    return await watch.database.run(lambda session: repository.news(session, run_id, after, BATCH))


def _event(kind: str, seq: int, body: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=orjson.dumps(body).decode(), event=kind, id=str(seq))
