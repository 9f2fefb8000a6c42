"""SynIB's masks without its penalty: withheld views as augmentation."""

from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from synib import spec
from synib.objectives.objective import Batch, methods
from synib.objectives.references import Seen
from synib.objectives.synib import SynIB, token_shapes


class MaskingOnly(SynIB):
    """loss = CE(q(y|x), y) + weight · mean_i CE(q(y|x with i withheld), y).

    Kontras et al. 2026 (arXiv 2606.09853), appendix G.
    """

    def penalty(self, logits: Tensor, x: Batch, y: Tensor, seen: Seen, generator: Generator | None) -> Tensor:
        V = len(logits)
        error = cross_entropy(logits.flatten(0, 1), y.repeat(V), reduction="none")
        return self.weighted(error.reshape(V, -1), x)


@methods(spec.MaskingOnly)
def from_spec(method: spec.MaskingOnly, experiment: spec.Experiment, info: spec.DataInfo) -> MaskingOnly:
    return MaskingOnly(
        method.weight,
        method.mask,
        withhold=method.withhold,
        shapes=token_shapes(method.mask, experiment, info),
        heads=experiment.unimodal_heads,
    )
