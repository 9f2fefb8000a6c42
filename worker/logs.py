"""One line per event: time, level, where, what happened, then key=value."""

import json
import logging
import sys
from datetime import UTC, datetime

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Line(logging.Formatter):
    """``2026-11-23T17:00:00.123Z info worker.supervisor run claimed run=run_0193… attempt=1``."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        more = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        more.pop("data", None)  # Celery attaches whole messages
        if record.exc_info:
            more["traceback"] = self.formatException(record.exc_info)
        words = [
            at.replace("+00:00", "Z"),
            record.levelname.lower(),
            record.name,
            " ".join(record.getMessage().split()),
        ]
        return " ".join([*words, *(f"{name}={_quoted(value)}" for name, value in more.items())])


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' \n"=') else text


def configure() -> None:
    """Send everything of this process to standard output, a line each."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Line())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for chatty in ("celery.worker.strategy", "celery.app.trace", "kombu", "amqp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
