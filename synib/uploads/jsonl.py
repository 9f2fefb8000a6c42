"""Reads metadata in JSON Lines: an object a line, its values texts and numbers."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from synib.uploads.blocks import Job, Progress
from synib.uploads.faults import RowFaults, refuse
from synib.uploads.layout import Layout, understand
from synib.uploads.tables import LISTS, TableReader

LINE: Final = 4 * 2**20
"""Most bytes of a line."""
ROWS: Final = 1024
HUGE: Final = 10**300
"""Whole numbers beyond are no floats."""


def read_jsonl(job: Job, archive: bool = True) -> TableReader | None:
    """Keys may be left out where an example lacks them."""
    names: dict[str, None] = {}
    for row in _rows(job.source):
        names |= dict.fromkeys(row)
        if len(names) > job.limits.columns:
            break
    layout = understand([*names], job.asked, job.faults, job.limits, archive, job.labelled)
    if layout is None:
        return None
    return TableReader(layout, partial(_batches, job.source, layout, job.faults), job.limits)


def _batches(source: Path, layout: Layout, faults: RowFaults) -> Iterator[tuple[Any, Progress]]:
    import pyarrow as pa  # noqa: PLC0415

    numbers = [name for columns in layout.numbers.values() for name in columns]
    columns: dict[str, list[Any]] = {name: [] for name in (*layout.texts, *numbers)}
    done = 0

    def batch() -> Any:
        kinds = dict.fromkeys(layout.texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
        made = pa.record_batch({name: pa.array(values, kinds[name]) for name, values in columns.items()})
        for values in columns.values():
            values.clear()
        return made

    for row in _rows(source):
        for name in layout.texts:
            columns[name].append(_text(name, row.get(name), done, layout, faults))
        for name in numbers:
            columns[name].append(_number(name, row.get(name), done, faults))
        done += 1
        if done % ROWS == 0:
            yield batch(), Progress(done, done)
    yield batch(), Progress(done, done)


def _text(name: str, value: Any, row: int, layout: Layout, faults: RowFaults) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if name == layout.label or name in layout.about:
        if isinstance(value, bool | int | float):
            return str(value).lower() if isinstance(value, bool) else repr(value)
        if name == layout.label:
            faults.seen(name, "list", [row], LISTS, json.dumps(value))
            return "?"
    faults.seen(name, "text", [row], f"{json.dumps(value)[:40]} is no text", json.dumps(value))
    return "?"


def _number(name: str, value: Any, row: int, faults: RowFaults) -> float | None:
    if value is None:
        return None
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < HUGE):
        return float(value)
    detail = f"{json.dumps(value)[:40]} is no number; write it like 0.25"
    faults.seen(name, "number", [row], detail, json.dumps(value))
    return None


def _rows(source: Path) -> Iterator[dict[str, Any]]:
    with source.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE + 1), b""), 1):
            if len(line) > LINE:
                raise refuse(f"line {number:,} of the metadata is longer than {LINE // 2**20} MiB")
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_once)
            except UnicodeDecodeError:
                raise refuse(f"line {number:,} of the metadata is not UTF-8; save it as UTF-8") from None
            except (ValueError, RecursionError) as error:
                raise refuse(f"line {number:,} of the metadata is no JSON ({str(error)[:80]})") from None
            if b"\\ud" in line.lower() and not _is_unicode(row):
                raise refuse(f"line {number:,} of the metadata has half of a surrogate pair; remove it")
            if not isinstance(row, dict):
                raise refuse(f"line {number:,} of the metadata is no object; write one {{…}} a line")
            yield row


def _is_unicode(row: Any) -> bool:
    try:
        return bool(json.dumps(row, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > len(row := dict(pairs)):
        raise ValueError("a key is there twice")
    return row
