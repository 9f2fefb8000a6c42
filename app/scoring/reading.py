"""From the JSON of examples to arrays, or to what is wrong with them, each fault at its place.

Two million numbers a second would be too slow one by one: numpy looks at all of a modality at once, and only
where it stumbles are the examples looked at one by one.
"""

import base64
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from app.errors import InvalidRequest, MalformedJson
from synib.problems import Problem as Fault
from synib.problems import escape

Values = NDArray[np.float32]

MOST: Final = 20
"""Faults that are told."""
LONGEST: Final = 200
"""Characters of an example's id."""
FIELDS: Final = ("example_id", "label", "x")


@dataclass(frozen=True)
class Takes:
    """What a model takes, from its card."""

    shapes: Mapping[str, tuple[int, ...]]
    classes: Sequence[str]
    media: Mapping[str, str] = field(default_factory=dict)
    """Modalities that are images, recordings or texts."""

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Takes":
        shapes = {name: tuple(shape) for name, shape in card["shapes"].items()}
        modalities = card["experiment"]["modalities"]
        features = {name: modalities[name].get("features") for name in shapes}
        return cls(shapes, card["classes"], {name: one["reads"] for name, one in features.items() if one})


@dataclass(frozen=True)
class Examples:
    """N of them, as scorers take them; NaN where something is not there."""

    ids: list[str]
    label: list[str | None]
    x: dict[str, Values]  # (N, *shape); with ``items``, every modality of the model
    items: dict[str, list[bytes | None]]  # files and UTF-8 texts

    def __len__(self) -> int:
        return len(self.ids)


def read(raw: bytes, takes: Takes, most: int) -> Examples:
    """The body of a request.

    Raises:
        MalformedJson: it is not JSON.
        InvalidRequest: it is not examples of this model; at most MOST faults are told.
    """
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"{error}; there must be one JSON value, and NaN and infinity are none") from None
    return checked(_examples(data, most), takes)


def checked(given: Sequence[Mapping[str, Any]], takes: Takes) -> Examples:
    """Examples as the JSON of a request has them; a file may also be its bytes.

    Raises:
        InvalidRequest: they are none of this model; at most MOST faults are told.
    """
    reader = _Reader(takes)
    for place, example in enumerate(given):
        reader.look(place, example)
    reader.refuse()
    items = {name: reader.items(name, given) for name in takes.media if _are_items(name, given)}
    x = {name: reader.column(name, given) for name in takes.shapes if name not in items}
    reader.refuse()
    return Examples(
        ids=[str(example.get("example_id", place)) for place, example in enumerate(given)],
        label=[example.get("label") for example in given],
        x=x,
        items=items,
    )


