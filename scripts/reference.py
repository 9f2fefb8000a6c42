"""Write docs/reference.md from the code: the experiment and the settings. `make reference`.

The HTTP calls are in docs/api.md, which scripts/api_reference.py writes.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings import Settings
from synib import spec

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"

SECTIONS = {
    "An experiment": ("experiment", "training", "search"),
    "Data sets": ("data", "digits", "stored", "benchmarks"),
    "What a model is made of": ("models", "features", "augment"),
    "Masks": ("masks",),
    "Methods": ("methods", "rivals"),
    "Files that people bring": ("upload", "analysis", "scoring"),
}
"""Modules of synib.spec in the order in which a reader needs what is in them."""
INHERITED = (spec.Spec, spec.Withheld)
"""What others take their fields from."""
FIRST = (spec.Experiment, spec.Stored, spec.Modality, spec.MethodSettings, spec.Vanilla, spec.SynIB)
"""What stands before all else of its section."""


def page() -> str:
    """The whole document."""
    return "\n".join([*experiment(), *settings()]) + "\n"


def experiment() -> Iterator[str]:
    yield (
        "# Reference\n\nMade from the code by `make reference`; a test sees that it is current. The calls"
        " are in the [HTTP API](api.md).\n\nYAML or JSON; unknown fields are refused. Of an experiment,"
        " `dataset` and `methods` are a must, all else has a default."
    )
    for title, modules in SECTIONS.items():
        yield f"\n## {title}"
        for model in specs(modules):
            yield from described(model)


def specs(modules: tuple[str, ...]) -> list[type[spec.Spec]]:
    """The models of some modules, module by module; one that no section has is a fault."""
    known = {module for names in SECTIONS.values() for module in names}
    found = []
    for model in vars(spec).values():
        if inspect.isclass(model) and issubclass(model, spec.Spec) and model not in INHERITED:
            if module_of(model) not in known:
                raise LookupError(f"{model.__module__} is in no section; name it in SECTIONS")
            if module_of(model) in modules:
                found.append(model)
    return sorted(found, key=lambda model: (model not in FIRST, modules.index(module_of(model))))


def module_of(model: type[spec.Spec]) -> str:
    return model.__module__.rpartition(".")[2]


def described(model: type[spec.Spec]) -> Iterator[str]:
    yield f"\n### {heading(model)}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"
    fields = [(field, info) for field, info in model.model_fields.items() if field != "kind"]
    if fields:
        yield "| field | default | meaning |\n|---|---|---|"
    for field, info in fields:
        yield f"| `{field}` | {default(info)} | {one_line(info.description)} |"
    if issubclass(model, spec.MethodSettings):
        yield f"\nTuned over {', '.join(searched(model))}, as far as it has them."


def heading(model: type[spec.Spec]) -> str:
    """What a model is called where it is written."""
    kind = model.model_fields.get("kind")
    return f"`kind: {kind.default}`" if kind else model.__name__


def searched(method: type[spec.MethodSettings]) -> Iterator[str]:
    for path, span in method.SEARCH.items():
        yield f"`{path}` {span.low:g} to {span.high:g}{' (log)' if span.log else ''}"


def settings() -> Iterator[str]:
    yield "\n## Settings\n\nEnvironment variables of every process. Durations in seconds, sizes in bytes.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for name, info in Settings.model_fields.items():
        yield f"| `SYNIB_{name.upper()}` | {default(info)} | {one_line(info.description)} |"


def default(info: FieldInfo) -> str:
    value: Any = info.default
    if value is PydanticUndefined:
        return "required"
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if isinstance(value, BaseModel):
        kind = getattr(value, "kind", None)
        return f"`{{kind: {kind}}}`" if kind else "its defaults"
    return f"`{'null' if value is None else value}`"


def one_line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
