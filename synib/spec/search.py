"""What tuning may change: ranges of a method's numbers, and how a choice of numbers becomes a method."""

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from synib.spec.base import Spec

Settings = dict[str, float]
"""Numbers by where they are in a method: ``{"lr": 0.003, "mask.rate": 0.4}``."""

DIGITS = 4  # significant ones of a number that is tried: enough, and a person can write them down
M = TypeVar("M", bound=Spec)


class Range(Spec):
    """The numbers that tuning may try."""

    low: float
    """The smallest."""
    high: float
    """The largest."""
    log: bool = False
    """Whether equal ratios are equally likely, instead of equal differences."""

    def at(self, share: float) -> float:
        """The number at a share, 0 to 1, of the way from low to high."""
        if self.log:
            number = self.low * (self.high / self.low) ** share
        else:
            number = self.low + share * (self.high - self.low)
        return self.rounded(number)

    def rounded(self, number: float) -> float:
        """With as many digits as are tried, and still within the range."""
        return min(max(float(f"{number:.{DIGITS}g}"), self.low), self.high)


def numbers(part: Spec, way: str = "") -> dict[str, type[float]]:
    """The dotted paths of all numbers of a method, each with its type, int or float."""
    found: dict[str, type[float]] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, Spec):
            found |= numbers(value, f"{way}{name}.")
        elif kinds := set(_types(field.annotation)) & {int, float}:
            found[way + name] = float if float in kinds else int
    return found


def number_at(method: Spec, path: str) -> float | None:
    """What a method says at a dotted path; none where the experiment's training decides."""
    value: Any = method
    for name in path.split("."):
        value = getattr(value, name)
    return None if value is None else float(value)


def searched(method: Spec, asked: Mapping[str, Range]) -> dict[str, Range]:
    """Those of the ranges that are searched for this method.

    What the method has not is left out. So is a number that is 0 as written and whose range excludes 0:
    tuning turns nothing on.
    """
    own = numbers(method)
    return {
        path: span
        for path, span in asked.items()
        if path in own and not (number_at(method, path) == 0 and span.low > 0)
    }


def with_settings(method: M, settings: Settings) -> M:
    """The method with other numbers, checked like one that a person wrote.

    Raises:
        ValidationError: a number is out of its field's bounds.
    """
    data = method.model_dump()
    for path, value in exact(method, settings).items():
        *way, last = path.split(".")
        place: dict[str, Any] = reduce(getitem, way, data)
        place[last] = value
    return type(method).model_validate(data)


def exact(method: Spec, settings: Settings) -> Settings:
    """The settings as the method takes them: whole numbers where it has whole numbers."""
    kinds = numbers(method)
    return {path: round(value) if kinds[path] is int else value for path, value in settings.items()}


def _types(annotation: Any) -> Iterator[Any]:
    """The plain types that an annotation allows."""
    if get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _types(one)
    elif hasattr(annotation, "__metadata__"):  # Annotated
        yield from _types(annotation.__origin__)
    else:
        yield annotation
