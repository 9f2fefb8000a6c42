"""Reads JSON bodies strictly: what JSON does not have, or PostgreSQL cannot hold, is named and refused."""

import json
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, NoReturn, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from app.errors import InvalidRequest, MalformedJson, UnsupportedMediaType
from synib.problems import Problem as Fault
from synib.problems import SpecError, escape, from_pydantic

T = TypeVar("T", bound=BaseModel)


class _Twice(dict[str, Any]):
    """An object in which a name stands twice."""

    names: tuple[str, ...] = ()


async def json_body(request: Request) -> Any:
    """The parsed body.

    Raises:
        UnsupportedMediaType: it is not announced as JSON; which other sites' pages cannot.
        MalformedJson: it is not JSON.
        InvalidRequest: it has NaN, infinity, NUL characters, lone surrogates or a name twice.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(f"{media_type or 'nothing'!r} was announced; send application/json")
    return parse(await request.body())


JsonBody = Annotated[Any, Depends(json_body)]


def body_of(model: type[T]) -> Callable[[Any], Awaitable[T]]:
    """A dependency that reads the body as ``model``."""

    async def read(data: JsonBody) -> T:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            _refuse(from_pydantic(error, data))

    return read


def documented(schema: str) -> dict[str, Any]:
    """``openapi_extra`` of an operation that reads its body by hand."""
    ref = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"requestBody": {"required": True, "content": {"application/json": ref}}}


def parse(raw: bytes, at: str = "") -> Any:
    """JSON text to Python, or a problem that says where it is wrong; ``at`` is the pointer to all of it."""
    try:
        data = json.loads(raw.decode(), parse_constant=float, object_pairs_hook=_object)
        faults = list(_faults(data, at))
    except UnicodeDecodeError as error:
        raise MalformedJson(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(f"{error.msg} at {where}; there must be one JSON value") from None
    except RecursionError:
        raise MalformedJson("it is nested too deeply") from None
    except ValueError as error:  # an integer of thousands of digits
        raise MalformedJson(str(error)) from None
    if faults:
        _refuse(faults)
    return data


def spec_of(part: bytes | None, model: type[T]) -> T:
    """What a form's part ``spec`` says; without it, the defaults.

    Raises:
        MalformedJson, InvalidRequest: it is not JSON that we can keep.
        SpecError: it is not a spec of that kind.
    """
    data = {} if part is None else parse(part, "/spec")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = from_pydantic(error, data, model)
        raise SpecError([Fault(f"/spec{f.pointer}", f.detail, f.value) for f in faults]) from None


def _refuse(faults: list[Fault]) -> NoReturn:
    raise InvalidRequest("; ".join(f"{f.pointer or 'the body'}: {f.detail}" for f in faults), faults)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = [name for name, _ in pairs]
    twice = _Twice(made)
    twice.names = tuple(sorted({name for name in names if names.count(name) > 1}))
    return twice


def _faults(value: Any, pointer: str) -> Iterator[Fault]:
    """What is wrong in a parsed value, depth first."""
    match value:
        case float() if not math.isfinite(value):
            yield Fault(pointer, "NaN and infinity are not JSON; use a finite number", str(value))
        case str() if fault := _text(value):
            yield Fault(pointer, fault, ascii(value))
        case dict():
            for name in getattr(value, "names", ()):
                yield Fault(f"{pointer}/{escape(name)}", "stands here twice; keep one")
            for name, inner in value.items():
                if fault := _text(name):
                    yield Fault(pointer, fault, ascii(name))
                yield from _faults(inner, f"{pointer}/{escape(name)}")
        case list():
            for index, inner in enumerate(value):
                yield from _faults(inner, f"{pointer}/{index}")


def _text(value: str) -> str | None:
    if "\0" in value:
        return "has a NUL character, which text in the database cannot hold; remove it"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "has half of a surrogate pair, which is no character; remove it"
    return None
