"""What API and scorers send each other: a head in JSON, then arrays as they lie in memory.

No pickle, nothing to unpack: 256 examples of two images cost their copying.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

KINDS: Final = frozenset(["<f4", "<f8", "<i8", "|b1", "|u1"])
ITEM: Final = "item:"
LENGTH: Final = struct.Struct("<I")


class Garbled(ValueError):
    """It is no message of ours."""


def pack(head: Mapping[str, Any], arrays: Arrays) -> bytes:
    """One message."""
    told = [[name, values.dtype.str, values.shape] for name, values in arrays.items()]
    first = orjson.dumps({"head": head, "arrays": told})
    return b"".join([LENGTH.pack(len(first)), first, *(values.tobytes() for values in arrays.values())])


def head_of(message: bytes) -> dict[str, Any]:
    """The head alone.

    Raises:
        Garbled: it has none.
    """
    head: dict[str, Any] = _first(message)[0]["head"]
    return head


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The head, and the arrays as read-only views of the message.

    Raises:
        Garbled: it is not what `pack` makes.
    """
    told, at = _first(message)
    arrays = {}
    for name, kind, shape in told["arrays"]:
        if kind not in KINDS:
            raise Garbled(f"{name} is of type {kind}")
        dtype, count = np.dtype(kind), int(np.prod(shape, dtype=np.int64))
        if count < 0 or at + count * dtype.itemsize > len(message):
            raise Garbled(f"{name} ends before it should")
        arrays[name] = np.frombuffer(message, dtype, count, at).reshape(shape)
        at += count * dtype.itemsize
    return told["head"], arrays


def _first(message: bytes) -> tuple[dict[str, Any], int]:
    try:
        (length,) = LENGTH.unpack_from(message)
        return orjson.loads(message[LENGTH.size : LENGTH.size + length]), LENGTH.size + length
    except (struct.error, orjson.JSONDecodeError) as error:
        raise Garbled(str(error)) from None


def pack_items(items: Mapping[str, Sequence[bytes | None]]) -> tuple[dict[str, list[int]], Arrays]:
    """Files and texts as arrays of bytes, and how long each is; -1 where there is none."""
    lengths = {name: [-1 if one is None else len(one) for one in of] for name, of in items.items()}
    arrays = {
        f"{ITEM}{name}": np.frombuffer(b"".join(one for one in of if one is not None), np.uint8)
        for name, of in items.items()
    }
    return lengths, arrays


def unpack_items(lengths: Mapping[str, Sequence[int]], arrays: Arrays) -> dict[str, list[bytes | None]]:
    """The same again."""
    items: dict[str, list[bytes | None]] = {}
    for name, sizes in lengths.items():
        content, at = arrays[f"{ITEM}{name}"].tobytes(), 0
        items[name] = []
        for size in sizes:
            items[name].append(None if size < 0 else content[at : at + size])
            at += max(0, size)
    return items
