"""What may be asked of a run's examples: filters, orders, formats, and where a page begins."""

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from app.errors import InvalidRequest, NotAcceptable
from app.schemas import Params

Bits = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Sort(StrEnum):
    """An index serves position and synergy, in which a deep page costs what the first does."""

    POSITION = "position"
    POSITION_DOWN = "-position"
    SYNERGY = "synergy"
    SYNERGY_DOWN = "-synergy"
    CONFIDENCE = "confidence"
    CONFIDENCE_DOWN = "-confidence"
    INTERACTION = "interaction"
    INTERACTION_DOWN = "-interaction"

    @property
    def column(self) -> str:
        return self.value.lstrip("-")

    @property
    def indexed(self) -> bool:
        return self.column in ("position", "synergy")

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")


class Format(StrEnum):
    """json is paged; the others are all matching rows at once, one flat column a number."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    ARROW = "arrow"
    PARQUET = "parquet"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv",
    Format.ARROW: "application/vnd.apache.arrow.stream",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Filter(Params):
    group: str | None = None
    """Only this group, such as only_joint."""
    label: str | None = None
    """Only examples of this class."""
    predicted: str | None = None
    """Only examples that the joint prediction puts in this class."""
    correct: bool | None = None
    """Only examples that the joint prediction gets right, or wrong."""
    min_synergy: Bits | None = None
    """Bits, itself included."""
    max_synergy: Bits | None = None
    """Bits, itself included."""
    min_confidence: Probability | None = None
    """Of the joint prediction, itself included."""
    max_confidence: Probability | None = None
    """Of the joint prediction, itself included."""
    min_alone: Probability | None = None
    """Of the surest of what stands for a single modality in the report, itself included."""
    max_alone: Probability | None = None
    """Of the surest of what stands for a single modality in the report, itself included."""
    split: str | None = None
    """Only this split."""
    example_id: str | None = None
    """Only the example with exactly this id."""


class ExamplesParams(Filter):
    sort: Sort = Sort.POSITION
    """Order; a minus turns it round. Ties go by position in the same direction."""
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Rows of a JSON page, 1 to 1000; 100 if left out."""
    after: str | None = None
    """``next_after`` of the JSON page before."""
    format: Format | None = None
    """Instead of the Accept header."""

    def format_for(self, accept: str | None) -> Format:
        """The format asked for, by parameter or header.

        Raises:
            NotAcceptable: the header takes none of ours.
            InvalidRequest: a page is asked for of a format that has none.
        """
        chosen = self.format or _negotiate(accept or "*/*")
        for name in ("limit", "after"):
            if chosen is not Format.JSON and getattr(self, name) is not None:
                detail = f"{chosen} gives all matching rows at once; only json is paged. Leave it out"
                raise InvalidRequest.at(f"/query/{name}", detail, getattr(self, name))
        return chosen


def _negotiate(accept: str) -> Format:
    """The format that the header likes best; ours come first in case of a tie."""
    best: tuple[float, Format] | None = None
    for part in accept.split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [p[2:] for p in parameters if p.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        kind = next((f for f, media_type in MEDIA_TYPES.items() if _matches(media_range, media_type)), None)
        if kind and weight > 0 and (best is None or weight > best[0]):
            best = weight, kind
    if best is None:
        raise NotAcceptable(f"{accept!r} takes none of {', '.join(MEDIA_TYPES.values())}")
    return best[1]


def _matches(media_range: str, media_type: str) -> bool:
    return media_range in ("*/*", media_type, f"{media_type.partition('/')[0]}/*")


@dataclass(frozen=True)
class Cursor:
    """After which row to go on: its sort value and position."""

    value: float
    position: int

    def encode(self, sort: Sort) -> str:
        """Opaque text for a client to send back."""
        return base64.urlsafe_b64encode(json.dumps([sort, self.value, self.position]).encode()).decode()

    @classmethod
    def decode(cls, text: str, sort: Sort) -> Self:
        """The cursor that a client sent back.

        Raises:
            InvalidRequest: it is none of ours, or one of another order.
        """
        try:
            of, value, position = json.loads(base64.b64decode(text, b"-_", validate=True))
            cursor = cls(single(float(value)), int(position))
            if of == sort and 0 <= cursor.position < 2**31:
                return cursor
        except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
            pass
        detail = f"is no cursor of the order {sort}; use next_after of the page before, with the same sort"
        raise InvalidRequest.at("/query/after", detail, text)


def single(value: float) -> float:
    """The nearest single-precision number, which is what the database holds and compares with."""
    nearest: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return nearest
