"""Pickles are read without unpickling: plain data comes out, everything else is refused and nothing runs."""

import os
import pickle
import pickletools
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synib.benchmarks.pickled import ACTIONS, CONSTANTS, LITERALS, read_pickle
from synib.benchmarks.pickled_arrays import RefusedPickle
from tests.synib.benchmarks.files import real

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
PLAIN: dict[str, Any] = {
    "vision": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "by columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "other end first": np.arange(3, dtype=">i4"),
    "names": np.array([["a", None], [b"c", [1, 2]]], object),
    "texts": np.array(["xé", "y"]),
    "bytes": np.array([b"x", b"yy"]),
    "nothing": np.zeros((0, 3)),
    "one": np.array(5, np.int16),
    "scalar": np.float64(2.5),
    "rest": [1, -2, 2.5, None, True, (1, (2, 3), ()), {"a": {}}, {1, 2}, 2**80, b"q", b"", "t", [[]]],
}


def same(found: Any, known: Any) -> None:
    if isinstance(known, np.ndarray):
        assert found.dtype == known.dtype
        assert found.shape == known.shape
        assert found.tolist() == known.tolist()
    else:
        assert type(found) is type(known)
        assert found == known


def written(folder: Path, content: bytes) -> Path:
    path = folder / "file.pkl"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_data_come_out_as_they_went_in(tmp_path: Path, protocol: int) -> None:
    found = read_pickle(written(tmp_path, pickle.dumps({"train": PLAIN}, protocol)))["train"]
    assert list(found) == list(PLAIN)
    for name, known in PLAIN.items():
        same(found[name], known)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=arrays.arrays(
        st.one_of(
            arrays.floating_dtypes(sizes=(32, 64)), arrays.integer_dtypes(), arrays.unicode_string_dtypes()
        ),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
    protocol=st.sampled_from(PROTOCOLS),
)
def test_an_array_of_any_shape_comes_out_as_it_went_in(tmp_path: Path, value: Any, protocol: int) -> None:
    found = read_pickle(written(tmp_path, pickle.dumps(value, protocol)))
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


def test_what_is_shared_stays_shared(tmp_path: Path) -> None:
    shared = np.arange(3)
    first, second = read_pickle(written(tmp_path, pickle.dumps([shared, [shared]])))
    assert first is second[0]


def test_a_pickle_of_python_2_keeps_the_bytes_of_its_texts(tmp_path: Path) -> None:
    # Protocol 2 of Python 2 wrote str as SHORT_BINSTRING (U) and BINSTRING (T), the data of arrays too, and
    # called numpy's function by the name it had then.
    numbers = np.array([1.5, -2.0], "<f8")
    data = numbers.tobytes()
    program = (
        b"\x80\x02}U\x04nameU\x03a\xe9bs"
        b"U\x05arraycnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + struct.pack("<I", len(data)) + data + b"tbs."
    )
    found = read_pickle(written(tmp_path, program))
    assert found["name"] == "aéb"
    np.testing.assert_array_equal(found["array"], numbers)


class Hostile:
    """Unpickled, it would leave a file."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        function, *arguments = self.call
        return function, tuple(arguments)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("call", "says"),
    [
        ((os.system, "touch ran"), "refers to (posix|nt).system"),
        ((eval, "open('ran', 'w')"), r"refers to (builtins|__builtin__)\.eval"),
        ((np.load, "file.npy"), "refers to numpy.load"),
    ],
)
def test_a_program_that_calls_something_is_refused_and_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int, call: Any, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps({"train": [1, Hostile(*call)]}, protocol)
    with pytest.raises(RefusedPickle, match=says):
        read_pickle(written(tmp_path, content))
    assert [path.name for path in tmp_path.iterdir()] == ["file.pkl"]


class Plain:
    """An instance of a class of one's own."""


