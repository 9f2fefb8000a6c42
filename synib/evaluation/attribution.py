"""Does SynIB help, and if so, does the penalty on withheld modalities do it, or something simpler?

Three questions, each a family of tests of its own (`pairs`): does a method beat the baseline; does a SynIB
beat every control; does it beat the rivals. The second and third are asked of what the first has found.
Accuracy decides; NLL and Brier score say at what cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from synib.evaluation.cast import ASIDE, Cast
from synib.evaluation.pairs import MetricName, Pair, Question, Scale, Values, family
from synib.evaluation.where import Examples
from synib.report import Code, MethodVerdict, PairedTest
from synib.spec import Margins

ENOUGH: Final = 10
"""Seeds without which a verdict is a first look."""

BEST_FIRST: Final[tuple[Code, ...]] = (
    "penalty", "unattributed", "open", "explained", "undecided", "no_gain", "harm",
)  # fmt: skip

Finding = Literal["better", "worse", "equivalent", "no_better", "undecided"]


def decide(gain: Finding, controls: Mapping[str, Finding], missing: Sequence[str]) -> Code:
    """What a SynIB's gain over the baseline is due to, from the findings against baseline and controls.

    ==================  =============================  ==========  ==============
    against baseline    against the controls           missing     code
    ==================  =============================  ==========  ==============
    worse               any                            any         harm
    equivalent,
    no better           any                            any         no_gain
    undecided           any                            any         undecided
    better              worse than, equivalent to or
                        no better than one             any         explained
    better              better or undecided            some        unattributed
    better              one undecided                  nothing     open
    better              better than each               nothing     penalty
    ==================  =============================  ==========  ==============

    One control that does as well explains the gain, whatever the others do: the simpler method suffices.
    """
    match gain:
        case "worse":
            return "harm"
        case "equivalent" | "no_better":
            return "no_gain"
        case "undecided":
            return "undecided"
    if any(explains(finding) for finding in controls.values()):
        return "explained"
    if missing:
        return "unattributed"
    return "open" if "undecided" in controls.values() else "penalty"


def explains(finding: Finding) -> bool:
    """Whether a control against which SynIB has this finding does as well."""
    return finding in ("worse", "equivalent", "no_better")


def scales_of(margins: Margins) -> tuple[Scale, ...]:
    """What methods are tested on; the first decides."""
    return (
        Scale("accuracy", 1, margins.accuracy),
        Scale("nll", -1, margins.nll),
        Scale("brier", -1, margins.brier),
    )


def run_tests(
    cast: Cast, values: Mapping[Scale, Mapping[str, Values]], examples: Examples
) -> list[PairedTest]:
    """Every family on every scale, by scale, method and question; ``values`` are by method and seed."""
    return [
        test
        for scale, by_method in values.items()
        for question, names in questions(cast).items()
        for test in family(question, scale, list(_pairs(names, scale, by_method, examples)))
    ]


def questions(cast: Cast) -> dict[Question, list[tuple[str, str]]]:
    """Which methods are compared with which, by question; nothing is compared without a SynIB or baseline."""
    others = [name for name in cast.methods if name != cast.baseline]
    return {
        "helps": [(name, cast.baseline) for name in others if cast.baseline],
        "explains": [(synib, control) for synib in cast.synibs for control in cast.controls],
        "ranks": [(synib, rival) for synib in cast.synibs for rival in cast.rivals],
    }


def winners(tests: Sequence[PairedTest]) -> list[str]:
    """Methods that beat the baseline in accuracy."""
    return [test.method for test in _asked(tests, "helps") if test.finding == "better"]


def verdicts(cast: Cast, tests: Sequence[PairedTest]) -> list[MethodVerdict]:
    """The rule applied to every SynIB, the best verdict first, then the most accurate.

    A pair that was never tested is undecided.
    """
    gains = {test.method: test.difference.value for test in _asked(tests, "helps")}
    found = [_verdict(cast, tests, name) for name in cast.synibs] if cast.baseline else []
    return sorted(found, key=lambda one: (BEST_FIRST.index(one.code), -gains.get(one.method, 0)))


def pair_test(
    tests: Sequence[PairedTest], method: str, against: str, metric: MetricName
) -> PairedTest | None:
    """The test of this pair on this metric, if there is one."""
    return next(
        (test for test in tests if (test.method, test.against, test.metric) == (method, against, metric)),
        None,
    )


def _verdict(cast: Cast, tests: Sequence[PairedTest], name: str) -> MethodVerdict:
    gain = {test.method: test.finding for test in _asked(tests, "helps")}.get(name, "undecided")
    against = {test.against: test.finding for test in _asked(tests, "explains") if test.method == name}
    alternatives = cast.alternatives()
    controls: dict[str, Finding] = {control: against.get(control, "undecided") for control in alternatives}
    missing = cast.missing(name)
    code = decide(gain, controls, missing)
    suffices = [alternatives[control] for control, finding in controls.items() if explains(finding)]
    return MethodVerdict(
        method=name,
        code=code,
        explained_by=list(dict.fromkeys(suffices)) if code == "explained" else [],
        missing=missing if code == "unattributed" else [],
    )


def mask_matters(tests: Sequence[PairedTest], cast: Cast, name: str) -> Finding | None:
    """SynIB against itself with as much withheld anywhere; none where that was not asked."""
    asides = [control for control, what in cast.controls.items() if what == ASIDE]
    found = [pair_test(tests, name, control, "accuracy") for control in asides]
    return next((test.finding for test in found if test), None)


def _asked(tests: Sequence[PairedTest], question: Question) -> list[PairedTest]:
    """In accuracy, which decides."""
    return [test for test in tests if (test.question, test.metric) == (question, "accuracy")]


def _pairs(
    names: Sequence[tuple[str, str]], scale: Scale, values: Mapping[str, Values], examples: Examples
) -> Iterator[Pair]:
    for method, against in names:
        crossed = examples.crossed(method, against) if scale.metric == "accuracy" else None
        yield Pair(method, against, values[method], values[against], crossed)
