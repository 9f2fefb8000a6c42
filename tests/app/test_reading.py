"""Examples in JSON become arrays and files, or every fault is told at its place; and messages come whole."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from app.errors import InvalidRequest
from app.scoring import wire
from app.scoring.reading import Takes, read

TAKES = Takes(
    {"series": (3, 2), "image": (1, 2, 2), "seen": (1, 4, 4), "said": (8,)},
    ("no", "yes"),
    {"seen": "image", "said": "text"},
)


def of(*xs: dict[str, Any]) -> Any:
    return read(json.dumps({"examples": [{"x": x} for x in xs]}).encode(), TAKES, 100)


def faults(*xs: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refused:
        of(*xs)
    return {fault.pointer: fault.detail for fault in refused.value.errors}


def test_a_shorter_series_ends_in_steps_that_are_not_there() -> None:
    found = of({"series": [[1, 2]]}, {"series": [[1, 2], [3, 4], [5, 6]]}, {"image": [[[1, 2], [3, None]]]})
    nan = np.nan
    expected = [[[1, 2], [nan, nan], [nan, nan]], [[1, 2], [3, 4], [5, 6]], [[nan, nan]] * 3]
    assert found.x["series"].tolist() == pytest.approx(np.array(expected), nan_ok=True)
    assert found.x["image"][2].tolist() == pytest.approx(np.array([[[1, 2], [3, nan]]]), nan_ok=True)
    assert found.ids == ["0", "1", "2"]
    assert found.label == [None] * 3


def test_a_series_that_is_too_long_or_empty_is_refused() -> None:
    told = faults({"series": [[1, 2]] * 4}, {"series": []}, {"series": [[1, 2, 3]]})
    assert [*told] == ["/examples/0/x/series", "/examples/1/x/series", "/examples/2/x/series"]
    assert told["/examples/0/x/series"].startswith("must be a list of 1 to 3 steps, each a list of 2")


def test_files_and_texts_are_taken_as_they_are() -> None:
    content = bytes(range(256))
    found = of({"seen": {"base64": base64.b64encode(content).decode()}, "said": "ä word"}, {"said": "more"})
    assert found.items == {"seen": [content, None], "said": ["ä word".encode(), b"more"]}
    assert "seen" not in found.x
    assert np.isnan(found.x["series"]).all()


def test_numbers_are_taken_for_features_that_were_made_before() -> None:
    found = of({"said": [1, 2, 3, 4, 5, 6, 7, None]})
    assert found.items == {}
    assert found.x["said"][0, :7].tolist() == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_no_file_is_refused_at_its_place() -> None:
    told = faults({"seen": "a.png", "said": {"base64": "YQ=="}}, {"seen": {"base64": "%%"}}, {"seen": {}})
    assert told["/examples/0/x/said"] == "must be a text"
    assert {*told} >= {"/examples/0/x/seen", "/examples/1/x/seen", "/examples/2/x/seen"}


def test_a_message_comes_whole() -> None:
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True, False]),
              "c": np.zeros((0, 4))}  # fmt: skip
    head, found = wire.unpack(wire.pack({"id": "ä"}, arrays))
    assert head == {"id": "ä"}
    for name, values in arrays.items():
        assert (found[name] == values).all()
        assert (found[name].dtype, found[name].shape) == (values.dtype, values.shape)
    items = {"seen": [b"abc", None, b"", b"d"], "said": [None] * 4}
    assert wire.unpack_items(*wire.pack_items(items)) == items


@pytest.mark.parametrize(
    "message",
    [b"", b"\xff\xff\xff\xffxx", b"\x02\x00\x00\x00{}"[:5], wire.pack({}, {"a": np.zeros(4)})[:-1],
     wire.pack({}, {"a": np.zeros(4)}).replace(b"<f8", b"|O8")],
)  # fmt: skip
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(wire.Garbled):
        wire.unpack(message)
