"""Event streams: what idle ones cost, how soon a logged point is seen, and how a process stops with them.

    python -m benchmarks.streams [--streams 500] [--points 200] [--seconds 20]

Every stream follows a run of its own that is at work. Points are told as workers tell them
(`app.runs.lease.record`, committed); a clock starts at the commit and stops where the event has been read by
a client, or where Chromium has drawn it. Times of day are compared, all of this machine.
"""

import argparse
import asyncio
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.db.engine import make_engine, session_factory
from app.db.tables import Run
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from benchmarks.servers import Api, api, machine, postgres
from tests.app.dashboard.browser import chromium, missing
from tests.app.dashboard.rows import numbers
from tests.factories import make_experiment, make_project

MEMORY_BAR, LIVE_BAR, STOP_BAR = 150.0, 2.0, 3.0  # MiB over idle, seconds, seconds
TALKING = 20  # of the runs tell points
DRAWN = 40  # points that a browser is watched for

Tokens = dict[str, str]
"""Of the leases, by run."""
Sessions = sessionmaker[Session]


@dataclass
class Stream:
    """One that is open: when each event came, by its number, and how it ended."""

    run: str
    arrived: dict[int, float] = field(default_factory=dict)
    whole: bool | None = None
    """Whether it ended with the chunk that says so; None while it is open."""

    async def follow(self, host: str, port: int, opened: asyncio.Semaphore) -> None:
        """Read until the server ends it; ``opened`` is released at the first byte of the body."""
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(f"GET /v1/runs/{self.run}/stream HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        line = await reader.readline()
        opened.release()
        last = line
        while line := await reader.readline():
            if line.startswith(b"id: "):
                self.arrived[int(line[4:])] = time.time()
            last = line if line.strip() else last
        self.whole = last == b"0\r\n"
        writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20, help="that idle streams are watched for")
    given = parser.parse_args()
    with postgres() as url, tempfile.TemporaryDirectory() as folder:
        engine = make_engine(Settings.model_validate({"database_url": url}), "bench")
        sessions = session_factory(engine)
        tokens = fill(sessions, given.streams)
        print(f"{given.streams} runs at work; {machine()}\n")
        for number in (signal.SIGTERM, signal.SIGINT):
            log = Path(folder) / f"{number.name}.log"
            with api(url, log, "info") as server:
                asyncio.run(measure(server, sessions, tokens, number, log, given))
        engine.dispose()


