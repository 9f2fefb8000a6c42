"""Files of data for tests: written without our own code, so that what is wrong stays wrong."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from PIL import Image
from safetensors.numpy import save

from synib import spec
from synib.uploads import Limits, Profile, convert

Table = Mapping[str, Sequence[Any]]
N = 12
RNG = np.random.default_rng(0)

GOOD: dict[str, list[Any]] = {
    "voice:pitch": [float(i) for i in range(N)],
    "voice:loud": [i / 8 for i in range(N)],
    "face:smile": [(-1.0) ** i * i for i in range(N)],
    "label": ["no", "yes", "maybe"] * 4,
    "split": ["train"] * 6 + ["validation"] * 3 + ["test"] * 3,
}
"""Two modalities, three classes, a split."""
ARRAYS: dict[str, Any] = {
    "voice": np.stack([GOOD["voice:loud"], GOOD["voice:pitch"]], axis=1),  # sorted by name
    "face": np.array(GOOD["face:smile"])[:, None],
    "label": np.array(GOOD["label"]),
    "split": np.array(GOOD["split"]),
}
"""The same as arrays."""


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {name: values for name, values in (GOOD | more).items() if name not in names}


def renamed(old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: values for name, values in GOOD.items()}


def changed(name: str, row: int, value: Any) -> dict[str, Any]:
    values = list(GOOD[name])
    values[row] = value
    return GOOD | {name: values}


def as_csv(table: Table) -> bytes:
    rows = [",".join(map(str, row)) for row in zip(*table.values(), strict=True)]
    return "\n".join([",".join(table), *rows]).encode()


def as_parquet(table: Mapping[str, Any], **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(dict(table)), sink, **options)
    return bytes(sink.getvalue())


def as_arrow(table: Mapping[str, Any], compression: str | None = None, stream: bool = False) -> bytes:
    whole, sink = pa.table(dict(table)), pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, whole.schema, options=options) as writer:
        writer.write_table(whole)
    return bytes(sink.getvalue())


def as_npz(arrays: Mapping[str, Any], compressed: bool = True) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def as_safetensors(arrays: Mapping[str, Any]) -> bytes:
    return save({name: np.ascontiguousarray(values) for name, values in arrays.items()})


def safetensors_of(header: Mapping[str, Any], data: bytes) -> bytes:
    """A file whose header may lie."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def image(seed: int = 0, kind: str = "png", size: tuple[int, int] = (24, 32)) -> bytes:
    """Blobs, not noise: re-encoding changes it as little as a photograph."""
    rng = np.random.default_rng(seed)
    file = io.BytesIO()
    small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
    small.resize(size[::-1], Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


def recording(seed: int = 0, kind: str = "WAV", rate: int = 8000, loud: float = 0.3) -> bytes:
    """Half a second of some tones, one after the other."""
    rng = np.random.default_rng(seed)
    pitches = np.repeat(rng.uniform(100, 3000, 8), rate // 16)
    file = io.BytesIO()
    soundfile.write(file, loud * np.sin(2 * np.pi * np.cumsum(pitches) / rate), rate, format=kind)
    return file.getvalue()


def media(examples: int = N) -> dict[str, Any]:
    """Files of an archive by name, and under "rows" the metadata."""
    files: dict[str, Any] = {"rows": []}
    for i in range(examples):
        files[f"face/{i}.png"], files[f"voice/{i}.wav"] = image(i), recording(i)
        row = {"face_file_name": f"face/{i}.png", "voice_file_name": f"voice/{i}.wav"}
        row |= {"said_text": f"sentence {i}", "sensor:a": i, "label": "ny"[i % 2]}
        files["rows"].append(row | {"split": GOOD["split"][i] if examples == N else "train"})
    return files


def metadata_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(str(row.get(name, "")) for name in names) for row in rows]
    return "\n".join([",".join(names), *lines]).encode()


def packed(files: Mapping[str, Any], metadata: str = "metadata.csv") -> dict[str, bytes]:
    """The files, the rows written out."""
    rows = files["rows"]
    lines = [json.dumps({name: value for name, value in row.items() if value != ""}) for row in rows]
    said = metadata_csv(rows) if metadata.endswith("csv") else "\n".join(lines).encode()
    return {name: content for name, content in files.items() if name != "rows"} | {metadata: said}


def as_zip(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def as_tar(files: Mapping[str, bytes], *more: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return file.getvalue()


def made(
    content: bytes, folder: Path, limits: Limits | None = None, name: str = "ready", **asked: Any
) -> Profile:
    """What a file becomes, in ``folder / name``."""
    source = folder / f"{name}.source"
    source.write_bytes(content)
    return convert(source, folder / name, spec.Upload(**asked), limits=limits or Limits())
