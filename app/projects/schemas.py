"""How a key is told."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas import Schema


class Role(StrEnum):
    """reader looks; writer also posts, cancels and resumes; admin also makes and revokes keys."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """Who or what uses it."""
    role: Role = Role.WRITER
    """What it may do."""


class KeySchema(Schema):
    id: str
    name: str
    role: Role
    prefix: str
    """The part of the key that is no secret: ``synib_<prefix>_…``."""
    created_at: datetime
    last_used_at: datetime | None
    """To the minute."""


class MadeKey(KeySchema):
    """A key just made."""

    key: str | None
    """What goes behind ``Authorization: Bearer``. Shown this once; null when a request is replayed."""