def fill(sessions: Sessions, count: int) -> Tokens:
    """So many runs at work, for an hour."""
    with sessions.begin() as session:
        project = make_project(session)
        for _ in range(-(-count // 20)):
            make_experiment(session, project, replication={"seeds": 10})  # of two methods
        tokens = {}
        for run in session.scalars(select(Run).order_by(Run.id).limit(count)).all():
            claimed = lease.claim(session, run.id, run.attempt, "bench", 3600)
            assert claimed
            assert claimed.lease_token
            transition(session, claimed, Status.RUNNING)
            tokens[run.id] = claimed.lease_token
    return tokens


async def measure(
    server: Api,
    sessions: Sessions,
    tokens: Tokens,
    number: signal.Signals,
    log: Path,
    given: argparse.Namespace,
) -> None:
    """Everything with SIGTERM at the end; with SIGINT only the stop."""
    streams = [Stream(run) for run in tokens]
    pages(server, next(iter(tokens)))  # what is imported and pooled late is there before we count
    before = server.resident()
    following = await open_all(server, streams)
    if number is signal.SIGTERM:
        await idle(server, before, len(streams), given.seconds)
        await live(sessions, tokens, streams, given.points)
        if why := missing():
            print(f"no browser: {why}")
        else:
            await asyncio.to_thread(browser, server, sessions, tokens)
    await stop(server, streams, following, number, log)


async def open_all(server: Api, streams: Sequence[Stream]) -> list[asyncio.Task[None]]:
    host, port = server.url.removeprefix("http://").split(":")
    opened = asyncio.Semaphore(0)
    following = [asyncio.create_task(stream.follow(host, int(port), opened)) for stream in streams]
    for _ in streams:
        await asyncio.wait_for(opened.acquire(), 60)
    return following


async def idle(server: Api, before: float, count: int, seconds: float) -> None:
    """Memory and processor time while nothing happens, and what an ordinary page takes meanwhile."""
    await asyncio.sleep(3)  # what happened before has been told
    busy, begin, most = server.processor_seconds(), time.perf_counter(), 0.0
    while time.perf_counter() - begin < seconds:
        await asyncio.sleep(0.5)
        most = max(most, server.resident())
    busy = (server.processor_seconds() - busy) / (time.perf_counter() - begin)
    print(
        f"{count} idle streams: {most - before:.0f} MiB over the {before:.0f} MiB without them,"
        f" {most:.0f} MiB in all; bar {MEMORY_BAR:g}: {verdict(most - before, MEMORY_BAR)};"
        f" {100 * busy:.0f} % of a core; {machine()}"
    )
    times = await asyncio.to_thread(pages, server, (await asyncio.to_thread(some_run, server)))
    print(f"a run's page meanwhile: {spread(times, 1000, 'ms')}\n")


def some_run(server: Api) -> str:
    """A run's id, out of the API."""
    found: str = httpx.get(f"{server.url}/v1/runs?limit=1").json()["data"][0]["id"]
    return found


def pages(server: Api, run: str, repeats: int = 100) -> list[float]:
    """Seconds that a run's page takes, one after another."""
    times = []
    with httpx.Client(base_url=server.url, headers={"Accept": "text/html"}, timeout=30) as client:
        for _ in range(repeats):
            begin = time.perf_counter()
            client.get(f"/runs/{run}").raise_for_status()
            times.append(time.perf_counter() - begin)
    return times


# --------------------------------------------------------------------------------------- live


async def live(sessions: Sessions, tokens: Tokens, streams: Sequence[Stream], points: int) -> None:
    """From commit to the client that has read the event, while all streams are open."""
    talking = streams[:TALKING]
    told = await asyncio.gather(
        *(asyncio.to_thread(talk, sessions, one.run, tokens[one.run], points // TALKING) for one in talking)
    )
    await asyncio.sleep(LIVE_BAR + 1)
    times, lost = [], 0
    for stream, commits in zip(talking, told, strict=True):
        for seq, committed in commits.items():
            if seq in stream.arrived:
                times.append(stream.arrived[seq] - committed)
            else:
                lost += 1
    print(
        f"a point until a client has read it, {len(streams)} streams open: {spread(times)}, {lost} never;"
        f" bar {LIVE_BAR:g} s: {verdict(max(times), LIVE_BAR)}; {machine()}"
    )


def talk(sessions: Sessions, run: str, token: str, points: int) -> dict[int, float]:
    """Tell points at any moment; when each was committed, by its number."""
    told, chance = {}, random.Random(run)
    for epoch in range(1, points + 1):
        time.sleep(chance.uniform(0.3, 1.7))
        seq = tell(sessions, run, token, epoch)
        told[seq] = time.time()
    return told


def tell(sessions: Sessions, run: str, token: str, epoch: int) -> int:
    """One epoch, as a trainer tells it; its number."""
    with sessions.begin() as session:
        lease.record(session, run, token, epoch, 94 * epoch, numbers(epoch), 1000)
        return session.scalars(select(Run.seq).where(Run.id == run)).one()


WATCH = """() => {
  window.drawn = {};
  const place = document.querySelector("[data-sentence]");
  new MutationObserver(() => {
    const epoch = place.textContent.match(/n = (\\d+) epochs/);
    if (epoch) requestAnimationFrame(() => { window.drawn[epoch[1]] ??= Date.now() / 1000; });
  }).observe(place, { childList: true, characterData: true, subtree: true });
}"""
"""The sentence is written after the curves are drawn; the next frame shows both."""


def browser(server: Api, sessions: Sessions, tokens: Tokens) -> None:
    """From commit to the frame in which Chromium has drawn the point, and said so."""
    run, token = list(tokens.items())[-1]
    chance, told = random.Random(0), {}
    with chromium() as context:
        page = context.new_page()
        page.goto(f"{server.url}/runs/{run}")
        page.evaluate(WATCH)
        for epoch in range(1, DRAWN + 1):
            time.sleep(chance.uniform(0.3, 1.7))
            tell(sessions, run, token, epoch)
            told[epoch] = time.time()
        page.wait_for_timeout(1000 * (LIVE_BAR + 1))
        drawn = {int(epoch): at for epoch, at in page.evaluate("() => window.drawn").items()}
    # Points that come together are drawn in one frame, under the number of the last.
    times = [
        min((at for last, at in drawn.items() if last >= epoch), default=1e9) - at
        for epoch, at in told.items()
    ]
    print(
        f"a point until Chromium has drawn it: {spread(times)}; bar {LIVE_BAR:g} s:"
        f" {verdict(max(times), LIVE_BAR)}; {machine()}\n"
    )


# --------------------------------------------------------------------------------------- stop


async def stop(
    server: Api,
    streams: Sequence[Stream],
    following: Sequence[asyncio.Task[None]],
    number: signal.Signals,
    log: Path,
) -> None:
    """Tell the process to stop, and look at how it and the streams end."""
    begin = time.perf_counter()
    server.process.send_signal(number)
    status = await asyncio.to_thread(server.process.wait)
    taken = time.perf_counter() - begin
    await asyncio.wait(following, timeout=5)
    whole = sum(stream.whole is True for stream in streams)
    said = log.read_text()
    orderly = "Finished server process" in said and not any(
        word in said for word in ("Traceback", "Cancel", "ERROR")
    )
    clean = orderly and whole == len(streams) and status in (0, -number)
    print(
        f"{number.name} with {len(streams)} streams open: ended after {taken:.2f} s with status {status}"
        f" (uvicorn ends by the signal that it was sent), {whole} streams ended whole,"
        f" log {'in order' if orderly else 'NOT IN ORDER'}; bar {STOP_BAR:g} s, clean:"
        f" {'met' if clean and taken <= STOP_BAR else 'MISSED'}; {machine()}"
    )
    if not orderly:
        print(said[-3000:])


# --------------------------------------------------------------------------------------- words


def spread(times: Sequence[float], factor: float = 1, unit: str = "s") -> str:
    ordered = sorted(factor * one for one in times)
    middle, p95 = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    return f"n = {len(ordered)}, p50 {middle:.2f}, p95 {p95:.2f}, max {ordered[-1]:.2f} {unit}"


def verdict(value: float, bar: float) -> str:
    return "met" if value <= bar else "MISSED"


if __name__ == "__main__":
    main()
