"""The arrays of a safetensors file: a header in JSON that says of each its type, shape and place.

Read by hand, since the header is to be checked before anything is believed: places must follow one another
without gap or overlap and end with the file. Format: eight bytes of length, the header, the values.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, Final, TypeGuard

import numpy as np

from synib.problems import TableError
from synib.uploads.faults import refuse

HEADER: Final = 16 * 2**20
"""Most bytes of the header."""
KINDS: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "|b1",
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """One array."""

    kind: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    """Where its values are in the file, in bytes."""
    end: int


class Safetensors:
    """An open file."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.members = self._look()
        self.kinds = {name: tensor.kind for name, tensor in self.members.items()}
        self.shapes = {name: tensor.shape for name, tensor in self.members.items()}

    def values(self, name: str) -> IO[bytes]:
        """A stream of the values of one."""
        file = self._source.open("rb")
        file.seek(self.members[name].begin)
        return file

    def _look(self) -> dict[str, Tensor]:
        whole = self._source.stat().st_size
        with self._source.open("rb") as file:
            length = struct.unpack("<Q", file.read(8))[0]
            if length > min(HEADER, whole - 8):
                raise _broken(f"its header says it has {length:,} bytes")
            try:
                header = json.loads(file.read(length).decode(), object_pairs_hook=_once)
            except (ValueError, RecursionError) as error:
                raise _broken(f"its header is no JSON: {str(error)[:80]}") from None
        if not isinstance(header, dict):
            raise _broken("its header is no JSON object")
        header.pop("__metadata__", None)
        tensors = {name: _tensor(name, about, 8 + length) for name, about in header.items()}
        at = 8 + length
        for name, tensor in sorted(tensors.items(), key=lambda pair: (pair[1].begin, pair[1].end)):
            if tensor.begin != at:
                what = "overlaps another array" if tensor.begin < at else "leaves a gap before it"
                raise refuse(f"{what}: its data_offsets lie; write the file with safetensors", name)
            at = tensor.end
        if at != whole:
            missing = "it was cut off" if at > whole else "there is something behind its last array"
            raise _broken(f"its arrays end at byte {at:,} of {whole:,}: {missing}")
        return tensors


def _tensor(name: str, about: Any, base: int) -> Tensor:
    if not isinstance(about, Mapping):
        raise refuse("is not described as an array in the header", name)
    shape, offsets = about.get("shape"), about.get("data_offsets")
    if about.get("dtype") not in KINDS:
        raise refuse(f"is of type {about.get('dtype')}; use {', '.join(KINDS)}", name, about.get("dtype"))
    if not (_naturals(shape, 32) and _naturals(offsets, 2) and len(offsets) == 2):
        raise refuse("has a shape or data_offsets that are no lists of natural numbers", name)
    kind = np.dtype(KINDS[about["dtype"]])
    size = prod(shape) * kind.itemsize
    if size != offsets[1] - offsets[0]:
        detail = f"says the shape {tuple(shape)} of {size:,} bytes, and has {offsets[1] - offsets[0]:,}"
        raise refuse(f"{detail}; write the file with safetensors", name)
    return Tensor(kind, tuple(shape), base + offsets[0], base + offsets[1])


def _naturals(value: Any, most: int) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= most
        and all(type(one) is int and 0 <= one < 2**62 for one in value)
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > len(found := dict(pairs)):
        raise ValueError("a name is there twice")
    return found


def _broken(why: str) -> TableError:
    return refuse(f"the file is no whole safetensors file: {why}")
