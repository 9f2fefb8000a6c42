"""The Celery application of the workers: ``celery -A worker.celery_app``, usually by ``python -m worker``."""

from typing import Any

from celery import signals

from app.broker import make_celery
from app.settings import settings
from worker import logs
from worker.drain import Drain

DRAIN = Drain()  # made before any fork

app = make_celery(
    settings(),
    include=["worker.tasks"],
    worker_concurrency=1,
    worker_max_tasks_per_child=100,  # the child only supervises
    worker_pool_start_method="fork",  # the parent imports neither torch nor a database driver's pool
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_enable_remote_control=False,  # life and orders are in PostgreSQL
    worker_soft_shutdown_timeout=0,
    broker_connection_max_retries=None,  # a broker that is away comes back
)


@signals.setup_logging.connect
def _log(**_: Any) -> None:
    logs.configure()


@signals.worker_shutting_down.connect
def _drain(**_: Any) -> None:
    DRAIN.begin()
