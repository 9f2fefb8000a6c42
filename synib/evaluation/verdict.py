"""The answer of a comparison in words: who is how accurate, by how much, and whether the seeds can carry it.

«Significant» is not among the words. A p below 5 % after Holm's correction for the number of rivals is «more
than the choice of seeds explains»; and where even the clearest result could not get there, that is said
instead.
"""

from collections.abc import Sequence
from typing import Final

from synib.evaluation.sentences import bits, interval, listed, p_value
from synib.information.statistics import holm, smallest_p
from synib.report import Estimate, MetricRow, MetricTable

ALPHA: Final = 0.05


def verdict(tables: Sequence[MetricTable], methods: Sequence[str], excluded: int) -> str:
    """From the tables of a comparison; the first method is the one compared with."""
    accuracy, synergy = (
        next(table for table in tables if table.metric == name) for name in ("accuracy", "synergy")
    )
    words = (
        _accuracy(accuracy.rows, methods[0]) if accuracy.rows else ["No run succeeded: nothing to compare."]
    )
    if synergy.rows:
        words.append(f"Synergy: {'; '.join(_synergy(row) for row in synergy.rows)}.")
    silent = [method for method in methods if method not in {row.method for row in accuracy.rows}]
    if silent and accuracy.rows:
        words.append(f"No run of {listed(silent)} succeeded.")
    if excluded:
        words.append(f"{excluded} {'run is' if excluded == 1 else 'runs are'} excluded.")
    return " ".join(words)


def seeds_needed(comparisons: int) -> int:
    """The fewest seeds whose smallest possible p, corrected for so many comparisons, is below 5 %."""
    return next(n for n in range(1, 64) if comparisons * smallest_p(n) < ALPHA)


def _accuracy(rows: Sequence[MetricRow], baseline: str) -> list[str]:
    """A sentence per method; p values are corrected for all that are compared with the first."""
    first = next((row for row in rows if row.method == baseline), None)
    compared = [row.method for row in rows if row.p is not None]
    corrected = dict(zip(compared, holm([row.p for row in rows if row.p is not None]), strict=True))
    words = []
    for row in rows:
        level = (
            f"{row.method} is right on {_percent(row.mean)} of the test examples ({_seeds(len(row.seeds))})"
        )
        if first is None or row.difference is None or row.p is None:
            words.append(f"{level}.")
            continue
        shared = len(set(row.seeds) & set(first.seeds))
        words.append(
            f"{level}, {_points(row.difference)} against {baseline}"
            f"{_certainty(row.p, corrected[row.method], shared, len(compared))}."
        )
    return words


def _certainty(p: float, corrected: float, seeds: int, comparisons: int) -> str:
    """What the paired test over ``seeds`` allows to be said."""
    possible = min(1.0, comparisons * smallest_p(seeds))
    if possible >= ALPHA:
        return (
            f"; {_seeds(seeds)} cannot tell any difference from chance "
            f"(smallest possible {p_value(possible)}), {seeds_needed(comparisons)} can"
        )
    tested = (
        p_value(p)
        if comparisons == 1
        else f"{p_value(p)}, for {comparisons} comparisons {p_value(corrected)}"
    )
    explains = (
        "more than the choice of seeds explains"
        if corrected < ALPHA
        else "which the choice of seeds may explain"
    )
    return f" ({tested}), {explains}"


def _synergy(row: MetricRow) -> str:
    difference = ""
    if row.difference is not None:
        difference = f" ({_signed(row.difference.value, 2)}{interval(row.difference)})"
    return f"{row.method} {bits(row.mean.value)} bit{interval(row.mean)}{difference}"


def _percent(share: Estimate) -> str:
    return f"{100 * share.value:.1f} %{interval(_hundredfold(share), 1)}"


def _points(difference: Estimate) -> str:
    return f"{_signed(100 * difference.value, 1)} points{interval(_hundredfold(difference), 1)}"


def _hundredfold(share: Estimate) -> Estimate:
    low, high = (None if end is None else 100 * end for end in (share.low, share.high))
    return Estimate(value=100 * share.value, low=low, high=high)


def _signed(value: float, places: int) -> str:
    text = bits(value, places)
    return text if text.startswith("-") else f"+{text}"


def _seeds(n: int) -> str:
    return f"{n} seed{'' if n == 1 else 's'}"
