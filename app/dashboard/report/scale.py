"""From numbers to pixels, with round numbers at the ticks."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from synib.evaluation.sentences import bits


@dataclass(frozen=True)
class Scale:
    """A range of numbers on a range of pixels, linear."""

    low: float
    high: float
    start: float
    end: float
    whole: bool = False
    """Whether only whole numbers make sense."""

    def __call__(self, value: float) -> float:
        """Where a number is; what is outside is at the border."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, room: float = 70) -> list[float]:
        """Round numbers, with about so many pixels from one to the next."""
        step = _step((self.high - self.low) / max(abs(self.end - self.start) / room, 1.0))
        step = max(step, 1.0) if self.whole else step
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [step * k for k in range(first, last + 1)]

    def labels(self, room: float = 70) -> list[tuple[float, str]]:
        """Ticks with their text, all with as many places."""
        ticks = self.ticks(room)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else self.high - self.low
        places = max(0, -floor(log10(step) + 1e-9))
        return [(tick, bits(tick, places)) for tick in ticks]


def covering(values: Iterable[float | None], *, least: float = 0.0) -> tuple[float, float]:
    """A range that has all values and some air, at least so wide."""
    known = [value for value in values if value is not None and isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    air = max(0.05 * (high - low), (least - (high - low)) / 2, 1e-6)
    return low - air, high + air


def _step(rough: float) -> float:
    """The next of 1, 2, 5, 10, … that is no smaller."""
    power: float = 10.0 ** floor(log10(rough))
    return next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough * (1 - 1e-9))
