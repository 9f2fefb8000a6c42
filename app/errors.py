"""Refusals: what is wrong, where, and what to do next, as RFC 9457 problems.

A subclass of `Problem` says status and title in its head; whoever raises it adds the detail. Its docstring is
its documentation: OpenAPI and the page ``/docs`` show it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from synib.problems import Problem as Fault

MEDIA_TYPE = "application/problem+json"


class FaultSchema(BaseModel):
    """One thing that is wrong, and where."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str
    """JSON pointer (RFC 6901) into the body; ``/query/…``, ``/path/…`` or ``/header/…`` outside of it."""
    detail: str
    """What would be right."""
    value: Any = None
    """What was found, shortened."""


class ProblemSchema(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Problem")

    type: str
    """Where the code is explained."""
    title: str
    status: int
    detail: str
    """What happened here and what to do next."""
    code: str
    """For programs; never changes."""
    instance: str
    """The request, by the ``X-Request-ID`` of the answer."""
    errors: list[FaultSchema]
    """Everything that is wrong with the request; empty where nothing in it is to blame."""


class Problem(Exception):
    """The base of all refusals. A subclass's code is its name, or what it says; codes are for ever."""

    status: int
    code: str
    title: str
    headers: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(
        cls, *, status: int, title: str, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        cls.status, cls.title, cls.headers = status, title, headers or cls.headers
        cls.code = code or re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, detail: str | None = None, errors: Sequence[Fault] = ()) -> None:
        self.detail = detail or type(self).__doc__ or self.title
        self.errors = list(errors)
        super().__init__(self.detail)

    @classmethod
    def at(cls, pointer: str, detail: str, value: Any = None) -> Self:
        """One fault at one place."""
        return cls(detail, [Fault(pointer, detail, value)])

    def body(self, request_id: str) -> dict[str, Any]:
        """The problem details object; ``instance`` names the request."""
        return {
            "type": f"/docs#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": f"urn:synib:request:{request_id}",
            "errors": [{"pointer": f.pointer, "detail": f.detail, "value": f.value} for f in self.errors],
        }


def responses(problems: Iterable[type[Problem]]) -> dict[int | str, dict[str, Any]]:
    """An operation's documented refusals, those of one status together."""
    documented: dict[int | str, dict[str, Any]] = {}
    for problem in dict.fromkeys(problems):
        answer = documented.setdefault(problem.status, {"description": "", "content": {MEDIA_TYPE: {
            "schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}
        }}})  # fmt: skip
        meaning = (problem.__doc__ or "").strip()
        answer["description"] = f"{answer['description']}\n\n`{problem.code}`: {meaning}".strip()
        example = {"summary": problem.title, "value": problem(meaning).body("0193e1c0a4f87d2c")}
        answer["content"][MEDIA_TYPE]["examples"][problem.code] = example
    return documented


class InvalidRequest(Problem, status=422, title="The request is not as documented"):
    """Query, path, header or body are not as documented; each fault is listed with its place."""


class InvalidSpec(Problem, status=422, title="It cannot be run as asked"):
    """Experiment or analysis cannot be run as described; each fault is listed with what would be right."""


class InvalidTable(Problem, status=422, title="This is no table of predictions"):
    """The table cannot be read as predictions; each fault is listed with its column, rows and what would be
    right."""


class MalformedJson(Problem, status=400, title="The body is not JSON"):
    """The body is not JSON; the detail says at which line and column."""


class MalformedForm(Problem, status=400, title="The body is no form"):
    """The body is no multipart/form-data, or is cut off."""


class UnsupportedMediaType(Problem, status=415, title="The body is said to be something else"):
    """Bodies are JSON, `Content-Type: application/json`; tables come as `multipart/form-data`."""


class BodyTooLarge(Problem, status=413, title="The body is too large"):
    """The body is larger than this server accepts."""


class StoreFull(Problem, status=507, title="Not enough room"):
    """The store has no room for so much; delete data sets that are not needed, or give it a larger disk."""


class NotAcceptable(Problem, status=406, title="No such format"):
    """None of the formats in Accept can be made; the detail lists those that can."""


class NotFound(Problem, status=404, title="Nothing here"):
    """There is nothing at this address; /docs lists the addresses there are."""


class MethodNotAllowed(Problem, status=405, title="Not with this method"):
    """This address does not take this method; see the Allow header."""


class Unavailable(Problem, status=503, title="Not available for the moment", headers={"Retry-After": "2"}):
    """The database is not reachable or too busy; try again after the seconds in Retry-After."""


class Internal(Problem, status=500, title="Something broke on our side"):
    """A fault of ours; the log has it under the request's id. Nothing was changed."""


class OtherHttp(Problem, status=500, title="Refused"):
    """Refused before it reached us, as by the HTTP layer."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = HTTPStatus(status).name.lower()
        self.title = HTTPStatus(status).phrase


def catalogue() -> list[type[Problem]]:
    """Every problem there is, by status and code."""
    found, todo = [], [Problem]
    while todo:
        kinds = todo.pop().__subclasses__()
        found += kinds
        todo += kinds
    return sorted(
        (kind for kind in found if kind is not OtherHttp), key=lambda kind: (kind.status, kind.code)
    )
