"""Scoring over HTTP beside the bare model: throughput, latency, and whether both say the same.

    python -m benchmarks.scoring [--data digits|vectors] [--seconds 5] [--rounds 5]

Trains a small model on a whole service of its own, promotes it, then asks it

1. 256 examples at a time, by `Scorer` in this process and over HTTP by some clients at once, in turns; the
   ratio is that of each pair of turns, and what is shown is their median;
2. one example at a time by 4 and by 16 clients, and how long each waits.

The bare model is asked for all that the service tells (each subset with the rest withheld), with as many
threads. Clients run in a process of their own. What was answered is compared with the library's numbers.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import psutil
import torch

from app.client import Client
from app.embedded.service import Service
from benchmarks.servers import machine
from synib.data import Dataset, load
from synib.scoring import Scorer
from synib.spec import parse_experiment

BATCH = 256
BARS = {"ratio": 0.80, "p50": 20.0, "p99": 80.0, "rate": 300.0}  # share, ms, ms, examples/s
DATA: dict[str, dict[str, Any]] = {
    "digits": {"dataset": {"kind": "paired_digits", "label": "parity_differs", "examples": 2000}},
    "vectors": {"dataset": {"kind": "gaussian_xor", "examples": 2000, "dims": 20}},
}


def body(data: Dataset, rows: np.ndarray) -> bytes:
    """A request with these examples."""
    return orjson.dumps(
        {
            "examples": [
                {
                    "label": data.classes[data.y[row]],
                    "x": {name: values[row].tolist() for name, values in data.x.items()},
                }
                for row in rows
            ]
        }
    )


# ------------------------------------------------------------------------------------------- clients


async def clients(url: str, bodies: list[bytes], number: int, seconds: float) -> list[tuple[int, float]]:
    """Ask over and over; status and seconds of each request."""
    answers: list[tuple[int, float]] = []
    until = time.perf_counter() + seconds
    headers = {"Content-Type": "application/json"}

    async def one(client: httpx.AsyncClient, place: int) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            answer = await client.post(url, content=bodies[place % len(bodies)], headers=headers)
            answers.append((answer.status_code, time.perf_counter() - began))
            place += number

    limits = httpx.Limits(max_connections=number)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:
        await asyncio.gather(*(one(client, place) for place in range(number)))
    return answers


def asked(url: str, bodies: Path, number: int, seconds: float) -> list[tuple[int, float]]:
    """The same from a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.scoring",
        "--client",
        url,
        str(bodies),
        str(number),
        str(seconds),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [(status, taken) for status, taken in json.loads(done.stdout)]


# -------------------------------------------------------------------------------------------- turns


def bare(scorer: Scorer, x: Mapping[str, np.ndarray], seconds: float) -> float:
    """Examples a second of the library in this process."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        scorer.score(x)
        count += BATCH
    return count / (time.perf_counter() - began)


def spent(name: str) -> float:
    """Seconds of processor time of the service's processes of that kind, all that there are now."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        if name in " ".join(process.cmdline()):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def throughput(url: str, folder: Path, scorer: Scorer, data: Dataset, given: argparse.Namespace) -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(data), BATCH)
    x = {name: values[rows] for name, values in data.x.items()}
    bodies = folder / "batch"
    write(bodies, [body(data, rows)])
    asked(url, bodies, given.clients, 1)
    bare(scorer, x, 1)
    ratios, alone, served = [], [], []
    used = dict.fromkeys(("uvicorn", "worker.scorer", "valkey"), 0.0)
    for turn in range(given.rounds):
        for who in ("bare", "served") if turn % 2 else ("served", "bare"):
            if who == "bare":
                alone.append(bare(scorer, x, given.seconds))
            else:
                before = {name: spent(name) for name in used}
                answers = asked(url, bodies, given.clients, given.seconds)
                used = {name: (spent(name) - before[name]) / len(answers) * 1e3 for name in used}
                well = sum(status == 200 for status, _ in answers)
                assert well == len(answers), f"{len(answers) - well} of {len(answers)} were refused"
                served.append(BATCH * well / given.seconds)
        ratios.append(served[-1] / alone[-1])
    print(
        f"batches of {BATCH}: bare {statistics.median(alone):,.0f} examples/s, served "
        f"{statistics.median(served):,.0f}; ratio {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}); bar {BARS['ratio']:.2f}; processor, last turn: "
        f"API {used['uvicorn']:.1f} ms, scorer {used['worker.scorer']:.1f} ms, Valkey {used['valkey']:.1f} "
        f"ms a batch; {machine()}"
    )


