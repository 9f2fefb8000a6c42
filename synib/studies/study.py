"""A study: experiments that share all but what is varied."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from synib import spec
from synib.problems import Problem, SpecError
from synib.yaml import load_yaml


class UnknownStudy(LookupError):
    """There is no study of that name."""


@dataclass(frozen=True)
class Study:
    """A question and the experiments that ask it, ready to be posted one after another."""

    name: str
    question: str
    experiments: list[spec.Experiment]
    """The name of each begins with the study's, by which they are found again."""


def names() -> list[str]:
    """All studies, by name."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def load(
    name: str,
    dataset: Mapping[str, Any] | None = None,
    *,
    seeds: int | None = None,
    trials: int | None = None,
) -> Study:
    """A study, on its own data or on ``dataset``, with its own numbers of seeds and trials or with others.

    Raises:
        UnknownStudy: if there is none of that name.
        SpecError: if ``dataset`` is no data set or not one for this study, or a number is out of range.
    """
    if name not in names():
        raise UnknownStudy(f"there is no study {name!r}; there are {', '.join(names())}")
    about = load_yaml((resources.files(__package__) / f"{name}.yaml").read_text("utf-8"))
    asked = [about["common"] | one for one in about["experiments"]]
    if dataset is not None:
        asked = [_on(name, one, dataset, alone=len(asked) == 1) for one in asked]
    for one in asked:
        one["name"] = f"{name}: {one['name']}"
        if seeds is not None:
            one["replication"] = one["replication"] | {"seeds": seeds}
        if trials is not None:
            one["tuning"] = one.get("tuning", {}) | {"trials": trials}
    return Study(name, " ".join(about["question"].split()), [spec.parse_experiment(one) for one in asked])


def _on(name: str, one: dict[str, Any], dataset: Mapping[str, Any], *, alone: bool) -> dict[str, Any]:
    """The same experiment on other data."""
    if not alone:
        detail = f"{name} varies the data itself; does_it_help is the study for data of your own"
        raise SpecError([Problem("/dataset", detail)])
    return one | {"name": str(dataset.get("kind", "your data")), "dataset": dict(dataset)}
