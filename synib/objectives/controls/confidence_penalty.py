"""The penalty without any withholding."""

from synib import spec
from synib.objectives.objective import methods
from synib.objectives.synib import SynIB


@methods(spec.ConfidencePenalty)
def from_spec(method: spec.ConfidencePenalty, experiment: spec.Experiment, info: spec.DataInfo) -> SynIB:
    """loss = CE + weight · KL(q(y|x) ‖ uniform), Pereyra et al. 2017 (arXiv 1701.06548), up to a constant."""
    return SynIB(method.weight, spec.NoMask(), heads=experiment.unimodal_heads)
