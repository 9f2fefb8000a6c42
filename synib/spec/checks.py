"""What a spec must satisfy beyond the types of its fields."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from synib.problems import Problem, SpecError, escape, from_pydantic
from synib.spec.data import RAREST_DIGIT, PairedDigits
from synib.spec.experiment import Experiment, Method
from synib.spec.masks import LearnedMask, MatchedMask, NoMask, OracleMask
from synib.spec.methods import SynIB
from synib.spec.models import Cnn


def parse_experiment(data: Any) -> Experiment:
    """A checked and resolved experiment from parsed JSON or YAML.

    Raises:
        SpecError: with every problem found, each with a JSON pointer and what would be right.
    """
    try:
        experiment = Experiment.model_validate(data)
    except ValidationError as error:
        raise SpecError(from_pydantic(error, data, Experiment)) from None
    problems = [check(experiment) for check in (_modalities, _split, _names, _methods)]
    if found := [problem for part in problems for problem in part]:
        raise SpecError(found)
    return experiment.resolved()


def _modalities(experiment: Experiment) -> list[Problem]:
    shapes: Mapping[str, tuple[int, ...]] = experiment.dataset.info().shapes
    known, problems = ", ".join(shapes), []
    if len(experiment.modalities) == 1:
        only = next(iter(experiment.modalities))
        detail = f"{only!r} alone has no synergy; name two to five of {known}, or none to use all"
        problems.append(Problem("/modalities", detail, only))
    for name, modality in experiment.modalities.items():
        pointer = f"/modalities/{escape(name)}"
        if name not in shapes:
            detail = f"{experiment.dataset.kind} has no modality {name!r}; it has {known}"
            problems.append(Problem(pointer, detail, name))
        elif isinstance(modality.encoder, Cnn):
            problems += _cnn(modality.encoder, shapes[name], f"{pointer}/encoder")
    return problems


def _cnn(encoder: Cnn, shape: tuple[int, ...], pointer: str) -> list[Problem]:
    if len(shape) != 3:
        detail = f"reads channels × height × width and an example's shape is {shape}; use mlp"
        return [Problem(f"{pointer}/kind", detail, encoder.kind)]
    layers = len(encoder.channels)
    if min(shape[1:]) < 2 ** (layers - 1):
        detail = f"{layers} layers halve {shape[1]} × {shape[2]} pixels away; use fewer"
        return [Problem(f"{pointer}/channels", detail, layers)]
    return []


def _split(experiment: Experiment) -> list[Problem]:
    dataset, info = experiment.dataset, experiment.dataset.info()
    total = dataset.split.train + dataset.split.validation + dataset.split.test
    if not math.isclose(total, 1, abs_tol=1e-6):
        return [Problem("/dataset/split", f"the shares sum to {total:g}; they must sum to 1", total)]
    least = max(8, 2 * len(info.classes))
    problems = [
        Problem(
            f"/dataset/split/{name}",
            f"leaves {count} of {info.examples} examples; at least {least} are needed",
            count,
        )
        for name, count in info.counts.items()
        if count < least
    ]
    if isinstance(dataset, PairedDigits) and not problems:
        problems = [
            Problem(
                f"/dataset/split/{name}",
                f"leaves {count} images of the rarest digit; use a larger share",
                count,
            )
            for name, count in dataset.split.counts(RAREST_DIGIT).items()
            if count < 2
        ]
    return problems


def _names(experiment: Experiment) -> list[Problem]:
    names = experiment.method_names()
    return [
        Problem(
            f"/methods/{index}/name", f"{name!r} is taken by method {names.index(name)}; use another", name
        )
        for index, name in enumerate(names)
        if names.index(name) != index
    ]


def _methods(experiment: Experiment) -> list[Problem]:
    return [
        Problem(f"/methods/{index}/{problem.pointer}", problem.detail, problem.value)
        for index, method in enumerate(experiment.methods)
        for problem in _method(method, experiment)
    ]


def _method(method: Method, experiment: Experiment) -> Iterator[Problem]:
    """Faults of one method, with pointers within it."""
    info, modalities = experiment.dataset.info(), list(experiment.resolved().modalities)
    for name in getattr(method, "modality_weights", {}):
        if name not in modalities:
            detail = f"the experiment has no modality {name!r}; it has {', '.join(modalities)}"
            yield Problem(f"modality_weights/{escape(name)}", detail, name)
    watched = experiment.unimodal_heads.weight > 0
    if isinstance(method, SynIB) and method.reference == "unimodal" and not watched:
        yield Problem("reference", "needs trained heads; set unimodal_heads.weight above 0", "unimodal")
    mask = getattr(method, "mask", None)
    if isinstance(mask, OracleMask) and not info.oracle:
        known = "only generated data such as spurious_xor and pid_xor do"
        detail = f"{experiment.dataset.kind} does not know which coordinates carry the synergy; {known}"
        yield Problem("mask/kind", detail, "oracle")
    if isinstance(mask, OracleMask) and mask.on == "latent":
        detail = "the coordinates that carry the synergy are known of inputs; use input"
        yield Problem("mask/on", detail, "latent")
    if isinstance(mask, NoMask) and not isinstance(method, SynIB):
        detail = "withholds nothing, so this method would do nothing; use full or random"
        yield Problem("mask/kind", detail, "none")
    learned = mask.like if isinstance(mask, MatchedMask) else mask
    if isinstance(learned, LearnedMask):
        yield from _learned(learned, watched, "mask/like" if isinstance(mask, MatchedMask) else "mask")


def _learned(mask: LearnedMask, watched: bool, pointer: str) -> Iterator[Problem]:
    if not watched:
        detail = "a learned mask attacks trained unimodal heads; set unimodal_heads.weight above 0"
        yield Problem(f"{pointer}/kind", detail, "learned")
    low, high = mask.reach()
    if mask.hard and mask.solver == "adam" and not low < 0.5 < high:
        detail = (
            f"{mask.steps} steps move a gate no further than from {low:.2f} to {high:.2f}, so that none "
            "crosses 1/2 and every coordinate fares alike; use more steps, a larger lr or an init nearer 0"
        )
        yield Problem(f"{pointer}/steps", detail, mask.steps)
