"""Memory and speed of uploads: a large table and an archive of many media files, each converted in a process
of its own.

    python benchmarks/uploads.py --table 2048 --files 10000

Memory is the largest resident size of that process beyond what it has before it opens the file, when even
the libraries that read tables, images and recordings are not loaded yet.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import soundfile
from PIL import Image

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
    options = asked.parse_args()
    names = ("file", "MiB", "examples", "seconds", "of CPU", "MiB/s", "MiB over idle")
    print("{:8} {:>7} {:>10} {:>8} {:>7} {:>6} {:>14}".format(*names))
    for kind in options.formats:
        with tempfile.TemporaryDirectory() as name:
            source = Path(name) / "source"
            if kind == "zip":
                _write_media(source, options.files)
            else:
                _write_table(source, kind, options.table * 2**20)
            _report(kind, source, Path(name) / "ready")


def _report(kind: str, source: Path, into: Path) -> None:
    command = [sys.executable, "-c", CONVERT, str(source), str(into)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    size = source.stat().st_size / 2**20
    verdict = "met" if said["memory"] < BAR else "MISSED"
    print(
        f"{kind:8} {size:7,.0f} {said['examples']:10,} {said['seconds']:8.1f} {said['cpu']:7.1f} "
        f"{size / said['seconds']:6.1f} {said['memory']:14.0f}   bar {BAR}: {verdict}",
        flush=True,
    )


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
