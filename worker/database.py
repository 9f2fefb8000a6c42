"""This process's way to the database, and patience with it."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session, sessionmaker

from app.db.engine import make_engine, session_factory
from app.settings import settings

OUTAGE = (OperationalError, InterfaceError, NoConnection, psycopg.OperationalError, psycopg.InterfaceError)
"""Raised when the server is away, starting, ending us, or has us wait in vain; the last two by COPY."""
LONGEST_PAUSE = 2.0  # seconds between two attempts

T = TypeVar("T")
log = logging.getLogger(__name__)


@lru_cache
def sessions() -> sessionmaker[Session]:
    """Sessions of this process. Call it only where no fork follows: children would share the connections."""
    return session_factory(make_engine(settings(), "worker", pool_size=4))


def persist(
    sessions: sessionmaker[Session],
    work: Callable[[Session], T],
    give_up: Callable[[], bool] = lambda: False,
) -> T:
    """Do ``work`` in a transaction of its own, over and over while the database is away.

    The answer to a commit may get lost with the connection, so ``work`` must bear being done twice.
    """
    pause = 0.1
    while True:
        try:
            with sessions.begin() as session:
                return work(session)
        except OUTAGE as error:
            if give_up():
                raise
            log.warning("the database is away", extra={"error": error.__cause__ or error, "pause": pause})
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