def array_program(dtype: bytes, state: bytes, values: bytes) -> bytes:
    """An array of shape (2,) by hand."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\n" + dtype + b"K\x00K\x01\x87R" + state + b"\x89" + values + b"tb."
    )


DTYPE_STATE = b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
MINUS_ONE = b"J\xff\xff\xff\xff\x85"
EIGHT = b"U\x08" + bytes(8)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"not a pickle", "no pickle that can be read"),
        (pickle.dumps({"a": 1})[:-3], "no pickle that can be read"),
        (pickle.dumps(Plain()), "refers to tests.synib.benchmarks.test_pickled.Plain"),
        (pickle.dumps(os.system), "refers to posix.system"),
        (pickle.dumps(np.dtype("f8")), "a name instead of a value"),
        (pickle.dumps(np.zeros(2, "f4,i4")), "only numbers, texts and objects"),
        (pickle.dumps(np.ma.array([1, 2])), "refers to numpy.ma"),
        (pickle.dumps(np.datetime64("2020-01-01")), "array of type 'M8'"),
        (b"\x80\x02(ios\nsystem\n.", "makes objects"),
        (b"\x80\x02Pid\n.", "makes objects"),
        (b"\x80\x02\x82\x01.", "makes objects"),
        (b"\x80\x02K\x01K\x02R.", "calls what is no function"),
        (b"\x80\x02]K\x01b.", "sets the state of what is no array"),
        (b"\x80\x02]]b.", "sets the state of what is no array"),
        (b"\x80\x02h\x05.", "no pickle that can be read"),
        (b"\x80\x02K\x01K\x02.", "no pickle that can be read"),
        (b"\x80\x02}]K\x01s.", "no pickle that can be read"),
        (b"\x80\x02(.", "instead of a value"),
        (b"\x80\x02]q\x00h\x00a.", "containers in containers"),
        (b"]" * 60 + b"a" * 59 + b".", "containers in containers"),
        (b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.", "no pickle that can be read"),
        (b"\x80\x02cnumpy\nndarray\nK\x02\x85R.", "in a way that numpy does not write"),
        (array_program(b"U\x02f8", DTYPE_STATE, EIGHT), "8 bytes, which are not its size"),
        (array_program(b"U\x02O8", DTYPE_STATE, EIGHT), "without as many objects"),
        (array_program(b"U\x02V8", DTYPE_STATE, EIGHT), "array of type 'V8'"),
        (array_program(b"U\x02f8", DTYPE_STATE.replace(b"U\x01<", b"U\x01x"), EIGHT), "array with fields"),
        (array_program(b"U\x02f4", DTYPE_STATE, EIGHT).replace(b"K\x02\x85", MINUS_ONE), "array of shape"),
    ],
)  # fmt: skip
def test_what_is_no_plain_data_is_refused_with_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(RefusedPickle, match=says) as refused:
        read_pickle(written(tmp_path, content))
    assert str(refused.value).startswith("file.pkl ")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 5000), value=st.integers(0, 255), protocol=st.sampled_from(PROTOCOLS))
def test_a_damaged_file_gives_data_or_a_refusal_and_nothing_else(
    tmp_path: Path, place: int, value: int, protocol: int
) -> None:
    content = bytearray(pickle.dumps({"train": PLAIN}, protocol))
    content[place % len(content)] = value
    with suppress(RefusedPickle):
        read_pickle(written(tmp_path, bytes(content)))


def test_every_operation_of_the_machine_is_one_of_pickles() -> None:
    known = {operation.name for operation in pickletools.opcodes}
    assert {*ACTIONS, *CONSTANTS, *LITERALS} <= known
    creating = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4"}
    assert known - {*ACTIONS, *CONSTANTS, *LITERALS} == {*creating, "STOP", "NEXT_BUFFER", "READONLY_BUFFER"}


def test_the_folds_of_mustard_are_a_pickle_of_python_2_that_is_read() -> None:
    folds = read_pickle(real("mustard-text", "split_indices.p"))
    assert [(len(train), len(test)) for train, test in folds] == [(552, 138)] * 5
    assert all(sorted([*train, *test]) == list(range(690)) for train, test in folds)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(690))
