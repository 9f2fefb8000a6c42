"""What a spec must satisfy beyond the types of its fields."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from synib.problems import Problem, SpecError, escape, from_pydantic
from synib.spec.data import RAREST_DIGIT, PairedDigits, PidXor
from synib.spec.experiment import Experiment, Method
from synib.spec.inputs import heads_problems, modality_problems, refused_on_input
from synib.spec.masks import LearnedMask, MatchedMask, NoMask, OracleMask
from synib.spec.methods import MaskingOnly, SynIB
from synib.spec.models import Mbt, Mult
from synib.spec.rivals import Mcr, OgmGe
from synib.spec.search import Range, numbers, searched, with_settings
from synib.spec.stored import Stored, by_id


def parse_experiment(data: Any) -> Experiment:
    """A checked and resolved experiment from parsed JSON or YAML.

    Raises:
        SpecError: with every problem found, each with a JSON pointer and what would be right.
    """
    try:
        experiment = Experiment.model_validate(data)
    except ValidationError as error:
        if isinstance(data, Mapping) and "dataset" in data:
            data = {**data, "dataset": by_id(data["dataset"])}  # as it was validated, for the pointers
        raise SpecError(from_pydantic(error, data, Experiment)) from None
    checks = (_modalities, _fusion, _split, _mixture, _redraw, _names, _methods, _tuning)
    problems = [check(experiment) for check in checks]
    if found := [problem for part in problems for problem in part]:
        raise SpecError(found)
    return experiment.resolved()


def _modalities(experiment: Experiment) -> list[Problem]:
    info = experiment.dataset.info()
    known, problems = ", ".join(info.modalities), []
    if len(experiment.modalities) == 1:
        only = next(iter(experiment.modalities))
        detail = f"{only!r} alone has no synergy; name two to five of {known}, or none to use all"
        problems.append(Problem("/modalities", detail, only))
    for name in experiment.modalities:
        if name not in info.modalities:
            detail = f"{experiment.dataset.kind} has no modality {name!r}; it has {known}"
            problems.append(Problem(f"/modalities/{escape(name)}", detail, name))
    for name, modality in experiment.resolved().modalities.items():
        pointer = f"/modalities/{escape(name)}"
        problems += modality_problems(modality, info.shapes.get(name), info.media.get(name), pointer)
    return problems


def _fusion(experiment: Experiment) -> list[Problem]:
    fusion = experiment.fusion
    return (
        heads_problems(fusion.heads, "width", fusion.width, "/fusion")
        if isinstance(fusion, Mult | Mbt)
        else []
    )


def _split(experiment: Experiment) -> list[Problem]:
    dataset, info = experiment.dataset, experiment.dataset.info()
    shares = getattr(dataset, "split", None)  # some recipes say how many examples instead
    if shares is not None:
        total = shares.train + shares.validation + shares.test
        if not math.isclose(total, 1, abs_tol=1e-6):
            return [Problem("/dataset/split", f"the shares sum to {total:g}; they must sum to 1", total)]
    least = max(8, 2 * len(info.classes))
    problems = [
        Problem(
            f"/dataset/{name}" if shares is None else f"/dataset/split/{name}",
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


def _redraw(experiment: Experiment) -> list[Problem]:
    if not experiment.replication.redraw or hasattr(experiment.dataset, "seed"):
        return []
    what = "uploaded data" if isinstance(experiment.dataset, Stored) else experiment.dataset.kind
    detail = f"{what} cannot be drawn again; use false, and seeds change weights and batches alone"
    return [Problem("/replication/redraw", detail, True)]


def _mixture(experiment: Experiment) -> list[Problem]:
    if not isinstance(experiment.dataset, PidXor):
        return []
    total = sum(experiment.dataset.mixture.model_dump().values())
    if math.isclose(total, 1, abs_tol=1e-6):
        return []
    sources = ", ".join(experiment.dataset.mixture.model_dump())
    detail = f"the probabilities of {sources} sum to {total:g}; they must sum to 1"
    return [Problem("/dataset/mixture", detail, total)]


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
    if isinstance(method, OgmGe) and not watched:
        detail = "compares trained heads; set unimodal_heads.weight above 0, or leave this method out"
        yield Problem("kind", detail, method.kind)
    if isinstance(method, Mcr) and method.contrastive:
        widths = {name: m.encoder.features for name, m in experiment.resolved().modalities.items()}
        if len(set(widths.values())) > 1:
            known = ", ".join(f"{name} {width}" for name, width in widths.items())
            detail = f"compares representations, so encoders' features must be equal, not {known}; or use 0"
            yield Problem("contrastive", detail, method.contrastive)
    mask = getattr(method, "mask", None)
    if isinstance(mask, OracleMask) and not info.oracle:
        detail = (
            f"of {experiment.dataset.kind} as asked for no coordinates are known to carry the synergy; of "
            "noisy_xor, spurious_xor and pid_xor with synergy and without mixing they are"
        )
        yield Problem("mask/kind", detail, "oracle")
    if isinstance(mask, OracleMask) and mask.on == "latent":
        detail = "the coordinates that carry the synergy are known of inputs; use input"
        yield Problem("mask/on", detail, "latent")
    if isinstance(mask, NoMask) and not isinstance(method, SynIB):
        detail = "withholds nothing, so this method would do nothing; use full or random"
        yield Problem("mask/kind", detail, "none")
    yield from refused_on_input(method, experiment.resolved().modalities)
    if isinstance(method, MaskingOnly) and isinstance(mask, LearnedMask | MatchedMask):
        detail = "is learned from the labels and so tells them to the augmentation; use full or random"
        yield Problem("mask/kind", detail, mask.kind)
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


def _tuning(experiment: Experiment) -> list[Problem]:
    """Faults of the space that tuning searches: of each range, then of what it would do to the methods."""
    space = experiment.tuning.space
    problems = [problem for path, span in space.items() for problem in _range(path, span)]
    known = sorted({path for method in experiment.methods for path in numbers(method)})
    problems += [
        Problem(
            f"/tuning/space/{escape(path)}", f"no method has a number {path!r}; there are {', '.join(known)}"
        )
        for path in space
        if path not in known
    ]
    if problems:
        return problems
    for name, method in zip(experiment.method_names(), experiment.methods, strict=True):
        spans = searched(method, space)
        if space and not spans:
            detail = f"{name!r} has none of these numbers and would go untuned beside tuned methods; add lr"
            problems.append(Problem("/tuning/space", detail))
        for path, span in spans.items():
            problems += _edges(experiment, method, name, path, span)
    return problems


def _range(path: str, span: Range) -> Iterator[Problem]:
    pointer = f"/tuning/space/{escape(path)}"
    if span.low >= span.high:
        detail = f"must be more than low, which is {span.low:g}; leave the number out to keep it as written"
        yield Problem(f"{pointer}/high", detail, span.high)
    if span.log and span.low <= 0:
        yield Problem(f"{pointer}/low", "must be more than 0 where log is true; or leave log out", span.low)


def _edges(experiment: Experiment, method: Method, name: str, path: str, span: Range) -> Iterator[Problem]:
    """What would be wrong with a method at the ends of a range."""
    for end, number in (("low", span.low), ("high", span.high)):
        pointer = f"/tuning/space/{escape(path)}/{end}"
        try:
            tuned = with_settings(method, {path: number})
        except ValidationError as error:
            faults = from_pydantic(error, {}, type(method))
        else:
            faults = list(_method(tuned, experiment))
            if end == "high" and tuned.role() != method.role():
                turned = f"would be a {tuned.role()} instead of a {method.role()}"
                faults.append(Problem("", f"{turned}; leave it out of the space or write it above 0"))
        for fault in faults:
            yield Problem(pointer, f"{name!r} with {path} {number:g}: {fault.detail}", number)
