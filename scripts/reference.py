"""Write docs/reference.md from the code: settings, the experiment, the HTTP calls. `make reference`."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.main import create_app
from app.settings import Settings
from synib import spec

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"


def page() -> str:
    """The whole document."""
    return "\n".join([*experiment(spec), *settings(), *calls()]) + "\n"


def experiment(module: ModuleType) -> Iterator[str]:
    yield "# Reference\n\nMade from the code by `make reference`; a test sees that it is current.\n"
    yield "## An experiment\n\nYAML or JSON; unknown fields are refused. `dataset` and `methods` are a must."
    for name, model in vars(module).items():
        if not inspect.isclass(model) or not issubclass(model, spec.Spec):
            continue
        if model in (spec.Spec, spec.Withheld):  # what others inherit
            continue
        kind = model.model_fields.get("kind")
        title = f"`kind: {kind.default}`" if kind else name
        yield f"\n### {title}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"
        yield "| field | default | meaning |\n|---|---|---|"
        for field, info in model.model_fields.items():
            if field != "kind":
                yield f"| `{field}` | {default(info)} | {one_line(info.description)} |"
        if issubclass(model, spec.MethodSettings):
            yield f"\nTuned over {', '.join(searched(model))}, as far as it has them."


def searched(method: type[spec.MethodSettings]) -> Iterator[str]:
    for path, span in method.SEARCH.items():
        yield f"`{path}` {span.low:g} to {span.high:g}{' (log)' if span.log else ''}"


def settings() -> Iterator[str]:
    yield "\n## Settings\n\nEnvironment variables of every process.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for name, info in Settings.model_fields.items():
        yield f"| `SYNIB_{name.upper()}` | {default(info)} | {one_line(info.description)} |"


def calls() -> Iterator[str]:
    yield "\n## HTTP\n\n| call | what it does |\n|---|---|"
    for path, methods in create_app(Settings(mode="embedded")).openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"| `{method.upper()} {path}` | {first_sentence(operation)} |"


def first_sentence(operation: dict[str, Any]) -> str:
    return one_line(operation["description"]).split(". ")[0].rstrip(".") + "."


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
