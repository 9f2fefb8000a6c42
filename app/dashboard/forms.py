"""What people type into pages: small forms, and filters in which an empty field means no filter."""

from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import model_validator

from app.body import parse
from app.errors import InvalidRequest, UnsupportedMediaType
from app.schemas import Params
from synib.yaml import load_yaml

URLENCODED = "application/x-www-form-urlencoded"
FIELDS = 20  # at most


async def _fields(request: Request) -> dict[str, str]:
    """The form's fields, the last of each name.

    Raises:
        UnsupportedMediaType: it is no small form.
        InvalidRequest: a field has a character that the database cannot hold.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != URLENCODED:
        raise UnsupportedMediaType(f"{media_type or 'nothing'!r} was announced; send {URLENCODED}")
    form = await request.form(max_files=0, max_fields=FIELDS)
    fields = {name: str(value) for name, value in form.items()}
    for name, value in fields.items():
        if "\0" in value:
            raise InvalidRequest.at(f"/{name}", "has a NUL character; remove it")
    return fields


Fields = Annotated[dict[str, str], Depends(_fields)]


class Filter(Params):
    """Query parameters of a page: fields left empty are as if they were not there."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        kept = {
            name: [one for one in value if one] if isinstance(value, list) else value
            for name, value in data.items()
        }
        return {name: value for name, value in kept.items() if value not in ("", [])}


def read_spec(text: str) -> Any:
    """A spec as it was typed, YAML or JSON, held to what JSON and the database can hold.

    Raises:
        SpecError, InvalidRequest: it is neither, or has what they cannot hold.
    """
    import json  # noqa: PLC0415 - beside its only use

    return parse(json.dumps(load_yaml(text), default=str).encode())
