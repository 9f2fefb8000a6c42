"""A spec as people write it, line by line, each line marked if it only says the default."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError


class Line(NamedTuple):
    """A line of YAML."""

    text: str
    default: bool
    """Whether leaving it out would ask for the same."""


def marked(stored: dict[str, Any], model: type[BaseModel]) -> list[Line]:
    """All lines of a resolved spec. Of one of an earlier version, no spec any more, none is marked."""
    try:
        spec = model.model_validate(stored)
    except ValidationError:
        return list(_lines(stored, stored, 0))
    said = spec.model_dump(mode="json", exclude_defaults=True)
    return list(_lines(spec.model_dump(mode="json"), said, 0))  # in the fields' order, which JSONB forgets


def written(stored: dict[str, Any], model: type[BaseModel]) -> str:
    """The same as YAML without the defaults: what somebody would have had to write."""
    try:
        spec = model.model_validate(stored)
    except ValidationError:
        return "".join(f"{line.text}\n" for line in _lines(stored, stored, 0))
    kept = _said(spec.model_dump(mode="json"), spec.model_dump(mode="json", exclude_defaults=True))
    return "".join(f"{line.text}\n" for line in _lines(kept, kept, 0))


MISSING = object()


def _said(value: Any, said: Any) -> Any:
    """``value`` without what is a default."""
    if isinstance(value, dict) and isinstance(said, dict):
        kept = {name: inner for name, inner in value.items() if name in said or name == "kind"}
        return {name: _said(inner, said.get(name, inner)) for name, inner in kept.items()}
    if isinstance(value, list) and isinstance(said, list):
        return [_said(*pair) for pair in zip(value, said, strict=True)]
    return value


def _lines(value: Any, said: Any, depth: int) -> Iterator[Line]:
    pad = "  " * depth
    for name, inner in value.items():
        mine = said.get(name, MISSING) if isinstance(said, dict) else MISSING
        # A kind decides what the fields beside it mean: it is always said.
        default = mine is MISSING and name != "kind"
        yield from _entry(f"{pad}{_scalar(name)}:", inner, mine, default, depth)


def _entry(head: str, value: Any, said: Any, default: bool, depth: int) -> Iterator[Line]:
    if isinstance(value, dict) and value:
        yield Line(head, default)
        for line in _lines(value, {} if said is MISSING else said, depth + 1):
            yield Line(line.text, line.default or default)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield Line(head, default)
        for index, one in enumerate(value):
            mine = said[index] if isinstance(said, list) and index < len(said) else {}
            for place, line in enumerate(_lines(one, mine, depth + 2)):
                text = line.text
                if place == 0:
                    text = "  " * (depth + 1) + "- " + text.lstrip()
                yield Line(text, (line.default and place > 0) or default)
    else:
        yield Line(f"{head} {_scalar(value)}", default)


def _scalar(value: Any) -> str:
    """On one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"))
    return text.removesuffix("...\n").strip()