def latency(url: str, folder: Path, data: Dataset, number: int, given: argparse.Namespace) -> None:
    bodies = folder / "single"
    write(bodies, [body(data, np.array([row])) for row in range(64)])
    asked(url, bodies, number, 1)
    before = {name: spent(name) for name in ("uvicorn", "worker.scorer")}
    answers = asked(url, bodies, number, given.seconds)
    used = {name: (spent(name) - before[name]) / len(answers) * 1e3 for name in before}
    taken = sorted(seconds * 1e3 for _, seconds in answers)
    refused = sum(status != 200 for status, _ in answers)
    p50, p99 = taken[len(taken) // 2], taken[int(0.99 * len(taken))]
    rate = len(taken) / given.seconds
    print(
        f"{number:2d} clients, one example each: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {rate:,.0f} examples/s, "
        f"{refused} refused; processor: API {used['uvicorn']:.2f} ms, scorer {used['worker.scorer']:.2f} ms "
        f"a request; bars p50 {BARS['p50']:g}, p99 {BARS['p99']:g} (4 clients), {BARS['rate']:g}/s (16); "
        f"{machine()}"
    )


def agreement(url: str, scorer: Scorer, data: Dataset) -> None:
    rows = np.arange(min(600, len(data)))
    told = []
    for part in np.array_split(rows, 7):
        answer = httpx.post(url, content=body(data, part), headers={"Content-Type": "application/json"},
                            timeout=60, trust_env=False)  # fmt: skip
        told += answer.raise_for_status().json()["examples"]
    label = [data.classes[data.y[row]] for row in rows]
    records = scorer.score({name: values[rows] for name, values in data.x.items()}, label).records()
    numbers = [
        (one["confidence"] - other["confidence"], one["interaction"] - other["interaction"],
         one["synergy"] - other["synergy"])
        for one, other in zip(told, records, strict=True)
    ]  # fmt: skip
    print(
        f"API and library differ by {np.abs(numbers).max():.1e} at most over {len(rows)} examples; bar 1e-6"
    )


def write(path: Path, bodies: list[bytes]) -> None:
    path.write_bytes(b"\n".join(bodies))


def main() -> None:
    if sys.argv[1:2] == ["--client"]:
        url, bodies, number, seconds = sys.argv[2:]
        read = Path(bodies).read_bytes().split(b"\n")
        print(json.dumps(asyncio.run(clients(url, read, int(number), float(seconds)))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", choices=DATA, default="digits")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=3, help="that send batches")
    given = parser.parse_args()
    torch.set_num_threads(1)
    spec = DATA[given.data] | {
        "name": "scoring", "methods": [{"kind": "vanilla"}], "training": {"epochs": 2},
        "replication": {"seeds": 1}, "evaluation": {"resamples": 100},
    }  # fmt: skip
    data = load(parse_experiment(spec).dataset)
    with (
        tempfile.TemporaryDirectory(prefix="synib-scoring-") as home,
        Service(Path(home) / "home", temporary=True) as service,
        Client(service.url) as synib,
    ):
        posted = synib.experiments.submit(spec)
        synib.experiments.wait(posted.id)
        [run] = synib.experiments.get(posted.id).runs
        model = synib.models.promote(run.id, "bench")
        folder = Path(home) / "home" / "store" / "models" / model.id
        scorer = Scorer.load(folder)
        url = f"{service.url}/v1/models/bench/score"
        shapes = ", ".join(f"{name} {shape}" for name, shape in model.modalities.items())
        print(f"{given.data}: {shapes}; {machine()}")
        synib.models.score("bench", json.loads(body(data, np.arange(1)))["examples"], wait=60)
        agreement(url, scorer, data)
        throughput(url, Path(home), scorer, data, given)
        latency(url, Path(home), data, 4, given)
        latency(url, Path(home), data, 16, given)


if __name__ == "__main__":
    main()
