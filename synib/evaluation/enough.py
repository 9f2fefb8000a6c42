"""Whether there is enough data to say anything at all, and what is said where there is not.

Below these bounds the usual intervals are not merely wide but wrong, and look like certainty:

- With fewer than 30 examples and no mistake among them, up to 3/30, one in ten, may yet be mistakes (the rule
  of three, Hanley & Lippman-Hand 1983), and a single sure one costs the mean a bit; a bootstrap of spotless
  rows shows an interval of width 0.
- Of fewer than 5 examples outside the most frequent class, a bootstrap leaves out all in more than e^-5 = 1
  of 150 resamples, and with them the question: of one class there is nothing to tell.
- Fewer than 6 groups have no test: all sign patterns of 5 groups give no two-sided p below .0625.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from synib.evaluation.predictions import Predictions
from synib.information.statistics import caution
from synib.report import Agreement, Estimate, Null, Report, SubsetReport, SynergyReport

ROWS: Final = 30
OTHERS: Final = 5
GROUPS: Final = 6

SO = "Too little data to say"


def too_little(predictions: Predictions) -> str | None:
    """A sentence that says why nothing can be said; none where something can."""
    counts = np.bincount(predictions.label, minlength=len(predictions.classes))
    most = predictions.classes[int(counts.argmax())] if len(predictions) else ""
    others = len(predictions) - int(counts.max(initial=0))
    groups = None if predictions.group is None else len(np.unique(predictions.group))
    if len(predictions) < ROWS:
        return (
            f"{SO}: {_rows(len(predictions))} to report on, and {ROWS} are the fewest. Among so few a "
            "mistake of one in ten may never show."
        )
    if not others:
        return (
            f"{SO}: every label is {most!r}. Where there is one class, there is nothing to tell, together or "
            "alone."
        )
    if others < OTHERS:
        return (
            f"{SO}: only {others} of {_rows(len(predictions))} have another label than {most!r}, and "
            f"{OTHERS} are the fewest."
        )
    if groups is not None and groups < GROUPS:
        return (
            f"{SO}: the rows are of {groups} group{'' if groups == 1 else 's'}, and {GROUPS} are the fewest "
            "that an interval over groups can rest on. If rows do not depend on their group, say groups: "
            "ignored."
        )
    return None


def clusters(group: NDArray[np.str_] | None) -> NDArray[np.str_] | None:
    """Groups of a run's test examples, (N,), whole ones of which intervals draw; none where there are too few
    for that: a run has to say its numbers all the same, for the comparison over seeds."""
    return None if group is None or len(np.unique(group)) < GROUPS else group


def of_groups(group: NDArray[np.str_] | None) -> list[str]:
    """What to know of a run's intervals, given its test examples' groups."""
    if group is None:
        return []
    if (found := clusters(group)) is not None:
        word = caution(found)
        return [word] if word else []
    count = len(np.unique(group))
    return [
        f"The test examples are of {count} group{'' if count == 1 else 's'}, and {GROUPS} are the fewest "
        "that an interval over groups can rest on: intervals take examples for independent and may be too "
        "narrow."
    ]


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def nothing_to_say(report: Report, why: str) -> Report:
    """The report with words in the place of findings: what is counted stays, what is estimated goes."""
    most = float(np.log2(max(2, len(report.classes))))
    k = len(report.modalities)
    return report.model_copy(
        update={
            "too_little": why,
            "joint": _counted(report.joint),
            "by_subset": {name: _counted(one) for name, one in report.by_subset.items()},
            "alone": [
                one.model_copy(
                    update={
                        "accuracy": _bare(one.accuracy),
                        "information": _bare(one.information),
                        "head_accuracy": _bare(one.head_accuracy),
                    }
                )
                for one in report.alone
            ],
            "macro_f1": None if report.macro_f1 is None else _bare(report.macro_f1),
            "f1": None if report.f1 is None else {name: _bare(one) for name, one in report.f1.items()},
            "redundant": 0.0,
            "unique": dict.fromkeys(report.modalities, 0.0),
            "synergy": SynergyReport(
                estimate=Estimate(value=0.0, low=0.0, high=most),
                at_least=0.0,
                null=Null(mean=0.0, q95=0.0, p=1.0, draws=0, method="none: too little data for a test"),
                found=False,
                sentence=why,
            ),
            "interaction": Estimate(value=0.0, low=0.0, high=float(k)),
            "confidence_gap": Estimate(value=0.0, low=-1.0, high=1.0),
            "agreement": Agreement(verdict="red", code="too_little", sentence=why, voices=[]),
        }
    )


def _counted(report: SubsetReport) -> SubsetReport:
    return report.model_copy(
        update={"accuracy": _bare(report.accuracy), "information": _bare(report.information)}
    )


def _bare(estimate: Estimate) -> Estimate:
    return Estimate(value=estimate.value, low=None, high=None)
