"""Looks at the messages of an Arrow file before Arrow does: what they unpack to, and how many rows they have.

A compressed batch can only be read whole, and says itself how large it becomes: a file of a megabyte can ask
for any amount of memory. The layout of messages is that of the Arrow columnar format, version 1.5, section
"Serialization and interprocess communication": flatbuffers, read here with `struct`.
"""

import struct
from pathlib import Path
from typing import Any, Final

from synib.uploads.faults import refuse
from synib.uploads.limits import Limits

MAGIC: Final = b"ARROW1"
PADDED: Final = 8
"""Bytes of the magic at the begin of a file; a stream of messages follows."""


def opened(source: Path) -> Any:
    """The file as a memory map that stands at its first message.

    Raises:
        TableError: it is cut off.
    """
    import pyarrow as pa  # noqa: PLC0415

    file = pa.memory_map(str(source))
    if file.read(len(MAGIC)) != MAGIC:
        file.seek(0)
        return file
    file.seek(file.size() - len(MAGIC))
    if file.read(len(MAGIC)) != MAGIC:
        raise refuse("the file is no whole Arrow file; it does not end as one and may have been cut off")
    file.seek(PADDED)
    return file


def check_batches(source: Path, limits: Limits) -> int:
    """Rows of all batches, as they say.

    Raises:
        TableError: a compressed batch unpacks to too much, or a message is none.
    """
    import pyarrow as pa  # noqa: PLC0415

    rows = unpacked = 0
    messages = pa.ipc.MessageReader.open_stream(opened(source))
    for message in iter(lambda: next(messages, None), None):
        if message.type == "schema":
            continue
        try:
            length, size = _measured(memoryview(message.metadata), memoryview(message.body), message.type)
        except struct.error:
            raise refuse("the file is no whole Arrow file; a message points outside of itself") from None
        rows += length if message.type == "record batch" else 0
        unpacked += size
        if size > limits.batch:
            detail = f"a batch unpacks to {size / 2**20:,.0f} MiB; write batches of at most"
            raise refuse(f"{detail} {limits.batch / 2**20:,.0f} MiB, or uncompressed ones")
    if unpacked > limits.unpacked:
        most = limits.unpacked / 2**30
        raise refuse(f"the file unpacks to {unpacked / 2**30:.1f} GiB; use at most {most:g}")
    return rows


def _measured(metadata: memoryview, body: memoryview, kind: str) -> tuple[int, int]:
    """Rows and bytes that a batch takes beside what is in the file: none if it is not compressed."""
    header = _follow(metadata, _field(metadata, _follow(metadata, 0), 2))
    if kind == "dictionary":
        header = _follow(metadata, _field(metadata, header, 1))
    at = _field(metadata, header, 0)
    rows = struct.unpack_from("<q", metadata, at)[0] if at else 0
    buffers = _field(metadata, header, 2)
    if not buffers or not _field(metadata, header, 3):
        return rows, 0
    buffers = _follow(metadata, buffers)
    size = 0
    for i in range(struct.unpack_from("<I", metadata, buffers)[0]):
        offset, length = struct.unpack_from("<qq", metadata, buffers + 4 + 16 * i)
        if length:  # -1: this one was left as it is
            size += max(0, struct.unpack_from("<q", body, offset)[0])
    return rows, size


def _follow(data: memoryview, at: int) -> int:
    return int(at + struct.unpack_from("<I", data, at)[0])


def _field(data: memoryview, table: int, number: int) -> int:
    """Where a table's field is; 0 if it has none."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", data, vtable)[0]:
        return 0
    offset = struct.unpack_from("<H", data, vtable + place)[0]
    return table + offset if offset else 0