def _are_items(name: str, given: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a modality is given as what it is, and not as the numbers that are made of it."""
    return any(isinstance(example["x"].get(name), str | dict | bytes) for example in given)


def _examples(data: Any, most: int) -> list[dict[str, Any]]:
    """The list, whatever is in it."""
    if not isinstance(data, dict):
        raise InvalidRequest.at("", "must be an object with the list `examples`")
    if unknown := [name for name in data if name != "examples"]:
        raise InvalidRequest.at(f"/{escape(unknown[0])}", "there is no such field; give `examples`")
    given = data.get("examples")
    if not isinstance(given, list) or not given:
        raise InvalidRequest.at("/examples", 'must be a list of examples, such as {"x": {"voice": [0.1]}}')
    if len(given) > most:
        detail = f"{len(given)} examples; at most {most} are answered at once. Send a file for more"
        raise InvalidRequest.at("/examples", detail)
    return given


class _Reader:
    """Collects what is wrong."""

    def __init__(self, takes: Takes) -> None:
        self._takes = takes
        self._classes = frozenset(takes.classes)
        self._modalities = ", ".join(takes.shapes)
        self._faults: list[Fault] = []

    def refuse(self) -> None:
        """If anything is wrong so far."""
        if self._faults:
            told = "; ".join(f"{f.pointer}: {f.detail}" for f in self._faults[:MOST])
            raise InvalidRequest(told, self._faults[:MOST])

    def look(self, place: int, example: Any) -> None:
        """At everything but the numbers."""
        at = f"/examples/{place}"
        if not isinstance(example, dict):
            return self._wrong(at, "must be an object with `x`")
        for name in example:
            if name not in FIELDS:
                self._wrong(f"{at}/{escape(name)}", f"there is no such field; use {', '.join(FIELDS)}")
        label, given = example.get("label"), example.get("example_id", "")
        if label is not None and (not isinstance(label, str) or label not in self._classes):
            self._wrong(f"{at}/label", f"is none of the classes {', '.join(self._takes.classes)}", label)
        if not isinstance(given, str) or len(given) > LONGEST:
            self._wrong(f"{at}/example_id", f"must be a text of at most {LONGEST} characters", given)
        x = example.get("x")
        if not isinstance(x, dict):
            return self._wrong(f"{at}/x", f"must be an object with some of {self._modalities}")
        for name in x:
            if name not in self._takes.shapes:
                self._wrong(
                    f"{at}/x/{escape(name)}", f"the model has no such modality; it has {self._modalities}"
                )
        if all(value is None for value in x.values()):
            self._wrong(f"{at}/x", f"has no modality; give at least one of {self._modalities}")
        return None

    def column(self, name: str, given: Sequence[Mapping[str, Any]]) -> Values:
        """All examples' values of one modality, (N, *shape)."""
        shape = self._takes.shapes[name]
        raw = [example["x"].get(name) for example in given]
        there = [place for place, values in enumerate(raw) if values is not None]
        column = np.full((len(raw), *shape), np.nan, np.float32)
        whole = _numbers([raw[place] for place in there], (len(there), *shape)) if there else None
        if whole is not None:
            column[there] = whole
            return column
        for place in there:
            one = _numbers(raw[place], shape) if len(shape) != 2 else self._series(raw[place], shape)
            if one is None:
                self._wrong(f"/examples/{place}/x/{escape(name)}", _expected(shape))
            else:
                column[place] = one
        return column

    def items(self, name: str, given: Sequence[Mapping[str, Any]]) -> list[bytes | None]:
        """All examples' files or texts of one modality."""
        text = self._takes.media[name] == "text"
        found: list[bytes | None] = []
        for place, example in enumerate(given):
            raw, item = example["x"].get(name), None
            if isinstance(raw, str) and text:
                item = raw.encode()
            elif isinstance(raw, bytes) and not text:
                item = raw
            elif isinstance(raw, dict) and [*raw] == ["base64"] and not text:
                with contextlib.suppress(ValueError, TypeError):
                    item = base64.b64decode(raw["base64"], validate=True)
            if raw is not None and item is None:
                detail = "must be a text" if text else 'must be {"base64": "…"} with a whole file'
                self._wrong(f"/examples/{place}/x/{escape(name)}", detail)
            elif not text and item == b"":
                detail = "is empty; leave it out where the example has none"
                self._wrong(f"/examples/{place}/x/{escape(name)}", detail)
            found.append(item)
        return found

    def _series(self, raw: Any, shape: tuple[int, ...]) -> Values | None:
        """A series may be shorter than the longest; the rest of its steps are not there."""
        steps = len(raw) if isinstance(raw, list) else 0
        if not 0 < steps <= shape[0]:
            return None
        read = _numbers(raw, (steps, shape[1]))
        return None if read is None else np.pad(
            read, ((0, shape[0] - steps), (0, 0)), constant_values=np.nan
        )  # fmt: skip

    def _wrong(self, pointer: str, detail: str, value: Any = None) -> None:
        self._faults.append(Fault(pointer, detail, value))


def _numbers(raw: Any, shape: tuple[int, ...]) -> Values | None:
    """Lists of numbers and nulls as an array of this shape; None if they are something else."""
    try:
        found = np.asarray(raw)
        if found.dtype == object:  # nulls, or something worse
            if not all(one is None or type(one) in (int, float) for one in found.flat):
                return None
            found = found.astype(np.float64)
    except (ValueError, OverflowError):
        return None
    if found.shape != shape or found.dtype.kind not in "iuf":
        return None
    with np.errstate(over="ignore"):
        values = found.astype(np.float32)
    return None if np.isinf(values).any() else values


def _expected(shape: tuple[int, ...]) -> str:
    """What would have been right."""
    if len(shape) == 1:
        return f"must be a list of {shape[0]} finite numbers, null where there is none"
    if len(shape) == 2:
        return f"must be a list of 1 to {shape[0]} steps, each a list of {shape[1]} finite numbers or nulls"
    told = " × ".join(map(str, shape))
    return f"must be nested lists of {told} finite numbers, null where there is none"
