"""The API over a run of 200,000 examples: start, pages first and deep, requests a second, memory of exports.

    python -m benchmarks.api [--rows 200000]

A uvicorn process of its own over a fresh PostgreSQL. First and deep pages take turns, so that whatever else
the machine does slows both; the median counts. The requester shares the machine with what it measures.
"""

import argparse
import asyncio
import statistics
import time
from pathlib import Path

import httpx
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.engine import make_engine, session_factory
from app.db.ids import RUN
from app.db.tables import Run
from app.examples.params import Cursor, Format, Sort
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from benchmarks.ingest import records
from benchmarks.servers import Api, api, postgres
from tests.factories import make_experiment, make_project
from worker.ingest import copy_examples

RATIO_BAR, START_BAR = 1.5, 2.0  # deep / first; seconds
REPORT = {
    "classes": ["even", "odd"],
    "groups": ["all_right", "only_joint"],
    "modalities": ["left", "right"],
    "subsets": ["left", "right", "left+right"],
}
FILTERS = {
    "none": {},
    "group": {"group": "only_joint"},
    "confidence": {"min_confidence": "0.9", "correct": "true"},
}
CONDITIONS = {
    "none": "",
    "group": 'AND "group" = 1',
    "confidence": "AND confidence >= 0.9 AND label = predicted",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with postgres() as url, session_factory(make_engine(Settings(database_url=url), "bench"))() as session:
        runs = fill(session, rows)
        starts = []
        for _ in range(5):
            with api(url) as server:
                starts.append(server.started)
        print(f"start, median of 5: {statistics.median(starts):.2f} s (bar {START_BAR:g} s)\n")
        with api(url) as server, httpx.Client(base_url=server.url, timeout=60) as client:
            pages(session, client, runs[0], rows)
            exports(client, runs[0], server)
            busy, begin = server.processor_seconds(), time.perf_counter()
            count = asyncio.run(ask(server.url, f"/v1/runs/{runs[0]}"))
            rate, cost = count / (time.perf_counter() - begin), (server.processor_seconds() - busy) / count
            print(f"GET run, 16 at once: {rate:.0f} requests/s, {cost * 1000:.2f} ms of processor each")


def fill(session: Session, rows: int) -> list[str]:
    """Three runs of one method, each with its examples, written as a worker writes them."""
    experiment = make_experiment(
        session, make_project(session), methods=[{"kind": "vanilla"}], replication={"seeds": 3}
    )
    ids = sorted(session.scalars(text("SELECT id FROM run")))
    runs = [session.get_one(Run, RUN.process_result_value(run_id, None)) for run_id in ids]
    for run in runs:
        claimed = lease.claim(session, run.id, 0, "bench", 60)
        assert claimed
        transition(session, claimed, Status.RUNNING)
        copy_examples(session.connection().connection.driver_connection, run.id, records(rows, 2, run.seed))
        transition(session, claimed, Status.SUCCEEDED)
        run.report = REPORT
        session.commit()
    session.execute(text("ANALYZE example"))  # as autovacuum does within a minute
    session.commit()
    print(f"{len(runs)} runs of {rows:,} examples in {experiment.id}")
    return [run.id for run in runs]


def pages(session: Session, client: httpx.Client, run_id: str, rows: int) -> None:
    """First against deep pages of 100 rows, in every order and through every filter."""
    print(f"{'sort':<12} {'filter':<12} {'first, ms':>9} {'deep, ms':>9} {'ratio':>6}   bar {RATIO_BAR:g}")
    path = f"/v1/runs/{run_id}/examples"
    for sort in (Sort.POSITION, Sort.POSITION_DOWN, Sort.SYNERGY, Sort.SYNERGY_DOWN, Sort.CONFIDENCE_DOWN):
        for name, chosen in FILTERS.items():
            first = chosen | {"sort": sort}
            deep = first | {"after": cursor(session, run_id, sort, name)}
            times: dict[str, list[float]] = {"first": [], "deep": []}
            for turn in range(33):
                for depth, params in (("first", first), ("deep", deep)):
                    begin = time.perf_counter()
                    answer = client.get(path, params=params)
                    taken = time.perf_counter() - begin
                    assert len(answer.raise_for_status().json()["data"]) == 100
                    if turn >= 3:  # connections, caches and prepared plans
                        times[depth].append(taken * 1000)
            near, far = statistics.median(times["first"]), statistics.median(times["deep"])
            note = "" if sort.column in ("position", "synergy") else "   no index"
            print(f"{sort:<12} {name:<12} {near:9.1f} {far:9.1f} {far / near:6.2f}{note}")
    print()


def cursor(session: Session, run_id: str, sort: Sort, name: str) -> str:
    """Behind nine tenths of the matching rows."""
    way = "DESC" if sort.descending else "ASC"
    where = f"WHERE run_id = :run {CONDITIONS[name]}"
    order = f"ORDER BY {sort.column} {way}, position {way}"
    run = {"run": run_id.removeprefix("run_")}
    count = session.scalars(text(f"SELECT count(*) FROM example {where}"), run).one()
    query = f"SELECT {sort.column}, position FROM example {where} {order} OFFSET {count * 9 // 10} LIMIT 1"
    value, position = session.execute(text(query), run).one()
    session.rollback()
    return Cursor(value, position).encode(sort)


def exports(client: httpx.Client, run_id: str, server: Api) -> None:
    """Time, size and the process's growth, the first import of pyarrow aside."""
    path = f"/v1/runs/{run_id}/examples"
    before = server.resident()
    client.get(path, params={"format": "parquet", "split": "none"}).raise_for_status()
    print(f"resident {before:.0f} MiB, {server.resident():.0f} MiB with pyarrow")
    print(f"{'export':<10} {'sort':<10} {'s':>6} {'MiB':>7} {'growth at peak, MiB':>20}")
    for to in (Format.CSV, Format.PARQUET, Format.ARROW, Format.NDJSON):
        for sort in (Sort.POSITION, Sort.SYNERGY_DOWN):
            before = server.resident()
            Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak counts from here
            begin, size = time.perf_counter(), 0
            with client.stream("GET", path, params={"format": to, "sort": sort}) as answer:
                for piece in answer.iter_raw():
                    size += len(piece)
            taken = time.perf_counter() - begin
            growth = server.resident("VmHWM") - before
            print(f"{to:<10} {sort:<10} {taken:6.1f} {size / 2**20:7.1f} {growth:20.0f}")
    print()


async def ask(base: str, path: str, at_once: int = 16, seconds: float = 5) -> int:
    """How many requests are answered; by bare sockets, since an HTTP library takes more than the server."""
    host, port = base.removeprefix("http://").split(":")
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()

    async def ask_on(until: float) -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        count = 0
        while time.perf_counter() < until:
            writer.write(asked)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith(b"http/1.1 200")
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
            count += 1
        writer.close()
        return count

    until = time.perf_counter() + seconds
    return sum(await asyncio.gather(*(ask_on(until) for _ in range(at_once))))


if __name__ == "__main__":
    main()
