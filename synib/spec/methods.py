"""The objective and its controls. Rivals are in `synib.spec.rivals`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synib.spec.base import Fraction, Name, Spec
from synib.spec.masks import FullMask, Mask, MatchedMask, NoMask, RandomMask
from synib.spec.search import Range

Weight = Annotated[float, Field(ge=0, le=1e6)]
Role = Literal["baseline", "synib", "control", "rival"]
Explanation = Literal[
    "confidence penalty", "masking as augmentation", "modality dropout", "noise", "label smoothing",
    "tuning", "where the mask points",
]  # fmt: skip

Search = dict[str, Range]
PENALTY = Range(low=0.01, high=10, log=True)  # the same for SynIB and what it is compared with
COORDINATES = Range(low=0.1, high=0.9)
SPARSITY = Range(low=0.1, high=10, log=True)
MASK: Search = {"mask.rate": COORDINATES, "mask.sparsity": SPARSITY, "mask.like.sparsity": SPARSITY}


class MethodSettings(Spec):
    """What every method has; left out, the experiment's training decides. Tuning writes its finds here."""

    name: Name | None = None
    """Name in tables; the kind if left out."""
    lr: Annotated[float, Field(gt=0, le=10)] | None = None
    """Step size of this method, instead of ``training.lr``."""
    weight_decay: Annotated[float, Field(ge=0, le=10)] | None = None
    """Of this method, instead of ``training.weight_decay``."""

    ROLE: ClassVar[Role] = "rival"
    EXPLAINS: ClassVar[Explanation | None] = None
    SEARCH: ClassVar[Search] = {
        "lr": Range(low=1e-4, high=3e-2, log=True),
        "weight_decay": Range(low=1e-5, high=1e-1, log=True),
    }
    """What tuning searches unless told otherwise; numbers that the method as written has not are left out."""

    def role(self) -> Role:
        """Its part in a comparison."""
        return self.ROLE

    def explains(self) -> Explanation | None:
        """Of a control: what a gain of SynIB would be explained by if this method had it too."""
        return self.EXPLAINS


class Vanilla(MethodSettings):
    """Cross-entropy of the joint prediction and of the detached heads; what everything is compared with."""

    ROLE: ClassVar[Role] = "baseline"

    kind: Literal["vanilla"] = "vanilla"


class SynIB(MethodSettings):
    """Synergistic information bottleneck: right with all modalities, unsure with one withheld."""

    ROLE: ClassVar[Role] = "synib"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY} | MASK

    kind: Literal["synib"] = "synib"
    weight: Weight = 1.0
    """lambda, the weight of the penalty, a mean over modalities. 0 is vanilla, bit for bit."""
    modality_weights: dict[str, Weight] = {}
    """Weight of each modality's term where it is not 1: the penalty while this modality is withheld
    (with ``all_but_one``: while it alone is seen)."""
    mask: Mask = FullMask()
    """What is withheld and what stands in its place; one family at a time."""
    withhold: Literal["one", "all_but_one"] = "one"
    """one: each modality in turn (the paper); penalises whatever k - 1 modalities know, pairwise synergy
    among them too. all_but_one: all but each modality in turn; penalises only what single modalities know."""
    reference: Literal["uniform", "class_prior", "unimodal", "gaussian"] = "uniform"
    """The prediction to fall back to. class_prior: training frequencies. unimodal: the seen modalities' own
    slowly averaged heads. gaussian: logits of 0, by KL(N(logits, I) ‖ N(0, I))."""
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Of the unimodal reference's average over steps."""
    warm_up: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Epochs over which the weight rises linearly to its value, reached in the last of them; 0 is at once."""

    def role(self) -> Role:
        """Without weight it is vanilla; with nothing withheld, or anything, it is a control."""
        if not self.weight:
            return "baseline"
        return "control" if self.explains() else "synib"

    def explains(self) -> Explanation | None:
        match self.mask:
            case NoMask():
                return "confidence penalty"
            case MatchedMask():
                return "where the mask points"
            case _:
                return None


class Released(MethodSettings):
    """The public code's behaviour, quirks and all, for comparison with published runs; else use synib.

    Both mask families are penalised at once; KL runs backwards, from reference to prediction; a prediction
    is drawn to the withheld modality's own, not to the other's; soft gates, in the reach of 20 small steps,
    destroy what the head relies on; the learned mask's penalty does not reach the encoders; the random mask
    is filled with one shuffled donor.
    """

    ROLE: ClassVar[Role] = "synib"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {
        "weight": PENALTY,
        "rate": COORDINATES,
        "sparsity": Range(low=0.01, high=1, log=True),
    }

    kind: Literal["synib_released"] = "synib_released"
    weight: Weight = 1.0
    """lambda, of both families; a sum over modalities."""
    rate: Fraction = 0.3
    """Of the random mask."""
    sparsity: Weight = 0.1
    """Of the learned mask."""
    anneal: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Epochs over which the weight rises; the first has none."""


class ConfidencePenalty(MethodSettings):
    """Control: KL(q ‖ uniform) on intact inputs (Pereyra et al. 2017); SynIB that withholds nothing."""

    ROLE: ClassVar[Role] = "control"
    EXPLAINS: ClassVar[Explanation | None] = "confidence penalty"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY}

    kind: Literal["confidence_penalty"] = "confidence_penalty"
    weight: Weight = 0.1
    """Of the penalty."""


class MaskingOnly(MethodSettings):
    """Control: SynIB's masks with cross-entropy instead of the penalty: masking as augmentation."""

    ROLE: ClassVar[Role] = "control"
    EXPLAINS: ClassVar[Explanation | None] = "masking as augmentation"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY} | MASK

    kind: Literal["masking_only"] = "masking_only"
    weight: Weight = 1.0
    """Of the cross-entropy of withheld predictions, a mean over modalities."""
    mask: Mask = RandomMask()
    """As SynIB's."""
    withhold: Literal["one", "all_but_one"] = "one"
    """As SynIB's."""


class NoisePenalty(MethodSettings):
    """Control: SynIB's gradient on every withheld prediction, of the same size but in a random direction."""

    ROLE: ClassVar[Role] = "control"
    EXPLAINS: ClassVar[Explanation | None] = "noise"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY} | MASK

    kind: Literal["noise_penalty"] = "noise_penalty"
    weight: Weight = 1.0
    """As SynIB's."""
    mask: Mask = FullMask()
    """As SynIB's."""


class LabelSmoothing(MethodSettings):
    """Control: cross-entropy against labels mixed with the uniform distribution (Szegedy et al. 2016)."""

    ROLE: ClassVar[Role] = "control"
    EXPLAINS: ClassVar[Explanation | None] = "label smoothing"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"smoothing": Range(low=0.01, high=0.5, log=True)}

    kind: Literal["label_smoothing"] = "label_smoothing"
    smoothing: Fraction = 0.1
    """Share of the uniform distribution."""


class ModalityDropout(MethodSettings):
    """Control and rival: in training whole modalities are withheld at random (Neverova et al. 2016)."""

    ROLE: ClassVar[Role] = "control"
    EXPLAINS: ClassVar[Explanation | None] = "modality dropout"
    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"rate": Range(low=0.05, high=0.7)}

    kind: Literal["modality_dropout"] = "modality_dropout"
    rate: Fraction = 0.2
    """Probability that an example loses one modality, any with the same probability."""
    fill: Literal["mean", "noise", "shuffle", "zero"] = "zero"
    """What stands in its place."""
    on: Literal["input", "latent"] = "latent"
    """Whether raw inputs or representations are filled."""
