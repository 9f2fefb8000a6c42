"""How a model does on examples whose label is in one source: accuracy overall hides a source that is rare."""

import numpy as np
from numpy.typing import NDArray

from synib import spec
from synib.evaluation import calibration
from synib.evaluation.forecast import Forecast
from synib.information.statistics import mean_intervals
from synib.report import Estimate, SourceReport
from synib.seeds import derive


def by_source(joint: Forecast, source: NDArray[np.str_], asked: spec.Evaluation) -> dict[str, SourceReport]:
    """Of the joint forecast, for each source that the N examples have, in alphabetical order. (N,)"""
    return {str(name): _report(joint, source == name, str(name), asked) for name in np.unique(source)}


def _report(joint: Forecast, here: NDArray[np.bool_], name: str, asked: spec.Evaluation) -> SourceReport:
    right = joint.right[here]
    rng = np.random.default_rng(derive(asked.seed, "evaluation", "resamples", "source", name))
    [[low, high]] = mean_intervals(right[:, None].astype(np.float64), rng, asked.resamples)
    return SourceReport(
        examples=len(right),
        accuracy=Estimate(value=float(right.mean()), low=float(low), high=float(high)),
        confidence=float(joint.confidence[here].mean()),
        nll=float(calibration.nll(joint.p_true[here]).mean()),
    )
