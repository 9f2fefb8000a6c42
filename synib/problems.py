"""What is wrong with a request, told so that its author can mend it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Problem:
    """One fault: where (JSON pointer), what would be right, and the value found (shortened, JSON-safe)."""

    pointer: str
    detail: str
    value: Any = None

    def __post_init__(self) -> None:
        value = self.value
        if not (value is None or isinstance(value, bool | int)):
            value = str(value)
            object.__setattr__(self, "value", value if len(value) <= 80 else value[:77] + "…")


class SpecError(ValueError):
    """A spec that cannot be run; ``problems`` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.detail}" for p in self.problems))


def from_pydantic(error: ValidationError, data: Any) -> list[Problem]:
    """A problem per pydantic error, with pointers into ``data`` as its author wrote it."""
    return [
        Problem(_pointer(details["loc"], data), _detail(details, data), _value(details))
        for details in error.errors(include_url=False)
    ]


def escape(segment: str | int) -> str:
    """A JSON pointer's segment (RFC 6901)."""
    return str(segment).replace("~", "~0").replace("/", "~1")


def _walk(loc: Sequence[str | int], data: Any) -> tuple[list[str | int], Any]:
    """``loc`` without the union tags that pydantic puts in, and the mapping that its last segment is in."""
    path: list[str | int] = []
    here, parent = data, data
    for segment in loc:
        if isinstance(here, Mapping) and segment not in here and here.get("kind") == segment:
            continue  # the tag of a discriminated union, not a place
        path.append(segment)
        parent = here
        if isinstance(here, Mapping):
            here = here.get(segment)
        elif isinstance(here, list) and isinstance(segment, int) and segment < len(here):
            here = here[segment]
        else:
            here = None
    return path, parent


def _pointer(loc: Sequence[str | int], data: Any) -> str:
    path, _ = _walk(loc, data)
    return "".join(f"/{escape(segment)}" for segment in path)


def _value(details: ErrorDetails) -> Any:
    return None if details["type"] == "missing" else details["input"]


def _detail(details: ErrorDetails, data: Any) -> str:
    kind, context = details["type"], details.get("ctx", {})
    name = details["loc"][-1] if details["loc"] else "the body"
    match kind:
        case "extra_forbidden":
            return f"there is no field {str(name)!r} here; see the schema for the fields there are"
        case "missing":
            return f"{str(name)!r} is missing"
        case "finite_number":
            return "NaN and infinity are not numbers to compute with; use a finite number"
        case "union_tag_invalid":
            expected = context["expected_tags"].replace("'", "")
            close = difflib.get_close_matches(str(context["tag"]), expected.split(", "), 1)
            return f"kind {context['tag']!r} is not known; use {'one of ' if ',' in expected else ''}{expected}" + (
                f" (did you mean {close[0]}?)" if close else ""
            )
        case "union_tag_not_found":
            return "say its kind, as in {kind: …}"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "greater_than":
            return f"must be greater than {context['gt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "less_than":
            return f"must be less than {context['lt']:g}"
    return details["msg"][0].lower() + details["msg"][1:]
