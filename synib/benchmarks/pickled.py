"""Plain data out of pickle files, without unpickling: nothing in the file is ever called.

A pickle is a program for a stack machine that may call any function. This is another machine for the same
programs: it knows containers, texts, numbers and the few names by which numpy writes its arrays, and refuses
every program that asks for more. Python's own ``pickle`` is not imported.
"""

import mmap
import pickletools
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from synib.benchmarks.pickled_arrays import CALLS, Array, Dtype, Name, RefusedPickle

MARK: Final = object()
DEEPEST: Final = 50
"""Containers in containers."""


def read_pickle(path: Path) -> Any:
    """What a pickle of protocol 0 to 5 holds: dicts, lists, tuples, sets, texts, bytes, numbers, arrays.

    A text of Python 2 is read as Latin-1, which keeps its bytes.

    Raises:
        RefusedPickle: the file asks for anything else, or is no pickle.
    """
    if not path.stat().st_size:
        raise RefusedPickle(f"{path.name} is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        try:
            with warnings.catch_warnings(action="error"):  # of texts with odd escapes
                program = pickletools.genops(mapped)  # type: ignore[arg-type] # it is read like a file
                return _resolved(_Machine().run(program), {}, 0)
        except RefusedPickle as refusal:
            raise RefusedPickle(f"{path.name} {refusal}") from None
        except (
            ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
            Warning, struct.error,
        ) as fault:  # fmt: skip
            raise RefusedPickle(f"{path.name} is no pickle that can be read: {fault}") from None


class _Machine:
    """The stack and the memo of a program."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, program: Iterator[tuple[pickletools.OpcodeInfo, Any, int | None]]) -> Any:
        """What the program leaves behind."""
        for operation, argument, _ in program:
            name = operation.name
            if name == "STOP":
                break
            if name in CONSTANTS:
                self.stack.append(CONSTANTS[name])
            elif name in LITERALS:
                self.stack.append(argument)
            elif name in ACTIONS:
                ACTIONS[name](self, argument)
            else:
                raise RefusedPickle(f"makes objects ({name}); only plain data and numpy arrays are read")
        [found] = self.stack
        return found

    def pop(self) -> Any:
        top = self.stack.pop()
        if top is MARK:
            raise ValueError("a mark where a value should be")
        return top

    def top(self, kind: type) -> Any:
        """The container that is filled."""
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"what is filled is no {kind.__name__}")
        return self.stack[-1]

    def to_mark(self) -> list[Any]:
        """Everything above the last mark, which goes as well."""
        place = max(index for index, value in enumerate(self.stack) if value is MARK)
        found = self.stack[place + 1 :]
        del self.stack[place:]
        return found

    def last(self, count: int) -> None:
        """A tuple of the last few values."""
        values = [self.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(values)))

    def put(self, place: int | None) -> None:
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def append(self) -> None:
        value = self.pop()
        self.top(list).append(value)

    def append_all(self) -> None:
        values = self.to_mark()
        self.top(list).extend(values)

    def add_all(self) -> None:
        values = self.to_mark()
        self.top(set).update(values)

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.top(dict)[key] = value

    def set_all(self) -> None:
        values = self.to_mark()
        self.top(dict).update(zip(values[::2], values[1::2], strict=True))

    def dictionary(self) -> None:
        values = self.to_mark()
        self.stack.append(dict(zip(values[::2], values[1::2], strict=True)))

    def name(self) -> None:
        name, module = self.pop(), self.pop()
        self.stack.append(known(f"{module}.{name}"))

    def call(self) -> None:
        """Not the function of that name, but what it would give."""
        arguments, function = self.pop(), self.pop()
        if type(function) is not Name or type(arguments) is not tuple:
            raise RefusedPickle("calls what is no function; only plain data and numpy arrays are read")
        self.stack.append(CALLS[function](*arguments))

    def build(self) -> None:
        state = self.pop()
        made = self.stack[-1]
        if not isinstance(made, Array | Dtype):
            raise RefusedPickle(
                "sets the state of what is no array; only plain data and numpy arrays are read"
            )
        made.build(state)


def known(name: str) -> Name:
    """A name that numpy writes.

    Raises:
        RefusedPickle: it is another.
    """
    found = Name.of(name)
    if found is None:
        raise RefusedPickle(
            f"refers to {name}; only plain data and numpy arrays are read, and nothing is called"
        )
    return found


CONSTANTS: Final[dict[str, Any]] = {
    "MARK": MARK, "NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": (),
}  # fmt: skip
LITERALS: Final = frozenset(
    ["INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING",
     "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE",
     "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"]
)  # fmt: skip
ACTIONS: Final[dict[str, Callable[[_Machine, Any], object]]] = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_SET": lambda machine, _: machine.stack.append(set()),
    "LIST": lambda machine, _: machine.stack.append(machine.to_mark()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.to_mark())),
    "FROZENSET": lambda machine, _: machine.stack.append(frozenset(machine.to_mark())),
    "TUPLE1": lambda machine, _: machine.last(1),
    "TUPLE2": lambda machine, _: machine.last(2),
    "TUPLE3": lambda machine, _: machine.last(3),
    "DICT": lambda machine, _: machine.dictionary(),
    "APPEND": lambda machine, _: machine.append(),
    "APPENDS": lambda machine, _: machine.append_all(),
    "ADDITEMS": lambda machine, _: machine.add_all(),
    "SETITEM": lambda machine, _: machine.set_item(),
    "SETITEMS": lambda machine, _: machine.set_all(),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.to_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "PUT": lambda machine, place: machine.put(place),
    "BINPUT": lambda machine, place: machine.put(place),
    "LONG_BINPUT": lambda machine, place: machine.put(place),
    "MEMOIZE": lambda machine, _: machine.put(None),
    "GET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "GLOBAL": lambda machine, name: machine.stack.append(known(name.replace(" ", "."))),
    "STACK_GLOBAL": lambda machine, _: machine.name(),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
}


def _resolved(value: Any, done: dict[int, Any], depth: int) -> Any:
    """The same with arrays instead of what they are made of; what is shared stays shared."""
    if depth > DEEPEST:
        raise RefusedPickle(f"has containers in containers, more than {DEEPEST} deep or without end")
    if isinstance(value, Name | Dtype) or value is MARK:
        raise RefusedPickle("holds a name instead of a value; only plain data and numpy arrays are read")
    if not isinstance(value, list | tuple | dict | set | frozenset | Array):
        return value
    if id(value) not in done:
        done[id(value)] = _made(value, done, depth + 1)
    return done[id(value)]


def _made(value: Any, done: dict[int, Any], depth: int) -> Any:
    if isinstance(value, Array):
        array = value.made()
        if array.dtype.hasobject:
            array.ravel(order="K")[:] = _objects([_resolved(one, done, depth) for one in array.ravel("K")])
        return array
    if isinstance(value, dict):
        return {_resolved(key, done, depth): _resolved(one, done, depth) for key, one in value.items()}
    return type(value)(_resolved(one, done, depth) for one in value)


def _objects(values: list[Any]) -> "np.ndarray[Any, Any]":
    """(N,) of whatever the values are, a list among them included."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = value
    return array
