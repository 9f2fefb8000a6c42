"""How pages say things: times, sizes, shares, identifiers; and what the navigation lists."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import yaml
from markupsafe import Markup


class Place(NamedTuple):
    """An entry of the navigation."""

    path: str
    word: str
    icon: str


NAV = (
    Place("/", "Overview", "gauge"),
    Place("/experiments", "Experiments", "flask-conical"),
    Place("/runs", "Runs", "activity"),
    Place("/datasets", "Data sets", "database"),
    Place("/models", "Models", "box"),
    Place("/analyses", "Analyses", "table"),
    Place("/settings", "Settings", "settings"),
    Place("/health", "Health", "heart-pulse"),
)


def ago(then: datetime | None) -> Markup:
    """A moment as people say it, with the exact time on it."""
    if then is None:
        return Markup('<span class="none">–</span>')
    return Markup('<time datetime="{}" title="{:%Y-%m-%d %H:%M:%S} UTC">{}</time>').format(
        then.isoformat(), then.astimezone(UTC), _distance((datetime.now(UTC) - then).total_seconds())
    )


def _distance(seconds: float) -> str:
    if abs(seconds) < 5:
        return "just now"
    told = duration(abs(seconds), parts=1)
    return f"{told} ago" if seconds > 0 else f"in {told}"


def duration(seconds: float | None, parts: int = 2) -> str:
    """Seconds as ``1 h 5 min``."""
    if seconds is None:
        return "–"
    if seconds < 10 and parts > 1:
        return f"{seconds:.1f} s"
    whole, said = int(seconds), list[str]()
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count or (name == "s" and not said):
            said.append(f"{count} {name}")
    return " ".join(said[:parts])


def between(start: datetime | None, end: datetime | None) -> str:
    """How long something took, or has taken so far."""
    if start is None:
        return "–"
    return duration(((end or datetime.now(UTC)) - start).total_seconds())


def size(number: float | None) -> str:
    """Bytes as people say them."""
    if number is None:
        return "–"
    value = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def share(value: float | None, digits: int = 0) -> str:
    """0 to 1 as a percentage."""
    return "–" if value is None else f"{100 * value:.{digits}f}\u00a0%"


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, a whole one with its thousands apart."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.{digits}g}"


def short(identifier: str) -> str:
    """The end of an identifier, which tells neighbours apart: they begin with the same time."""
    return identifier[-8:]


def count(number: int, word: str, plural: str | None = None) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}".replace(",", "\u202f")


def as_num(word: str) -> tuple[str, str]:
    """A column of figures, as the macro ``table`` takes it."""
    return word, "num"


def as_yaml(value: Any) -> str:
    """A spec as people write it."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago, "duration": duration, "between": between, "size": size, "share": share, "number": number,
    "short": short, "as_num": as_num, "count": count, "yaml": as_yaml,
}  # fmt: skip
