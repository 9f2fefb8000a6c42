"""Refusals: what is wrong, where, and what to do next, as RFC 9457 problems.

A subclass of `Problem` says status, code and title once; whoever raises it adds the detail. Its docstring is
its documentation: OpenAPI and the page ``/docs`` show it.
"""

import copy
from collections.abc import Mapping, Sequence
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


class Responses(dict[int | str, dict[str, Any]]):
    """OpenAPI responses that add up: ``RunNotFound.response() | RunFinished.response()``."""

    def __or__(self, other: Mapping[Any, Any]) -> "Responses":  # type: ignore[override]
        merged = Responses({status: copy.deepcopy(answer) for status, answer in self.items()})
        for status, answer in other.items():
            here = merged.setdefault(status, {"description": "", "content": {MEDIA_TYPE: {"examples": {}}}})
            if MEDIA_TYPE not in answer.get("content", {}):
                merged[status] = dict(answer)
                continue
            known, new = here["content"][MEDIA_TYPE], answer["content"][MEDIA_TYPE]
            if new["examples"].keys() - known["examples"].keys():
                here["description"] = f"{here['description']}\n\n{answer['description']}".strip()
            here["content"][MEDIA_TYPE] = new | {"examples": known["examples"] | new["examples"]}
        return merged

    __ior__ = __or__  # type: ignore[assignment]


class Problem(Exception):
    """The base of all refusals."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on our side"
    headers: ClassVar[Mapping[str, str]] = {}

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

    @classmethod
    def response(cls) -> Responses:
        """This problem among an operation's documented answers."""
        meaning = (cls.__doc__ or "").strip()
        example = cls(meaning).body("0193e1c0a4f87d2c")
        schema = {"$ref": "#/components/schemas/Problem"}
        content = {"schema": schema, "examples": {cls.code: {"summary": cls.title, "value": example}}}
        return Responses(
            {cls.status: {"description": f"`{cls.code}`: {meaning}", "content": {MEDIA_TYPE: content}}}
        )


class InvalidRequest(Problem):
    """Query, path, header or body are not as documented; each fault is listed with its place."""

    status, code, title = 422, "invalid_request", "The request is not as documented"


class InvalidSpec(Problem):
    """The experiment cannot be run as described; each fault is listed with what would be right."""

    status, code, title = 422, "invalid_spec", "The experiment cannot be run"


class MalformedJson(Problem):
    """The body is not JSON; the detail says at which line and column."""

    status, code, title = 400, "malformed_json", "The body is not JSON"


class UnsupportedMediaType(Problem):
    """Bodies are JSON; send `Content-Type: application/json`."""

    status, code, title = 415, "unsupported_media_type", "The body is not said to be JSON"


class BodyTooLarge(Problem):
    """The body is larger than this server accepts."""

    status, code, title = 413, "body_too_large", "The body is too large"


class NotAcceptable(Problem):
    """None of the formats in Accept can be made; the detail lists those that can."""

    status, code, title = 406, "not_acceptable", "No such format"


class NotFound(Problem):
    """There is nothing at this address; /docs lists the addresses there are."""

    status, code, title = 404, "not_found", "Nothing here"


class MethodNotAllowed(Problem):
    """This address does not take this method; see the Allow header."""

    status, code, title = 405, "method_not_allowed", "Not with this method"


class Unavailable(Problem):
    """The database is not reachable or too busy; try again after the seconds in Retry-After."""

    status, code, title = 503, "unavailable", "Not available for the moment"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class Internal(Problem):
    """A fault of ours; the log has it under the request's id. Nothing was changed."""


class OtherHttp(Problem):
    """Refused before it reached us, as by the HTTP layer."""

    title = "Refused"

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status  # type: ignore[misc]
        self.code = HTTPStatus(status).name.lower()  # type: ignore[misc]
        self.title = HTTPStatus(status).phrase  # type: ignore[misc]


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
