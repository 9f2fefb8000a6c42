"""One example as the parts of a form: files as they are, words as they are, numbers in JSON."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson

from app.errors import InvalidRequest
from app.scoring.reading import Examples, Takes, checked
from synib.problems import Problem as Fault
from synib.problems import escape

SAYS = ("label", "example_id")
"""Parts beside the model's modalities."""


def names(takes: Takes) -> list[str]:
    """Of all parts that there may be."""
    return [*takes.shapes, *(name for name in SAYS if name not in takes.shapes)]


def read(parts: Mapping[str, bytes], takes: Takes) -> Examples:
    """The example.

    Raises:
        InvalidRequest: it is none of this model; a fault is at its place in JSON, or at its part.
    """
    faults, found = list[Fault](), dict[str, Any]()
    for name, content in parts.items():
        try:
            found[name] = _value(content, None if name in SAYS else takes.media.get(name, "numbers"))
        except UnicodeDecodeError as error:
            faults.append(Fault(f"/{escape(name)}", f"is not UTF-8 (byte {error.start:,}); save it as UTF-8"))
    if faults:
        raise InvalidRequest("; ".join(f"{f.pointer}: {f.detail}" for f in faults), faults)
    said = {name: found.pop(name) for name in SAYS if name in found}
    return checked([said | {"x": found}], takes)


@contextmanager
def told() -> Iterator[None]:
    """Faults at their places in the JSON of one example become faults at the parts of a form."""
    try:
        yield
    except InvalidRequest as error:
        faults = [
            Fault(re.sub(r"^/examples/0(/x(?=/|$))?", "", fault.pointer), fault.detail, fault.value)
            for fault in error.errors
        ]
        words = "; ".join(f"{f.pointer or 'the form'}: {f.detail}" for f in faults)
        raise InvalidRequest(words, faults) from None


def _value(content: bytes, kind: str | None) -> Any:
    """What JSON would have in its place; ``kind`` is None of a label or an id."""
    if kind in ("image", "audio"):
        return content
    text = content.decode("utf-8-sig")
    if kind != "numbers":
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text  # which is no list of numbers, and is told to be none
