"""numpy's arrays as pickles write them: a name, arguments and a state, from which the array is made here."""

import math
import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

PLAIN: Final = re.compile(r"[<>|=]?(f[248]|[iu][1248]|b1|S\d{1,6}|U\d{1,6}|O8?|a\d{1,6})")
"""Types whose bytes are values; ``O`` is a list of values."""


class RefusedPickle(ValueError):
    """A pickle that holds, or does, more than plain data."""


class Name(Enum):
    """What a pickle may refer to, under all names that numpy 1 and 2 and Python 2 and 3 have for it."""

    RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
    SCALAR = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
    FROM_BUFFER = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
    NDARRAY = ("numpy.ndarray",)
    DTYPE = ("numpy.dtype",)
    ENCODE = ("_codecs.encode",)
    BYTES = ("builtins.bytes", "__builtin__.bytes")
    SET = ("builtins.set", "__builtin__.set")

    @classmethod
    def of(cls, name: str) -> Self | None:
        return next((one for one in cls if name in one.value), None)


class Dtype:
    """A numpy type being built."""

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not PLAIN.fullmatch(code):
            raise RefusedPickle(f"has an array of type {code!r}; only numbers, texts and objects are read")
        self.made = np.dtype(code.replace("a", "S"))

    def build(self, state: Any) -> None:
        """The byte order; the rest of the state is of types with fields, which are refused."""
        _, order, *fields = state
        if order not in ("<", ">", "|", "=") or any(part is not None for part in fields[:3]):
            raise RefusedPickle("has an array with fields; only numbers, texts and objects are read")
        self.made = self.made.newbyteorder(order)


class Array:
    """An array being built."""

    def __init__(self) -> None:
        self._state: tuple[tuple[int, ...], np.dtype[Any], str, Any] | None = None

    @classmethod
    def of(cls, shape: Any, dtype: Any, order: str, values: Any) -> Self:
        array = cls()
        array._set(shape, dtype, order, values)
        return array

    def build(self, state: Any) -> None:
        *_, shape, dtype, fortran, values = state
        self._set(shape, dtype, "F" if fortran else "C", values)

    def _set(self, shape: Any, dtype: Any, order: str, values: Any) -> None:
        if not isinstance(dtype, Dtype) or order not in ("C", "F"):
            raise RefusedPickle("has an array whose type or order is none")
        if type(shape) is not tuple or any(type(size) is not int or size < 0 for size in shape):
            raise RefusedPickle(f"has an array of shape {shape!r}")
        self._state = (shape, dtype.made, order, values)

    def made(self) -> NDArray[Any]:
        """The array, not to be written to unless it is of objects."""
        if self._state is None:
            raise RefusedPickle("has an array without values")
        shape, dtype, order, values = self._state
        size = math.prod(shape)
        if dtype.hasobject:
            if type(values) is not list or len(values) != size:
                raise RefusedPickle(f"has an array of shape {shape} without as many objects")
            flat = np.empty(size, object)
            for place, value in enumerate(values):
                flat[place] = value
            return flat.reshape(shape, order=order)  # type: ignore[call-overload, no-any-return]
        data = _bytes(values)
        if len(data) != size * dtype.itemsize:
            raise RefusedPickle(
                f"has an array of shape {shape} and {len(data)} bytes, which are not its size"
            )
        return np.frombuffer(data, dtype, count=size).reshape(shape, order=order)  # type: ignore[call-overload, no-any-return]


def _bytes(values: Any) -> bytes:
    """Python 2 wrote bytes as texts, which are read as Latin-1."""
    if isinstance(values, str):
        return values.encode("latin-1")
    if isinstance(values, bytes | bytearray):
        return bytes(values)
    raise RefusedPickle("has an array whose values are no bytes")


def _reconstruct(kind: Any, shape: Any, code: Any) -> Array:
    if kind is not Name.NDARRAY:
        raise RefusedPickle("has an array of a class of its own; only plain arrays are read")
    return Array()


def _from_buffer(values: Any, dtype: Any, shape: Any, order: Any) -> Array:
    return Array.of(shape, dtype, order, values)


def _scalar(dtype: Any, value: Any) -> Any:
    made = Array.of((), dtype, "C", [value] if dtype.made.hasobject else value).made()
    return made[()]


def _encode(text: Any, encoding: Any = "latin-1") -> bytes:
    """How Python 3 writes bytes for Python 2."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise RefusedPickle("encodes what is no text of bytes")
    return text.encode("latin-1")


def _none(*_: Any) -> Any:
    raise RefusedPickle("makes an array in a way that numpy does not write")


CALLS: Final[dict[Name, Callable[..., Any]]] = {
    Name.RECONSTRUCT: _reconstruct,
    Name.SCALAR: _scalar,
    Name.FROM_BUFFER: _from_buffer,
    Name.DTYPE: Dtype,
    Name.ENCODE: _encode,
    Name.NDARRAY: _none,
    Name.BYTES: lambda: b"",
    Name.SET: set,
}
