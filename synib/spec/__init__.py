"""What an experiment asks for: typed, strict and free of torch.

Every field has a default but ``dataset`` and ``methods``. A field's docstring is its documentation and, in
the OpenAPI schema, its description. Whatever is wrong with a spec is told at once, as a list of problems
with a JSON pointer each: :func:`parse_experiment`.
"""

from synib.spec.base import DataInfo, Fraction, Name, Seed, Spec, Width
from synib.spec.checks import parse_experiment
from synib.spec.data import Dataset, GaussianXor, NoisyXor, PairedDigits, Split, Watermark
from synib.spec.experiment import Experiment, Method
from synib.spec.masks import (
    DiffusionMask,
    Fill,
    FullMask,
    LearnedMask,
    Mask,
    MatchedMask,
    NoMask,
    OracleMask,
    RandomMask,
    Withheld,
)
from synib.spec.methods import (
    ConfidencePenalty,
    LabelSmoothing,
    MaskingOnly,
    MethodSettings,
    ModalityDropout,
    NoisePenalty,
    Released,
    SynIB,
    Vanilla,
)
from synib.spec.models import Cnn, Concat, Encoder, Mlp, Modality, UnimodalHeads
from synib.spec.training import EarlyStopping, Evaluation, Replication, Resources, Training, Tuning

__all__ = [
    "Cnn",
    "Concat",
    "ConfidencePenalty",
    "DataInfo",
    "Dataset",
    "DiffusionMask",
    "EarlyStopping",
    "Encoder",
    "Evaluation",
    "Experiment",
    "Fill",
    "Fraction",
    "FullMask",
    "GaussianXor",
    "LabelSmoothing",
    "LearnedMask",
    "Mask",
    "MaskingOnly",
    "MatchedMask",
    "Method",
    "MethodSettings",
    "Mlp",
    "Modality",
    "ModalityDropout",
    "Name",
    "NoMask",
    "NoisePenalty",
    "NoisyXor",
    "OracleMask",
    "PairedDigits",
    "RandomMask",
    "Released",
    "Replication",
    "Resources",
    "Seed",
    "Spec",
    "Split",
    "SynIB",
    "Training",
    "Tuning",
    "UnimodalHeads",
    "Vanilla",
    "Watermark",
    "Width",
    "Withheld",
    "parse_experiment",
]
