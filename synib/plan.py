"""What an experiment will take, before any of it is made: runs, parameters, steps, memory. Free of torch."""

import math
from collections.abc import Iterator

from synib import spec
from synib.counting import (
    encoder_activations,
    encoder_parameters,
    fusion_activations,
    fusion_parameters,
    head_activations,
    head_parameters,
)
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
    """At most, over all trials of tuning; early stopping may make it fewer."""
    total_steps: int
    memory: list[MemoryTerm]
    """What the most demanding run holds at its peak, largest term first."""
    peak_memory_bytes: int


def plan(experiment: spec.Experiment) -> Plan:
    """Expand an experiment."""
    experiment = experiment.resolved()
    info = experiment.inputs()
    examples = info.counts
    steps = math.ceil(examples["train"] / experiment.training.batch_size) * experiment.training.epochs
    steps *= max(1, experiment.tuning.trials)
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


def _parameters(experiment: spec.Experiment, info: spec.DataInfo) -> dict[str, int]:
    classes, heads = len(info.classes), experiment.unimodal_heads
    encoders = {name: modality.encoder for name, modality in experiment.modalities.items()}
    features = {name: encoder.features for name, encoder in encoders.items()}
    return (
        {f"encoder/{name}": encoder_parameters(one, info.shapes[name]) for name, one in encoders.items()}
        | {"fusion": fusion_parameters(experiment.fusion, features, classes)}
        | {f"heads/{name}": head_parameters(heads, width, classes) for name, width in features.items()}
    )


def _memory(experiment: spec.Experiment, info: spec.DataInfo, parameters: dict[str, int]) -> list[MemoryTerm]:
    """Terms of a run's peak, as if its parts peaked together."""
    slots = 1 if experiment.training.optimizer == "sgd" else 2  # momentum, or Adam's two moments
    kept = COPIES + slots
    each = FLOAT * (kept + 1 + kept)  # with the gradient, and what a checkpoint gathers before it is written
    size, width = experiment.training.batch_size, sum(math.prod(shape) for shape in info.shapes.values())
    return [
        *(_weights_term(experiment, part, count, each) for part, count in parameters.items()),
        *_frozen_terms(experiment),
        MemoryTerm(
            pointer="/training/batch_size",
            what=f"the activations of a batch of {size}",
            bytes=FLOAT * size * max(_activations(experiment, info, method) for method in experiment.methods),
        ),
        MemoryTerm(
            pointer=f"/dataset/{_most_examples(experiment)}",
            what=f"{info.examples:,} examples, as generated, as split and in double precision",
            bytes=3 * FLOAT * width * info.examples,
        ),
    ]


def _frozen_terms(experiment: spec.Experiment) -> Iterator[MemoryTerm]:
    """Of pretrained models that make features before training, as far as they are seen from here."""
    for name, modality in experiment.modalities.items():
        features = modality.features
        if isinstance(features, spec.Pretrained) and (count := features.parameters()):
            what = f"{count:,} parameters of {features.model}, which makes the features of {name}"
            pointer = f"/modalities/{escape(name)}/features/model"
            yield MemoryTerm(pointer=pointer, what=what, bytes=FLOAT * count)


def _activations(experiment: spec.Experiment, info: spec.DataInfo, method: spec.Method) -> int:
    """Numbers per example of a batch: those kept for the gradient, and thrice the largest layer meanwhile."""
    encoded, fused = views(method, len(experiment.modalities))
    latents = {
        name: modality.encoder.latent_shape(info.shapes[name])
        for name, modality in experiment.modalities.items()
    }
    classes = len(info.classes)
    layers = [fused * width for width in fusion_activations(experiment.fusion, latents, classes)]
    for name, modality in experiment.modalities.items():
        layers += [encoded * width for width in encoder_activations(modality.encoder, info.shapes[name])]
        layers += head_activations(experiment.unimodal_heads, classes)
    return sum(layers) + 3 * max(layers)


def _most_examples(experiment: spec.Experiment) -> str:
    """The field of the recipe that says how many examples there are, or most of them."""
    counts = experiment.dataset.info().counts
    return "examples" if hasattr(experiment.dataset, "examples") else max(counts, key=counts.__getitem__)


def views(method: spec.Method, k: int) -> tuple[int, int]:
    """How often every example of a batch is encoded, and how often fused."""
    mask, encoded, fused = getattr(method, "mask", None), 1, 1
    if not getattr(method, "weight", 1):
        return encoded, fused
    match method:
        case spec.Released():  # two families of masks on representations, each beside the intact
            fused = 2 * (1 + k)
        case spec.Cml():  # a chain of one, two, … k modalities
            fused = k
        case spec.Mcr():  # of each modality, all permutations beside the intact
            fused = 1 + k * (1 + method.permutations)
        case spec.ModalityDropout():
            encoded = 2 if method.on == "input" else 1
    if mask is not None and not isinstance(mask, spec.NoMask):
        fused = 1 + k * mask.draws
        encoded = 1 + mask.draws if mask.on == "input" else 1
    return encoded, fused


def _weights_term(experiment: spec.Experiment, part: str, count: int, bytes_each: int) -> MemoryTerm:
    kind, _, name = part.partition("/")
    match kind:
        case "encoder":
            field = _widest_of_encoder(experiment.modalities[name].encoder)
            pointer = f"/modalities/{escape(name)}/encoder/{field}"
        case "fusion":
            pointer = f"/fusion/{_widest_of_fusion(experiment.fusion)}"
        case _:
            pointer = "/unimodal_heads/hidden"
    whose = f"{kind} of {name}" if name else kind
    what = f"{count:,} parameters of the {whose}, with gradients, optimiser state and checkpoint"
    return MemoryTerm(pointer=pointer, what=what, bytes=count * bytes_each)


def _widest_of_encoder(encoder: spec.Encoder) -> str:
    """The field that most parameters go with."""
    match encoder:
        case spec.Mlp():
            return "hidden" if max(encoder.hidden, default=0) >= encoder.features else "features"
        case spec.Cnn():
            return "channels" if max(encoder.channels) >= encoder.features else "features"
        case spec.PretrainedEncoder():
            return "model"
        case spec.Transformer() | spec.Gru():
            return "features"


def _widest_of_fusion(fusion: spec.Fusion) -> str:
    match fusion:
        case spec.Mult() | spec.Mbt():
            return "width"
        case spec.LowRank():
            return "rank" if fusion.rank > fusion.hidden else "hidden"
        case _:
            return "hidden"
