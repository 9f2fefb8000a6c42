"""Numbers and names as the charts and their sentences say them; findings come from the report itself."""

import re
from collections.abc import Sequence
from typing import Final

from synib.evaluation.sentences import bits, interval, listed, percent
from synib.report import Estimate, Report

NOTHING: Final = "class frequencies"
ASIDE: Final = {
    "all_right": "everybody is right",
    "all_wrong": "nobody is right",
    "only_joint": "only all together are right",
}


def share(estimate: Estimate) -> str:
    """``96.4 % [94.8, 97.6]``."""
    low, high = (None if end is None else 100 * end for end in (estimate.low, estimate.high))
    return percent(estimate.value) + interval(Estimate(value=0.0, low=low, high=high), 1)


def amount(estimate: Estimate, places: int = 2) -> str:
    """``0.89 [0.85, 0.92]``."""
    return bits(estimate.value, places) + interval(estimate, places)


def span(value: float, low: float | None, high: float | None, places: int = 3) -> str:
    """The same of three numbers."""
    return amount(Estimate(value=value, low=low, high=high), places)


def seen(subset: str, whole: str) -> str:
    """What a model sees, as the command line says it: ``left+right``, ``left only``."""
    return subset if subset == whole else f"{subset} only"


def group(name: str) -> str:
    """Who is right, from a group's name: ``only_left+joint``."""
    if name in ASIDE:
        return ASIDE[name]
    who = name.removeprefix("only_").split("+")
    alone = [one for one in who if one != "joint"]
    if "joint" not in who:
        return (
            f"{listed(alone)} alone, not all together"
            if len(alone) == 1
            else f"{listed(alone)}, not all together"
        )
    return f"{listed(alone)} and all together"


def whole(report: Report) -> str:
    """The name of all modalities together."""
    return report.subsets[-1]


def thing(report: Report) -> str:
    """What a report counts: of a run, examples that it was not trained on."""
    return "test example" if report.provenance.method else "example"


def most(names: Sequence[str], values: Sequence[float]) -> tuple[str, float]:
    """The name with the highest value, and it."""
    return max(zip(names, values, strict=True), key=lambda pair: pair[1])


def ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    """Value and interval as three cells of a table."""
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def kept(words: str) -> str:
    """The same words; lines do not break before a unit or after a sign."""
    return re.sub(r"(?<=\d) (?=%|bits?\b|points\b)|(?<=[=<]) (?=[.\d])|(?<=\b[pn]) (?=[=<])", "\u00a0", words)
