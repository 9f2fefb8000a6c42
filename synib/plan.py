"""What an experiment will take, before any of it is made: runs, parameters, steps, memory. Free of torch."""

import math
from itertools import pairwise

from synib import spec
from synib.problems import Problem, SpecError, escape
from synib.report import Data

FLOAT = 4  # bytes
COPIES = 2  # of the weights beside gradients and optimiser: themselves and those of the best epoch


class PlannedRun(Data):
    """One training and evaluation."""

    method: str
    seed: int


class MemoryTerm(Data):
    """Bytes that one field of the spec is answerable for."""

    pointer: str
    """JSON pointer of the field to reduce."""
    what: str
    bytes: int


class Plan(Data):
    """An experiment, expanded."""

    runs: list[PlannedRun]
    """Every method with every seed, seeds outermost, so that early results compare methods."""
    parameters: dict[str, int]
    """Trainable numbers of the model: encoder/<modality>, fusion and heads/<modality>."""
    total_parameters: int
    examples: dict[str, int]
    """Per split."""
    steps_per_run: int
    """At most; early stopping may make it fewer."""
    total_steps: int
    memory: list[MemoryTerm]
    """What the most demanding run holds at its peak, largest term first."""
    peak_memory_bytes: int


def plan(experiment: spec.Experiment) -> Plan:
    """Expand an experiment."""
    experiment = experiment.resolved()
    info = experiment.dataset.info()
    examples = info.counts
    steps = math.ceil(examples["train"] / experiment.training.batch_size) * experiment.training.epochs
    names = experiment.method_names()
    runs = [PlannedRun(method=name, seed=seed) for seed in experiment.seeds() for name in names]
    parameters = _parameters(experiment, info)
    memory = sorted(_memory(experiment, info, parameters), key=lambda term: -term.bytes)
    return Plan(
        runs=runs,
        parameters=parameters,
        total_parameters=sum(parameters.values()),
        examples=examples,
        steps_per_run=steps,
        total_steps=steps * len(runs),
        memory=memory,
        peak_memory_bytes=sum(term.bytes for term in memory),
    )


def check_memory(plan: Plan, limit_bytes: int) -> None:
    """Refuse what cannot fit.

    Raises:
        SpecError: pointing at the field that most of the memory goes to.
    """
    if plan.peak_memory_bytes <= limit_bytes:
        return
    term = plan.memory[0]
    raise SpecError(
        [
            Problem(
                term.pointer,
                f"a run would take {_size(plan.peak_memory_bytes)} of memory and {_size(limit_bytes)} are "
                f"allowed; {_size(term.bytes)} are for {term.what}: reduce this field first",
            )
        ]
    )


def _size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


# ------------------------------------------------------------------------------------------ counting


def _linear(widths: list[int]) -> int:
    """Parameters of linear layers from each width to the next."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


def _feature_map(encoder: spec.Cnn, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """(channels, pixels) after each convolution; 2 × 2 pooling halves both sides before all but the first."""
    _, height, width = shape
    return [
        (channels, (height >> depth) * (width >> depth)) for depth, channels in enumerate(encoder.channels)
    ]


def _encoder_parameters(encoder: spec.Encoder, shape: tuple[int, ...]) -> int:
    match encoder:
        case spec.Mlp():
            return _linear([math.prod(shape), *encoder.hidden, encoder.features])
        case spec.Cnn():
            convolutions = sum((9 * i + 1) * o for i, o in pairwise([shape[0], *encoder.channels]))
            return convolutions + _linear([math.prod(_feature_map(encoder, shape)[-1]), encoder.features])


def _encoder_activations(encoder: spec.Encoder, shape: tuple[int, ...]) -> list[int]:
    """Numbers per example and layer that are kept for the gradient."""
    raw = 4 * math.prod(shape)  # drawn, filled, joined, normalised
    match encoder:
        case spec.Mlp():
            return [raw, *encoder.hidden, encoder.features]
        case spec.Cnn():
            maps = [channels * pixels for channels, pixels in _feature_map(encoder, shape)]
            return [raw, *(2 * count for count in maps), encoder.features]  # and where each maximum was


def _fusion_widths(experiment: spec.Experiment, info: spec.DataInfo) -> list[int]:
    features = sum(modality.encoder.features for modality in experiment.modalities.values())
    return [features, *[experiment.fusion.hidden] * experiment.fusion.layers, len(info.classes)]


def _parameters(experiment: spec.Experiment, info: spec.DataInfo) -> dict[str, int]:
    width, K = experiment.unimodal_heads.hidden, len(info.classes)
    hidden = [width] if width else []
    encoders = {name: modality.encoder for name, modality in experiment.modalities.items()}
    return (
        {
            f"encoder/{name}": _encoder_parameters(encoder, info.shapes[name])
            for name, encoder in encoders.items()
        }
        | {"fusion": _linear(_fusion_widths(experiment, info))}
        | {f"heads/{name}": _linear([encoder.features, *hidden, K]) for name, encoder in encoders.items()}
    )


def _memory(experiment: spec.Experiment, info: spec.DataInfo, parameters: dict[str, int]) -> list[MemoryTerm]:
    """Terms of a run's peak, as if its parts peaked together."""
    slots = 1 if experiment.training.optimizer == "sgd" else 2  # momentum, or Adam's two moments
    kept = COPIES + slots
    each = FLOAT * (kept + 1 + kept)  # with the gradient, and what a checkpoint gathers before it is written
    size, width = experiment.training.batch_size, sum(math.prod(shape) for shape in info.shapes.values())
    return [
        *(_weights_term(experiment, part, count, each) for part, count in parameters.items()),
        MemoryTerm(
            pointer="/training/batch_size",
            what=f"the activations of a batch of {size}",
            bytes=FLOAT * size * _activations(experiment, info),
        ),
        MemoryTerm(
            pointer="/dataset/examples",
            what=f"{info.examples:,} examples, as generated, as split and in double precision",
            bytes=3 * FLOAT * width * info.examples,
        ),
    ]


def _activations(experiment: spec.Experiment, info: spec.DataInfo) -> int:
    """Numbers per example of a batch: those kept for the gradient, and thrice the largest layer meanwhile."""
    withheld = any(isinstance(method, spec.SynIB) and method.weight for method in experiment.methods)
    views = 1 + len(experiment.modalities) * withheld
    layers = [views * width for width in _fusion_widths(experiment, info)]
    for name, modality in experiment.modalities.items():
        encoded = _encoder_activations(modality.encoder, info.shapes[name])
        layers += [(1 + withheld) * width for width in encoded]
        layers += [experiment.unimodal_heads.hidden, len(info.classes)]
    return sum(layers) + 3 * max(layers)


def _weights_term(experiment: spec.Experiment, part: str, count: int, bytes_each: int) -> MemoryTerm:
    kind, _, name = part.partition("/")
    match kind:
        case "encoder":
            encoder = experiment.modalities[name].encoder
            widths = encoder.channels if isinstance(encoder, spec.Cnn) else encoder.hidden
            field = "channels" if isinstance(encoder, spec.Cnn) else "hidden"
            widest = field if max(widths, default=0) >= encoder.features else "features"
            pointer = f"/modalities/{escape(name)}/encoder/{widest}"
        case "fusion":
            pointer = "/fusion/hidden"
        case _:
            pointer = "/unimodal_heads/hidden"
    whose = f"{kind} of {name}" if name else kind
    what = f"{count:,} parameters of the {whose}, with gradients, optimiser state and checkpoint"
    return MemoryTerm(pointer=pointer, what=what, bytes=count * bytes_each)
