"""What every operation under /v1 has in common."""

from typing import Any

from fastapi.routing import APIRoute

from app.db.ids import Id
from app.errors import (
    BodyTooLarge,
    Internal,
    InvalidRequest,
    MalformedJson,
    Problem,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from app.middleware import ForeignHost
from app.projects.auth import Forbidden, Unauthenticated

_ANY = (Unauthenticated, Forbidden, ForeignHost, InvalidRequest, Internal, Unavailable)
_WITH_BODY = (MalformedJson, UnsupportedMediaType, BodyTooLarge)


def answers(*problems: type[Problem], body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The documented refusals of an operation: its own, and those that any operation may give."""
    return responses((*problems, *(_WITH_BODY if body else ()), *_ANY))


def created(description: str, *headers: str) -> dict[int | str, dict[str, Any]]:
    """The documented 201 of an operation that may be replayed."""
    text = {"schema": {"type": "string"}}
    shown = dict.fromkeys((*headers, "Idempotent-Replayed"), text)
    return {201: {"description": description, "headers": shown}}


def operation_id(route: APIRoute) -> str:
    """Stable names for generated clients: ``<resource>_<function>``."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def id_after(after: str | None, kind: Id) -> str | None:
    """A list's cursor that is an identifier.

    Raises:
        InvalidRequest: it is something else.
    """
    if after is not None and not kind.is_valid(after):
        raise InvalidRequest.at("/query/after", "is not a cursor; use next_after of the page before", after)
    return after
