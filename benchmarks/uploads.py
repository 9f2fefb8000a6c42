"""Memory and speed of uploads: a large table and an archive of many media files.

    python -m benchmarks.uploads --table 2048 --files 10000 [--formats csv zip] [--only conversion|service]

First each is converted in a process of its own. Memory is the largest resident size of that process beyond
what it has before it opens the file, when even the libraries that read tables, images and recordings are not
loaded yet. Then each is sent to a whole service by its client, which is cut off half way and begins again.
Memory is what all processes of the API and of the workers have together, beyond what they have when nothing
happens and a first small table has been read.
"""

import argparse
import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Self

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import soundfile
from PIL import Image

from app.client import Client
from app.embedded.service import Service
from benchmarks.servers import machine

BAR = 300  # MiB over idle
COLUMNS = 64  # of each of two modalities
ROWS = 20_000  # written at a time
CONVERT = """
import json, resource, sys, time
from pathlib import Path
import psutil
from synib import spec
from synib.uploads import convert
idle, begun = psutil.Process().memory_info().rss / 2**20, time.perf_counter()
profile = convert(Path(sys.argv[1]), Path(sys.argv[2]), spec.Upload())
seconds, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
said = {"examples": profile.examples, "seconds": seconds, "memory": used.ru_maxrss / 2**10 - idle}
print(json.dumps(said | {"cpu": used.ru_utime + used.ru_stime}))
"""


def main() -> None:
    asked = argparse.ArgumentParser(description="Memory and speed of uploads.")
    asked.add_argument("--table", type=int, default=256, help="MiB of the table")
    asked.add_argument("--files", type=int, default=2000, help="media files: half images, half recordings")
    asked.add_argument("--formats", nargs="+", default=["csv", "parquet", "zip"])
    asked.add_argument("--only", choices=["conversion", "service"])
    options = asked.parse_args()
    for kind in options.formats:
        with tempfile.TemporaryDirectory() as name:
            source = Path(name) / "source"
            if kind == "zip":
                _write_media(source, options.files)
            else:
                _write_table(source, kind, options.table * 2**20)
            if options.only != "service":
                _report(kind, source, Path(name) / "ready")
                shutil.rmtree(Path(name) / "ready")
            if options.only != "conversion":
                _send(kind, source, Path(name) / "home")


def _report(kind: str, source: Path, into: Path) -> None:
    command = [sys.executable, "-c", CONVERT, str(source), str(into)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    size = source.stat().st_size / 2**20
    print(
        f"{kind}, {size:,.0f} MiB, {said['examples']:,} examples: {said['seconds']:.1f} s, "
        f"{said['cpu']:.1f} s of CPU, {size / said['seconds']:.1f} MiB/s; {said['memory']:.0f} MiB over "
        f"idle; bar {BAR}: {_verdict(said['memory'])}; {machine()}",
        flush=True,
    )


class Cut(Exception):
    """The line is cut."""


class Memory:
    """What our processes, all below this one, have together, MiB, while something happens."""

    def __init__(self) -> None:
        self.idle = self.most = self.now()
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watching.join()

    def now(self) -> float:
        """Each page counted once: forked processes share what they began with."""
        found = 0
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.name().startswith(("python", "synib")):  # not PostgreSQL and Valkey
                    found += process.memory_full_info().pss
        return found / 2**20

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.most = max(self.most, self.now())


def _send(kind: str, source: Path, home: Path) -> None:
    """Half of it and, begun anew, the rest; and have it read."""
    size, told = source.stat().st_size, set()

    def cut(done: int, total: int) -> None:
        if done > total // 2:
            raise Cut

    with Service(home, temporary=True) as service, Client(service.url) as synib:
        first = home.parent / "first"
        _write_table(first, "csv", 1)
        synib.datasets.wait(synib.datasets.upload(first).id)  # what a worker loads for its first run is there
        time.sleep(5)  # and the process that read it is gone
        with Memory() as memory:
            begun = time.perf_counter()
            with contextlib.suppress(Cut):
                synib.datasets.upload(source, progress=cut)
            there, *_ = synib.datasets.list()
            made = synib.datasets.upload(source)
            arrived = time.perf_counter() - begun
            ready = synib.datasets.wait(
                made.id, every=0.2, seen=lambda one: told.add((one.progress.stage, one.progress.done))
            )
            seconds = time.perf_counter() - begun
    assert ready.state == "ready", ready.reason
    assert ready.id == there.id, "what was cut off was not gone on with"
    over = memory.most - memory.idle
    print(
        f"{kind}, {size / 2**20:,.0f} MiB, through a service: there after {arrived:.1f} s, ready after "
        f"{seconds:.1f} s; cut off at {there.progress.received / size:.0%} and gone on with; progress told "
        f"{len(told)} times; {over:.0f} MiB over the {memory.idle:.0f} MiB of idle processes; bar {BAR}: "
        f"{_verdict(over)}; {machine()}",
        flush=True,
    )


def _verdict(memory: float) -> str:
    return "met" if memory < BAR else "MISSED"


def _write_table(path: Path, kind: str, size: int) -> None:
    """About ``size`` bytes of random numbers, with ids, labels and groups."""
    rng, writer, done = np.random.default_rng(0), None, 0
    while not path.exists() or path.stat().st_size < size:
        values = rng.normal(size=(2 * COLUMNS, ROWS)).astype(np.float32)
        columns = {f"{'ab'[i % 2]}:{i // 2}": pa.array(column) for i, column in enumerate(values)}
        columns["label"] = pa.array(rng.integers(0, 5, ROWS))
        columns["example_id"] = pa.array([f"example {done + i}" for i in range(ROWS)])
        columns["group"] = pa.array([f"speaker {(done + i) // 50}" for i in range(ROWS)])
        table = pa.table(columns)
        if writer is None:
            make = pacsv.CSVWriter if kind == "csv" else pq.ParquetWriter
            writer = make(str(path), table.schema)
        writer.write_table(table)
        done += ROWS
    writer.close()


def _write_media(path: Path, files: int) -> None:
    """Half of them images of 256 × 256, half recordings of two seconds at 16 kHz."""
    rng = np.random.default_rng(0)
    rows = ["face_file_name,voice_file_name,label"]
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(files // 2):
            image, voice = io.BytesIO(), io.BytesIO()
            small = Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))
            small.resize((256, 256), Image.Resampling.BICUBIC).save(image, "jpeg")
            soundfile.write(voice, 0.1 * rng.normal(size=32_000), 16_000, format="WAV")
            archive.writestr(f"face/{i}.jpg", image.getvalue())
            archive.writestr(f"voice/{i}.wav", voice.getvalue())
            rows.append(f"face/{i}.jpg,voice/{i}.wav,{i % 3}")
        archive.writestr("metadata.csv", "\n".join(rows))


if __name__ == "__main__":
    main()
