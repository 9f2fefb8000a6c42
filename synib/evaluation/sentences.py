"""Findings in plain words: a number with its interval, its null and its bound, and no more than these."""

from collections.abc import Sequence

from synib.report import Estimate, Null


def synergy_sentence(
    estimate: Estimate, at_least: float, null: Null, found: bool, modalities: Sequence[str], best: str
) -> str:
    """What the test examples say of the information that is in no single modality."""
    places = 2 if abs(estimate.value) >= 0.1 else 3
    amount = f"{bits(estimate.value, places)} bit{interval(estimate, places)}"
    everybody = listed(modalities)
    if not found and estimate.value <= 0:
        less = (
            f"{bits(-estimate.value, places)} bit less of the label than"
            if estimate.value < 0
            else "no more than"
        )
        return f"No synergy found: {everybody} together tell {less} {best} alone ({p_value(null.p)})."
    if not found and null.p >= 0.05 and (estimate.low or 0) > 0:
        hold = f"does not hold against every forecast from one modality ({p_value(null.p)})"
        return f"No synergy found: {amount} {hold}."
    if not found and null.p >= 0.05:
        return f"No synergy found: {amount} is what chance gives ({p_value(null.p)})."
    if not found:
        return f"No synergy found: the interval of {amount} is not above 0 ({p_value(null.p)})."
    place = (
        f"only in the combination of {everybody}"
        if len(modalities) == 2
        else f"in no single one of {everybody}"
    )
    chance = f"{bits(null.mean, 2)} expected by chance ({p_value(null.p)})"
    if at_least >= (estimate.low or 0):  # measures differ by less than the interval
        return f"{amount} of the label is {place}; {chance}."
    return (
        f"{amount} of the label is {place} by the most generous measure, "
        f"{bits(at_least, places)} by the strictest; {chance}."
    )


def bits(value: float, places: int = 2) -> str:
    """Without a minus where nothing but zeros follow."""
    text = f"{value:.{places}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def interval(estimate: Estimate, places: int = 2) -> str:
    """`` [0.78, 0.84]``, or nothing where there is none."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f" [{bits(estimate.low, places)}, {bits(estimate.high, places)}]"


def p_value(p: float) -> str:
    """p = .31, p = .012, p < .001; three places where they matter, no 0 before the point."""
    if p < 0.001:
        return "p < .001"
    text = f"{p:.2f}" if p >= 0.1 else f"{p:.3f}"
    return f"p = {text.removeprefix('0')}"


def listed(names: Sequence[str]) -> str:
    """left and right; x1, x2 and x3."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def signed(estimate: Estimate, places: int) -> str:
    """``+3.1 [2.8, 3.4]``; the sign of a difference, and its interval where there is one."""
    text = bits(estimate.value, places)
    sign = "" if text.startswith("-") or not text.strip("0.") else "+"
    return f"{sign}{text}{interval(estimate, places)}"


def points(difference: Estimate) -> str:
    """A difference of shares in hundredths: ``+3.1 points [2.8, 3.4]``."""
    parts = (difference.value, difference.low, difference.high)
    value, low, high = (None if part is None else 100 * part for part in parts)
    hundredfold = Estimate(value=value or 0.0, low=low, high=high)
    number, *rest = signed(hundredfold, 1).split(" ", 1)
    return " ".join([number, "points", *rest])


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def count(n: int, thing: str) -> str:
    """1 seed, 2 seeds."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"
