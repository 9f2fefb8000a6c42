"""What all answers have in common: their base class, the page, and the parameters of a list."""

from collections.abc import Callable
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Limit = Annotated[int, Field(ge=1, le=100)]


class Schema(BaseModel):
    """Read from a row's attributes; a field's docstring is its description in the OpenAPI document."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Page(BaseModel, Generic[T]):
    """Part of a list. Ask again with ``after=next_after`` until ``has_more`` is false."""

    # Not by docstrings: to look for them costs every Page[…] 20 ms of the API's start.
    data: list[T]
    has_more: bool = Field(description="Whether there is a next page.")
    next_after: str | None = Field(None, description="The `after` of the next page; null on the last.")

    @classmethod
    def of(cls, rows: list[T], limit: int, cursor: Callable[[T], str]) -> Self:
        """A page from up to ``limit + 1`` rows; ``cursor`` says after which row to go on."""
        more = len(rows) > limit
        kept = rows[:limit]
        return cls(data=kept, has_more=more, next_after=cursor(kept[-1]) if more else None)


class Params(BaseModel):
    """Query parameters; one that is not known is refused, since ignoring a filter would answer wrongly."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ListParams(Params):
    limit: Limit = 50
    """Rows of a page, 1 to 100."""
    after: str | None = None
    """``next_after`` of the page before."""
