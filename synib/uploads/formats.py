"""Which format a file of data has, by its first bytes: its name is not asked."""

import json
import struct
import tarfile
from pathlib import Path
from typing import Final, Literal, get_args

from synib.tables.sources import FOREIGN
from synib.uploads.faults import refuse

Format = Literal["csv", "parquet", "arrow", "npz", "safetensors", "tar", "zip"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
ARROW_STREAM: Final = b"\xff\xff\xff\xff"
HEAD: Final = 512
"""Bytes of a tar's first header."""


def sniff(source: Path) -> Format:
    """The format.

    Raises:
        TableError: the file is empty, or one that we know and do not read.
    """
    with source.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise refuse("the file is empty")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", ARROW_STREAM)):
        return "arrow"
    if head.startswith(b"PK\x03\x04"):
        return "npz" if _has_arrays(source) else "zip"
    if _is_tar(head):
        return "tar"
    if len(head) > 8 and head[8:9] == b"{" and struct.unpack("<Q", head[:8])[0] < 2**40:
        return "safetensors"
    for begin, why in FOREIGN.items():
        if head.startswith(begin):
            raise refuse(f"the file {why}")
    if b"\0" in head:
        raise refuse(f"the file is none of {', '.join(FORMATS)}; a table is CSV in UTF-8, Parquet or Arrow")
    if head.lstrip().startswith((b"{", b"[")) and _is_json(head):
        raise refuse("the file is JSON; write the table as CSV, Parquet or Arrow")
    return "csv"


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return head[257:262] == b"ustar"
    return True


def _has_arrays(source: Path) -> bool:
    """Whether the first file of a ZIP is an array."""
    with source.open("rb") as file:
        header = file.read(30)
        length = struct.unpack("<H", header[26:28])[0] if len(header) == 30 else 0
        return file.read(length).endswith(b".npy")


def _is_json(head: bytes) -> bool:
    line = head.split(b"\n")[0].strip()
    try:
        json.loads(line)
    except ValueError:
        return line in (b"{", b"[")
    return True
