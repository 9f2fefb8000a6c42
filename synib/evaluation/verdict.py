"""The attribution in words: does SynIB help, what explains it, on which examples, at what cost, how surely.

«Significant» is not among the words. What is said to be better is so by a p below 5 % after Holm's correction
for its family; where even the clearest result could not get there, that is said instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from synib.evaluation.attribution import ENOUGH, explains, mask_matters, pair_test, winners
from synib.evaluation.cast import Cast
from synib.evaluation.pairs import ALPHA, FEWEST, seeds_that_can
from synib.evaluation.sentences import bits, count, listed, p_value, points, signed
from synib.information.statistics import MOST, smallest_p
from synib.report import MethodVerdict, MetricTable, PairedTest, Where

FEW_EXAMPLES = 100  # of which one is a point
SEARCHED = 8  # trials; fewer are called a short search
GROUPS = ("together", "alone")


@dataclass(frozen=True)
class Findings:
    """All that the words are made from."""

    cast: Cast
    tables: Sequence[MetricTable]
    tests: Sequence[PairedTest]
    verdicts: Sequence[MethodVerdict]
    where: Sequence[Where]
    slowdown: Mapping[str, float]
    excluded: int
    redrawn: bool
    """Whether every seed drew data of its own."""

    def mean(self, metric: str, method: str) -> float | None:
        rows = next(table.rows for table in self.tables if table.metric == metric)
        return next((row.mean.value for row in rows if row.method == method), None)


def headline(found: Findings) -> str:
    """The answer in one sentence."""
    if not any(table.rows for table in found.tables):
        return "No run succeeded: nothing to compare."
    if found.cast.baseline is None:
        return "Nothing to attribute: no method is without a penalty; add - {kind: vanilla} to the methods."
    if not found.verdicts:
        return f"Nothing to attribute: no method is a SynIB that withholds.{_winning(found)}"
    verdict = found.verdicts[0]
    test = pair_test(found.tests, verdict.method, found.cast.baseline, "accuracy")
    if test is None:
        return f"Undecided: {verdict.method} and {found.cast.baseline} have no seed in common."
    size = f"{points(test.difference)} accuracy against {test.against}"
    return f"{_answer(verdict)}: {size}{_how_surely(verdict, test, found)}."


def paragraph(found: Findings) -> str:
    """The headline, then whatever there is to say of attribution, examples, cost, rivals and limits."""
    sentences = [headline(found)]
    if found.verdicts and found.cast.baseline:
        main, *others = found.verdicts
        sentences += [*_attribution(main, found), *_where(main.method, found)]
        sentences += [*_cost(main.method, found), *_ranks(main.method, found)]
        sentences += [_other(verdict, found) for verdict in others]
        sentences += _others_that_win(found)
        sentences += _limits(main.method, found)
    sentences += _losses(found)
    return " ".join(sentences)


# ----------------------------------------------------------------------------------- does it help?


def _answer(verdict: MethodVerdict) -> str:
    name = verdict.method
    return {
        "penalty": f"{name} helps, and withholding modalities is what does it",
        "explained": f"{name} helps, but its gain is explained by {_by(verdict)}",
        "open": f"{name} helps; whether more than its controls is undecided",
        "unattributed": f"{name} helps; why cannot be said yet",
        "harm": f"{name} harms",
        "no_gain": f"{name} does not help here",
    }.get(verdict.code, f"Undecided whether {name} helps")


def _how_surely(verdict: MethodVerdict, test: PairedTest, found: Findings) -> str:
    if verdict.code == "no_gain":
        return f"; {_bounded(test)}"
    if verdict.code == "undecided":
        return f"; {_why_undecided(test, _family(test, found))}"
    return f" ({_tested(test)})"


def _by(verdict: MethodVerdict) -> str:
    return listed([_the(what) for what in verdict.explained_by]) if verdict.explained_by else ""


def _tested(test: PairedTest) -> str:
    p = p_value(test.p_holm)
    return f"{count(test.seeds, 'seed')}, {p}" + (" after Holm" if test.p_holm != test.p else "")


def _bounded(test: PairedTest) -> str:
    """What is excluded."""
    matters = _amount(test.margin, test)
    if test.finding == "equivalent":
        surely = "surely different, but " if test.p_holm < ALPHA else ""
        p = p_value(test.p_equivalent or 0)
        return f"{surely}a difference of {matters} or more is excluded (TOST, {p})"
    return f"a gain of {matters} or more is excluded ({p_value(test.p_no_better or 0)}); a loss is not"


def _why_undecided(test: PairedTest, family: int) -> str:
    """Too few seeds for any claim, or too much spread for this difference."""
    if test.seeds < FEWEST:
        return f"{count(test.seeds, 'seed')} {_verb(test.seeds)} too few for an interval or a test"
    possible = min(1.0, family * smallest_p(test.seeds))
    if possible >= ALPHA:
        return (
            f"{count(test.seeds, 'seed')} cannot tell any difference from chance (smallest possible "
            f"{p_value(possible)}), {seeds_that_can(family)} can"
        )
    more = (test.seeds_needed or MOST) - test.seeds
    need = f"about {more:,} more" if test.seeds_needed else f"more than {more:,} more"
    if more <= 0:  # the exact test found a little less than the t test would
        need = "a few more"
    least = _amount(test.detectable or 0, test)
    p = p_value(test.p_holm) + (" after Holm" if family > 1 else "")
    return (
        f"{count(test.seeds, 'seed')} ({p}) show a difference of {least} in 8 of 10 experiments, "
        f"one like this takes {need}"
    )


def _family(test: PairedTest, found: Findings) -> int:
    return sum((one.question, one.metric) == (test.question, test.metric) for one in found.tests)


def _amount(size: float, test: PairedTest) -> str:
    return f"{bits(100 * size, 1)} points" if test.metric == "accuracy" else f"{bits(size, 3)}"


# --------------------------------------------------------------------------------- what explains it?


def _attribution(verdict: MethodVerdict, found: Findings) -> Iterator[str]:
    """Against which controls, and what is missing."""
    if verdict.code not in ("penalty", "explained", "open", "unattributed"):
        return
    pairs = [
        (test, what)
        for control, what in found.cast.alternatives().items()
        if (test := pair_test(found.tests, verdict.method, control, "accuracy"))
    ]
    beaten = [f"{_the(what)} ({points(test.difference)})" for test, what in pairs if test.finding == "better"]
    level = [test for test, _ in pairs if explains(test.finding)]
    open_ = [(test, what) for test, what in pairs if test.finding == "undecided"]
    if level:
        against = [f"{points(test.difference)} against {test.against}" for test in level]
        yield f"The simpler method does as well: {verdict.method} has {listed(against)}."
    if beaten:
        yield f"It does more than {listed(beaten)}."
    for test, what in open_:
        why = _why_undecided(test, _family(test, found))
        yield f"Against {_the(what)} undecided: {points(test.difference)}; {why}."
    if found.cast.tuned:
        yield f"Unequal tuning does not explain it: {_search(found.cast.trials)}."
    if verdict.missing:
        yield f"To tell why, add {listed([f'`{line}`' for line in verdict.missing])}."
        if not found.cast.tuned:
            yield "Nothing was tuned, so a better tuned baseline may gain as much."
    matters = mask_matters(found.tests, found.cast, verdict.method)
    if matters:
        yield {
            "better": "Where the mask points matters: as much withheld anywhere does less.",
            "undecided": "Whether it matters where the mask points is undecided.",
        }.get(matters, "Where the mask points does not matter: as much withheld anywhere does as well.")


def _the(explanation: str) -> str:
    return {
        "confidence penalty": "the confidence penalty", "noise": "noise of the same size",
        "tuning": "other settings of the baseline",
    }.get(explanation, explanation)  # fmt: skip


# ------------------------------------------------------------------------ where, and at what cost?


def _where(name: str, found: Findings) -> Iterator[str]:
    rows = {row.group: row for row in found.where if row.method == name}
    together, alone = rows.get("together"), rows.get("alone")
    parts = []
    if together:
        few = ", few," if together.examples < FEW_EXAMPLES else ""
        those = f"the {together.examples:,} examples{few} that no single modality gets right"
        parts.append(f"{points(together.difference)} on {those}")
    if alone:
        parts.append(f"{points(alone.difference)} on the {'other ' * bool(together)}{alone.examples:,}")
    if parts:
        yield f"Where: {', '.join(parts)}."
    sources = [f"{source} {points(row.difference)}" for source, row in rows.items() if source not in GROUPS]
    if sources:
        yield f"By where the label is: {', '.join(sources)}."


def _cost(name: str, found: Findings) -> Iterator[str]:
    """Probabilities, calibration and time."""
    baseline = found.cast.baseline or ""
    parts = []
    test = pair_test(found.tests, name, baseline, "nll")
    if test:
        meaning = {
            "better": "better", "worse": "worse", "equivalent": "no difference that matters",
            "no_better": "no better", "undecided": "undecided",
        }[test.finding]  # fmt: skip
        parts.append(f"NLL {signed(test.difference, 3)} bit ({meaning})")
    mine, others = found.mean("ece", name), found.mean("ece", baseline)
    if mine is not None and others is not None:
        parts.append(f"calibration error {bits(mine, 3)} against {bits(others, 3)}")
    if name in found.slowdown:
        parts.append(f"a run takes {found.slowdown[name]:.1f} times as long")
    if parts:
        yield f"Cost: {', '.join(parts)}."


# ----------------------------------------------------------------------------- who else, how surely?


def _ranks(name: str, found: Findings) -> Iterator[str]:
    by_finding: dict[str, list[str]] = {}
    for rival in found.cast.rivals:
        test = pair_test(found.tests, name, rival, "accuracy")
        if test:
            by_finding.setdefault(test.finding, []).append(rival)
    words = {
        "better": "better than", "worse": "worse than", "equivalent": "no different from",
        "no_better": "no better than", "undecided": "undecided against",
    }  # fmt: skip
    parts = [f"{said} {listed(by_finding[one])}" for one, said in words.items() if one in by_finding]
    if parts:
        yield f"Among rivals it is {'; '.join(parts)}."


def _other(verdict: MethodVerdict, found: Findings) -> str:
    """Another SynIB, in a sentence."""
    test = pair_test(found.tests, verdict.method, found.cast.baseline or "", "accuracy")
    if test is None:
        return f"{verdict.method} has no seed in common with {found.cast.baseline}."
    said = {
        "penalty": "helps by its penalty too", "open": "helps too", "unattributed": "helps too",
        "explained": f"helps, explained by {_by(verdict)}",
        "harm": "harms", "no_gain": "does not help",
    }.get(verdict.code, "is undecided")  # fmt: skip
    return f"{verdict.method} {said}: {points(test.difference)}."


def _others_that_win(found: Findings) -> Iterator[str]:
    others = [name for name in winners(found.tests) if name not in found.cast.synibs]
    main = found.verdicts[0]
    if others and main.code in ("undecided", "no_gain", "harm"):
        yield f"What does beat {found.cast.baseline}: {listed(others)}."


def _winning(found: Findings) -> str:
    names = winners(found.tests)
    return f" {listed(names)} {_beat(len(names))} {found.cast.baseline}." if names else ""


def _limits(name: str, found: Findings) -> Iterator[str]:
    test = pair_test(found.tests, name, found.cast.baseline or "", "accuracy")
    if test is None or test.seeds < FEWEST:
        return
    if test.seeds < ENOUGH:
        yield f"This is a first look: a result needs {ENOUGH} seeds or more."
    if found.redrawn:
        yield "Every seed drew data of its own: intervals say what other data and other seeds would do."
    elif test.crossed:
        other = points(test.crossed).split("points ")[-1]
        yield f"Intervals say what other seeds would do; with other test examples too it is {other}."
    else:
        yield "Intervals say what other seeds would do, not other test examples."


def _losses(found: Findings) -> Iterator[str]:
    accuracy = next(table for table in found.tables if table.metric == "accuracy")
    present = {row.method for row in accuracy.rows}
    silent = [method for method in found.cast.methods if method not in present]
    if silent and present:
        yield f"No run of {listed(silent)} succeeded."
    if found.excluded:
        yield f"{count(found.excluded, 'run')} {_verb(found.excluded)} excluded."


def _verb(n: int) -> str:
    return "is" if n == 1 else "are"


def _beat(n: int) -> str:
    return "beats" if n == 1 else "beat"


def _search(trials: int) -> str:
    """How hard every method was tuned, and what that cannot exclude."""
    weak = "; so few leave it open what a longer search would find" if trials < SEARCHED else ""
    return f"every method had {count(trials, 'trial')} a seed{weak}"
