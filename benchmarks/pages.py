"""Server time of pages over 10,000 runs and over reports of 200,000 examples, and what a first visit weighs.

    python -m benchmarks.pages [--runs 10000] [--examples 200000] [--repeats 200] [--only report]

One client asks an API process of its own, over one open connection, as a browser does: for compressed HTML.
The time is from the request to the last byte, so it has what client and loopback take in it, and what others
do on the machine; beside it stands the processor time of the API and of PostgreSQL, which is what a quiet
machine takes. Each address is asked ten times before it counts (connections, templates, plans); they take
turns.
"""

import argparse
import contextlib
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import psutil
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from app.db.engine import make_engine, session_factory
from app.db.tables import Example, Experiment, Project, Run, Worker
from app.examples.params import Sort
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from benchmarks.api import cursor
from benchmarks.servers import Api, api, machine, postgres
from synib.evaluation.compare import RunOutcome, compare
from synib.report import Report
from synib.spec import parse_experiment
from tests.app.dashboard.report.reports import report, world
from tests.app.dashboard.report.stored import tuning
from tests.app.rows import runs_of
from tests.factories import TINY, make_analysis, make_dataset, make_experiment, make_project
from worker.ingest import copy_examples

WARM = 10
LIST_BAR, REPORT_BAR, WEIGHT_BAR = 100.0, 300.0, 400.0  # ms, ms, kB
QUESTION = {
    "methods": [{"kind": kind} for kind in ("vanilla", "synib", "confidence_penalty", "masking_only")],
    "replication": {"seeds": 10},
}
DATASETS, ANALYSES, WORKERS = 1000, 200, 8
SEEDS = 3  # of the runs with many examples
BROWSER = {"Accept": "text/html", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
FRAGMENT = {"HX-Request": "true"}
PROGRAM = {"Accept": "application/json"}

IN_EVERY_STATUS = """
UPDATE run SET status = told.status, seq = 1, progress = '{"epoch": 12, "epochs": 30, "step": 1128}',
    lease_token = CASE WHEN told.status = 'running' THEN gen_random_uuid() END,
    lease_expires_at = CASE WHEN told.status = 'running' THEN now() + interval '1 day' END,
    worker = CASE WHEN told.status = 'running' THEN 'cpu-' || told.place % 8 END,
    started_at = CASE WHEN told.status <> 'queued' THEN now() END,
    finished_at = CASE WHEN told.status IN ('succeeded', 'failed', 'cancelled') THEN now() END,
    report = CASE WHEN told.status = 'succeeded' THEN CAST(:report AS jsonb) END
FROM (
    SELECT id, place, CASE WHEN place % 100 = 0 THEN 'running' WHEN place % 20 = 1 THEN 'failed'
        WHEN place % 50 = 2 THEN 'cancelled' WHEN place % 10 = 3 THEN 'queued' ELSE 'succeeded' END AS status
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM run) AS numbered
) AS told
WHERE run.id = told.id
"""


@dataclass
class Page:
    """An address and what was measured of it."""

    name: str
    path: str
    bar: float
    """Milliseconds of the 95th percentile."""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    """Milliseconds."""
    busy: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Milliseconds of the API's and of PostgreSQL's processor, all requests together."""
    size: int = 0
    """Bytes as sent."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--examples", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", choices=["lists", "report", "weight"])
    given = parser.parse_args()
    with postgres() as url:
        engine = make_engine(Settings.model_validate({"database_url": url}), "bench")
        with session_factory(engine)() as session:
            project = make_project(session)
            asked = fill_lists(session, project, given.runs)
            two = fill_report(session, project, "together", given.examples)
            three = fill_report(session, project, "three", given.examples)
            parts = {
                "lists": lists(session, asked),
                "report": [*reports(session, two, "k = 2"), *reports(session, three, "k = 3")],
            }
        vacuum(engine)
        with api(url) as server, httpx.Client(base_url=server.url, headers=BROWSER, timeout=60) as client:
            for name, pages in parts.items():
                if given.only in (None, name):
                    measure(client, pages, given.repeats, Meter(server, engine))
                    tell(pages)
            if given.only in (None, "weight"):
                weigh(client, {"overview": "/", "runs": "/runs", "report": f"/runs/{three.id}/report"})
        engine.dispose()


# --------------------------------------------------------------------------------------- rows


def fill_lists(session: Session, project: Project, runs: int) -> Experiment:
    """Experiments of 40 runs in every status, most with a report; data sets, analyses, workers.

    Returns an experiment that has its answer.
    """
    answered = make_experiment(session, project, **QUESTION)
    for _ in range(runs // 40 - 1):
        make_experiment(session, project, **QUESTION)
    found = report("together").model_copy(update={"tuning": tuning(0.5)})
    session.execute(text(IN_EVERY_STATUS), {"report": found.model_dump_json()})
    for _ in range(DATASETS):
        make_dataset(session, project)
    for _ in range(ANALYSES):
        make_analysis(session, project)
    session.add_all(
        Worker(name=f"cpu-{i}", queues=["train.cpu", "analysis", "system"]) for i in range(WORKERS)
    )
    answer(session, answered)
    session.commit()
    count = session.scalar(select(func.count()).select_from(Run))
    print(f"{count:,} runs, {DATASETS:,} data sets; {machine()}", flush=True)
    return answered


def answer(session: Session, experiment: Experiment) -> None:
    """What its runs would say together, had each another accuracy."""
    base = report("together")
    outcomes = []
    for run in runs_of(session, experiment):
        accuracy = base.joint.accuracy.model_copy(
            update={"value": 0.7 + 0.004 * run.seed + 0.01 * run.method_index}
        )
        joint = base.joint.model_copy(update={"accuracy": accuracy})
        outcomes.append(RunOutcome(run.method, run.seed, base.model_copy(update={"joint": joint})))
    compared = compare(outcomes, parse_experiment(TINY | QUESTION)).model_dump(mode="json")
    changed = update(Experiment).where(Experiment.id == experiment.id)
    session.execute(changed.values(finished_at=func.now(), comparison=compared))


def fill_report(session: Session, project: Project, name: str, examples: int) -> Run:
    """Runs of one method, each with the report and the examples of a world; the first of them."""
    begin = time.perf_counter()
    found, table = world(name, rows=examples)
    experiment = make_experiment(
        session, project, methods=[{"kind": "vanilla"}], replication={"seeds": SEEDS}
    )
    runs = runs_of(session, experiment)
    for run in runs:
        claimed = lease.claim(session, run.id, 0, "bench", 60)
        assert claimed
        transition(session, claimed, Status.RUNNING)
        copy_examples(session.connection().connection.driver_connection, run.id, table)
        transition(session, claimed, Status.SUCCEEDED)
        session.execute(update(Run).where(Run.id == run.id).values(report=found.model_dump(mode="json")))
        session.commit()
    what = f"{SEEDS} runs of {found.examples:,} examples, k = {len(found.modalities)}"
    print(f"{what}, in {time.perf_counter() - begin:.0f} s; {machine()}", flush=True)
    return runs[0]


def vacuum(engine: Engine) -> None:
    """As autovacuum does within a minute."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


# --------------------------------------------------------------------------------------- addresses


def lists(session: Session, asked: Experiment) -> list[Page]:
    """Lists, first and deep, through filters that much, little and nothing fits."""
    ids = session.scalars(select(Run.id).order_by(Run.id.desc())).all()
    middle = ids[9 * len(ids) // 10]
    addresses = {
        "runs": "/runs",
        "runs, deep": f"/runs?after={middle}",
        "runs, succeeded": "/runs?status=succeeded",
        "runs, running": "/runs?status=running",
        "runs, failed, deep": f"/runs?status=failed&after={middle}",
        "runs, lost: none": "/runs?status=lost",
        "runs, no such method": "/runs?method=nobody",
        "runs of an old experiment": f"/runs?experiment={asked.id}",
        "runs, JSON": "/v1/runs",
        "experiments": "/experiments",
        "experiments, failed": "/experiments?status=failed",
        "experiments, by name": "/experiments?name=nothing",
        "experiment of 40 runs": f"/experiments/{asked.id}",
        "comparison": f"/experiments/{asked.id}/comparison",
        "overview": "/",
        "data sets": "/datasets",
        "data sets, ready": "/datasets?state=ready",
        "data sets, by name": "/datasets?name=nothing",
        "analyses": "/analyses",
        "health": "/health",
    }
    return [Page(name, path, LIST_BAR) for name, path in addresses.items()]


def reports(session: Session, run: Run, which: str) -> list[Page]:
    """A report, its examples as the page fetches them anew, its scatter, and one example."""
    told = Report.model_validate(session.scalar(select(Run.report).where(Run.id == run.id)))
    group = next(name for name in told.groups if name.startswith("only_"))
    example = session.scalars(
        select(Example.example_id).where(Example.run_id == run.id, Example.position == told.examples // 2)
    ).one()
    page, api_page = f"/runs/{run.id}/report", f"/v1/runs/{run.id}/examples"
    whole: dict[str, dict[str, object]] = {
        "report": {},
        "report, filtered": {"group": group, "min_confidence": 0.6},
    }
    parts: dict[str, dict[str, object]] = {
        "least synergy": {"sort": Sort.SYNERGY},
        "most synergy, deep": {"after": cursor(session, run.id, Sort.SYNERGY_DOWN, "none")},
        "most confident": {"sort": Sort.CONFIDENCE_DOWN},
        "most confident, deep": {
            "sort": Sort.CONFIDENCE_DOWN, "after": cursor(session, run.id, Sort.CONFIDENCE_DOWN, "none"),
        },
        "largest interaction": {"sort": Sort.INTERACTION_DOWN},
        "one group": {"group": group},
        "one group, surest": {"group": group, "sort": Sort.CONFIDENCE_DOWN},
        "wrong, in order": {"correct": "false", "sort": Sort.POSITION},
        "brushed": {"min_alone": 0.4, "max_alone": 0.6, "min_confidence": 0.9},
        "brushed, nothing there": {"min_alone": 0.99, "max_confidence": 0.4},
    }  # fmt: skip
    found = [Page(f"{which}: {name}", address(page, chosen), REPORT_BAR) for name, chosen in whole.items()]
    found += [
        Page(f"{which}: examples, {name}", address(page, chosen), REPORT_BAR, FRAGMENT)
        for name, chosen in parts.items()
    ]
    deep = {"after": cursor(session, run.id, Sort.SYNERGY_DOWN, "none"), "sort": Sort.SYNERGY_DOWN}
    return [
        *found,
        Page(f"{which}: scatter, SVG", f"{page}/scatter.svg", REPORT_BAR),
        Page(f"{which}: scatter, CSV", f"{page}/scatter.csv", REPORT_BAR),
        Page(f"{which}: one example", f"/runs/{run.id}/examples/{example}", REPORT_BAR),
        Page(f"{which}: 100 examples, JSON", api_page, REPORT_BAR, PROGRAM),
        Page(f"{which}: 100 examples, JSON, deep", address(api_page, deep), REPORT_BAR, PROGRAM),
    ]


def address(path: str, chosen: Mapping[str, object]) -> str:
    return f"{path}?{urlencode(chosen)}" if chosen else path


# --------------------------------------------------------------------------------------- measuring


class Meter:
    """Processor time of the API and of PostgreSQL with all its processes, those that have ended included."""

    def __init__(self, server: Api, engine: Engine) -> None:
        with engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        self.server, self.postmaster = server, psutil.Process(backend).parent()

    def read(self) -> tuple[float, float]:
        """Milliseconds of each so far."""
        assert self.postmaster
        seconds = sum(self.postmaster.cpu_times()[:4])  # its own and of its ended children
        for process in self.postmaster.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                seconds += sum(process.cpu_times()[:2])
        return 1000 * self.server.processor_seconds(), 1000 * seconds


def measure(client: httpx.Client, pages: Sequence[Page], repeats: int, meter: Meter) -> None:
    """Ask all pages in turns."""
    for turn in range(WARM + repeats):
        for page in pages:
            before, begin = meter.read(), time.perf_counter()
            with client.stream("GET", page.path, headers=page.headers) as response:
                size = sum(map(len, response.iter_raw()))
            taken = time.perf_counter() - begin
            assert response.status_code == 200, f"{page.path}: {response.status_code}"
            if turn >= WARM:
                page.times.append(1000 * taken)
                for i, (now, then) in enumerate(zip(meter.read(), before, strict=True)):
                    page.busy[i] += now - then
                page.size = size


def tell(pages: Sequence[Page]) -> None:
    """A line a page, figures beside bars, slowest last."""
    count = len(pages[0].times)
    print(f"\nmilliseconds; {count} requests each, {machine()}")
    print(f"{'page':<38} {'p50':>6} {'p95':>6} {'max':>6}  {'API':>5} {'SQL':>6} {'kB':>6}   bar, p95")
    for page in sorted(pages, key=p95):
        middle, high, (own, sql) = statistics.median(page.times), p95(page), page.busy
        print(
            f"{page.name:<38} {middle:6.1f} {high:6.1f} {max(page.times):6.1f}  {own / count:5.1f}"
            f" {sql / count:6.1f} {page.size / 1000:6.1f}   {page.bar:g}:"
            f" {'met' if high <= page.bar else 'MISSED'}",
            flush=True,
        )


def p95(page: Page) -> float:
    ordered = sorted(page.times)
    return ordered[int(0.95 * len(ordered))]


def weigh(client: httpx.Client, pages: Mapping[str, str]) -> None:
    """What a browser with an empty cache fetches, as sent: the page, and all that it and its styles name."""
    print(f"\n{'first load':<20} {'page, kB':>9} {'files':>6} {'all, kB':>8}   bar {WEIGHT_BAR:g}")
    for name, path in pages.items():
        size, html = fetched(client, path)
        assets = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', html))
        for style in [one for one in assets if ".css?" in one]:
            assets |= set(re.findall(r'url\("(/static/[^"#]+)', fetched(client, style)[1]))
        total = size + sum(fetched(client, one)[0] for one in assets)
        verdict = "met" if total <= 1000 * WEIGHT_BAR else "MISSED"
        print(f"{name:<20} {size / 1000:9.1f} {len(assets):6} {total / 1000:8.1f}   {verdict}")


def fetched(client: httpx.Client, path: str) -> tuple[int, str]:
    """Bytes as sent, and the text."""
    response = client.get(path).raise_for_status()
    return response.num_bytes_downloaded, response.text


if __name__ == "__main__":
    main()
