"""Turns every exception into a problem."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.dashboard import refusals
from app.errors import (
    MEDIA_TYPE,
    BodyTooLarge,
    Internal,
    InvalidRequest,
    InvalidSpec,
    InvalidTable,
    MethodNotAllowed,
    NotFound,
    OtherHttp,
    Problem,
    Unavailable,
)
from synib.problems import Problem as Fault
from synib.problems import SpecError, TableError, escape

log = logging.getLogger("synib.api")


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The answer that tells the problem: to browsers that ask for a page as one, else as JSON."""
    if refusals.wanted(request):
        return refusals.page(request, problem, headers or {})
    return Response(
        orjson.dumps(problem.body(request.scope.get("state", {}).get("request_id", "none"))),
        problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers) | (headers or {}),
    )


def install(app: FastAPI) -> None:
    """Have every refusal and every accident answered in the one shape."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(SpecError, _problem)
    app.add_exception_handler(TableError, _problem)
    app.add_exception_handler(RequestValidationError, _problem)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(PoolTimeout, _problem)
    app.add_exception_handler(DBAPIError, _problem)


def as_problem(error: Exception) -> Problem:  # noqa: PLR0911 - one line a kind
    """What an exception means to whoever asked."""
    match error:
        case Problem():
            return error
        case SpecError():
            return InvalidSpec(_so_many(error.problems), error.problems)
        case TableError():
            return InvalidTable(_so_many(error.problems), error.problems)
        case RequestValidationError():
            faults = [_fault(details) for details in error.errors()]
            return InvalidRequest("; ".join(f"{f.pointer}: {f.detail}" for f in faults), faults)
        case PoolTimeout() | OperationalError() | InterfaceError():
            return Unavailable()
        case HTTPException(status_code=404):
            return NotFound()
        case HTTPException(status_code=405):
            return MethodNotAllowed()
        case HTTPException(status_code=413):
            return BodyTooLarge()
        case HTTPException():
            return OtherHttp(error.status_code, error.detail)
    return Internal()


async def _problem(request: Request, error: Exception) -> Response:
    problem = as_problem(error)
    if problem.status >= 500:
        request_id = request.scope.get("state", {}).get("request_id", "none")
        log.error("request %s: %s", request_id, problem.code, exc_info=error)
    return answer(request, problem, {"Allow": _allowed(request)} if problem.status == 405 else {})


def _allowed(request: Request) -> str:
    """Every method of the address; the router would name only those of the first route that it found."""
    path = request.scope["path"]
    return ", ".join(sorted(method for pattern, method in request.app.state.methods if pattern.match(path)))


def _so_many(faults: Sequence[Fault]) -> str:
    return faults[0].detail if len(faults) == 1 else f"{len(faults)} things are wrong with it"


def _fault(details: dict[str, Any]) -> Fault:
    loc = "".join(f"/{escape(segment)}" for segment in details["loc"])
    if details["type"] == "extra_forbidden":
        return Fault(loc, "there is no such parameter; /docs lists those there are", details["input"])
    value = None if details["type"] == "missing" else details["input"]
    return Fault(loc, details["msg"][0].lower() + details["msg"][1:], value)
