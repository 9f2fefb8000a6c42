"""Rivals: other people's methods, each by its paper's own definition.

All have the same encoders, heads, fusion, initial weights and budget as every other method. A default is the
paper's or its public code's where either says one.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synib.spec.methods import PENALTY, MethodSettings, Search, Weight
from synib.spec.search import Range

Epochs = Annotated[int, Field(ge=0, le=100_000)]


class LateEnsemble(MethodSettings):
    """Rival: unimodal models that never meet; the prediction is the sum of their logits (Du et al. 2023).

    Each head and its encoder learn from their own cross-entropy alone. The fusion is left untrained, and the
    sum is additive: it cannot represent synergy.
    """

    kind: Literal["late_ensemble"] = "late_ensemble"


class I2M2(MethodSettings):
    """Rival: product of experts of the fusion and every unimodal head (Madaan et al. 2024).

    Cross-entropy of the normalised product trains all experts together, from the first step on.
    """

    kind: Literal["i2m2"] = "i2m2"


class OgmGe(MethodSettings):
    """Rival: the gradients of encoders that are ahead are damped, all are made noisy (Peng et al. 2022).

    How far a modality is ahead is read off its detached unimodal head, for any fusion. With more than two
    modalities it is compared with the mean of the others.
    """

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"alpha": Range(low=0.1, high=3, log=True)}

    kind: Literal["ogm_ge"] = "ogm_ge"
    alpha: Weight = 0.8
    """Degree of modulation, tuned per data set in the paper: the gradient of a modality that is ahead by the
    ratio rho > 1 is multiplied by 1 - tanh(alpha rho)."""
    enhance: bool = True
    """Whether each encoder parameter's gradient gets normal noise of the gradient's own spread (GE)."""
    start: Epochs = 0
    """Epochs completed before modulation begins."""
    end: Epochs = 50
    """Epochs completed in the last epoch with modulation."""


class Cml(MethodSettings):
    """Rival: confidence must not rise when a modality is removed (Ma et al. 2023)."""

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY}

    kind: Literal["cml"] = "cml"
    weight: Weight = 1.0
    """Of the sum of max(0, confidence without - confidence with) over an example's chain of k - 1 nested
    pairs: all modalities, then one less at a time, in an order drawn per example and step."""
    fill: Literal["mean", "zero"] = "mean"
    """What stands for a removed modality's representation: the batch's mean, or zeros."""


class MmPareto(MethodSettings):
    """Rival: each encoder's multimodal and unimodal gradients are reconciled (Wei and Hu 2024).

    Heads are not detached, whatever ``unimodal_heads`` says, and their losses have weight 1.
    """

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"gamma": Range(low=0.5, high=3)}

    kind: Literal["mmpareto"] = "mmpareto"
    gamma: Annotated[float, Field(gt=0, le=1e3)] = 1.5
    """Factor on every encoder's gradient; the larger, the noisier the descent."""


class DiagnoseRelearn(MethodSettings):
    """Rival: encoders go back towards their initial weights by how far they overfit (Wei et al. 2024).

    Overfitting is the gap between the purities of k-means clusters of a modality's representations in
    training and in validation. Let ``training.early_stopping.patience`` be long, or early stopping null:
    right after a step back validation is worse, and before epoch ``every`` this is vanilla.
    """

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"alpha": Range(low=0.3, high=10, log=True)}

    kind: Literal["diagnose_relearn"] = "diagnose_relearn"
    alpha: Weight = 3.0
    """Initial weights have the share tanh(alpha · gap), current ones the rest."""
    every: Annotated[int, Field(ge=1, le=100_000)] = 20
    """Epochs between diagnoses."""
    times: Annotated[int, Field(ge=0, le=100_000)] = 3
    """Diagnoses at most."""


class ReconBoost(MethodSettings):
    """Rival: modalities learn in turns, each what the others' sum of logits lacks (Hua et al. 2024).

    A stage trains one modality's encoder and head; after it, all are rectified together on the cross-entropy
    of the sum, which is also the prediction. It is additive: it cannot represent synergy. One turn of k
    modalities takes k (stage + rectification) epochs; let ``training.epochs`` hold a few.
    """

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {
        "reconcilement": Range(low=0.02, high=0.8, log=True),
        "consolidation": Range(low=0.05, high=5, log=True),
    }

    kind: Literal["reconboost"] = "reconboost"
    stage: Annotated[int, Field(ge=1, le=100_000)] = 4
    """Epochs in which one modality learns alone."""
    rectification: Epochs = 4
    """Epochs in which all learn together after each stage."""
    reconcilement: Weight = 0.2
    """lambda, weight of the divergence from the others' prediction, which is rewarded; 1 makes a stage follow
    the residual of gradient boosting exactly. From 1 on the loss has no lower bound."""
    consolidation: Weight = 0.5
    """Weight of the squared distance to the prediction of the modality that learned in the stage before."""


class Mcr(MethodSettings):
    """Rival: modalities play for influence on the prediction (Kontras et al. 2024).

    Influence of a modality: how far predictions move (Jensen-Shannon) when its representations are permuted
    across the batch. Beside it a contrastive term and a bottleneck.
    """

    SEARCH: ClassVar[Search] = MethodSettings.SEARCH | {"weight": PENALTY, "contrastive": PENALTY}

    kind: Literal["mcr"] = "mcr"
    weight: Weight = 0.1
    """Of the game, which only encoders play; heads and fusion learn nothing from it."""
    strategy: Literal["greedy", "independent", "collaborative"] = "greedy"
    """What an encoder does about the others' influence: lowers it, ignores it, raises it. With more than two
    modalities it is their mean."""
    permutations: Annotated[int, Field(ge=1, le=1024)] = 32
    """Of each modality, a step; the fusion runs on k times as many batches."""
    contrastive: Weight = 1.0
    """Of the supervised contrastive term over all modalities' representations, which must then be equally
    wide."""
    temperature: Annotated[float, Field(gt=0, le=100)] = 0.5
    """Of the contrastive term."""
    bottleneck: Weight = 1.0
    """Of the squared error with which a small network tells the representations from the prediction: what it
    cannot tell is irrelevant for the task."""
