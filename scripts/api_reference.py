"""Write docs/api.md and docs/schemas.md from the OpenAPI document. ``make reference``.

Every operation has a call with curl that can be tried as it stands: what is written in capitals in it is the
reader's to fill in, and a test does so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.errors import catalogue
from app.main import create_app
from app.settings import Settings
from scripts import reference
from scripts.docs_site.markdown import render

ROOT = Path(__file__).parent.parent
Json = dict[str, Any]

URL = "http://127.0.0.1:8000"
FILLED = {
    "{run_id}": "RUN", "{experiment_id}": "EXPERIMENT", "{analysis_id}": "ANALYSIS",
    "{dataset_id}": "DATASET", "{scoring_id}": "SCORING", "{key_id}": "KEY",
    "{study}": "does_it_help", "{number}": "1", "{example_id}": "EXAMPLE", "{modality}": "MODALITY",
    "models/{name}": "models/MODEL", "artifacts/{name}": "artifacts/model.safetensors",
}  # fmt: skip
"""What stands for the parameters of an address; a name is what the word before it says."""
QUESTION = """{"dataset": {"kind": "noisy_xor", "examples": 400},
       "methods": [{"kind": "vanilla"}, {"kind": "synib"}],
       "training": {"epochs": 2}, "replication": {"seeds": 1}}"""
BODIES = {
    "keys_create": '{"name": "laptop", "role": "reader"}',
    "experiments_create": QUESTION,
    "models_create": '{"run": "RUN", "name": "clips"}',
    "models_cross": '{"examples": ["clip-0", "clip-1"]}',
    "models_score": '{"examples": [{"x": {"voice": [0.1, 0.2], "face": [0.3]}}]}',
}
"""What is sent as JSON."""
SAID = {
    "datasets_create": """ -F file=@clips.csv -F 'spec={"name": "clips"}'""",
    "datasets_put_part": " -H 'Content-Type: application/octet-stream' --data-binary @clips.csv",
    "analyses_create": """ -F table=@predictions.csv -F 'spec={"name": "ours"}'""",
    "analyses_examples": " -o examples.parquet",
    "scorings_examples": " -o scores.ndjson",
    "runs_follow": " --no-buffer",
    "runs_report_file": " -o report.html",
    "analyses_report_file": " -o report.html",
    "runs_artifact": " -o model.safetensors",
    "datasets_medium": " -o medium",
}
"""What other calls say behind the address."""
QUERIES = {
    "studies_get": "?seeds=3&trials=0",
    "runs_list_runs": "?status=succeeded&limit=5",
    "runs_metrics": "?max_points=200",
    "examples_list_examples": "?sort=-synergy&limit=10",
    "analyses_examples": "?format=parquet",
    "scorings_examples": "?format=ndjson",
}
INTRODUCTION = Path(__file__).parent / "api_introduction.md"


def pages() -> dict[str, str]:
    """Both documents by their names."""
    document = create_app(Settings(mode="embedded")).openapi()
    return {"api.md": api(document), "schemas.md": schemas(document)}


# ---------------------------------------------------------------------------------------- operations


def api(document: Json) -> str:
    """docs/api.md."""
    common = in_all(document)
    lines = [INTRODUCTION.read_text(encoding="utf-8")]
    shown = ", ".join(f"[`{code}`](#problems)" for code in sorted(common))
    lines.append(f"Any call under `/v1` may be refused with {shown}; below, each names only its own.\n")
    for tag, operations in by_tag(document).items():
        lines.append(f"## {tag.capitalize()}\n")
        for path, method, operation in operations:
            lines += described(path, method, operation, common)
    lines += ["## Problems\n", "| code | status | meaning |\n|---|---|---|"]
    lines += [
        f"| `{kind.code}` | {kind.status} | **{kind.title}.** {cell(kind.__doc__)} |" for kind in catalogue()
    ]
    return "\n".join(lines) + "\n"


def by_tag(document: Json) -> dict[str, list[tuple[str, str, Json]]]:
    found: dict[str, list[tuple[str, str, Json]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((path, method, operation))
    return found


def in_all(document: Json) -> set[str]:
    """Codes of the refusals that every operation under /v1 has."""
    each = [
        set(problems(operation))
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if path.startswith("/v1")
    ]
    return set.intersection(*each)


def problems(operation: Json) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        if status >= "400":
            for content in answer["content"].values():
                yield from content["examples"]


def described(path: str, method: str, operation: Json, common: set[str]) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`\n\n{paragraphs(operation['description'])}\n"
    yield f"```sh\n{curl(path, method, operation)}\n```\n"
    if parameters := operation.get("parameters"):
        yield "| parameter | in | type | meaning |\n|---|---|---|---|"
        for one in parameters:
            must = ", required" if one["required"] and one["in"] != "path" else ""
            meaning = one.get("description") or one["schema"].get("description")
            yield f"| `{one['name']}` | {one['in']}{must} | {typed(one['schema'])} | {cell(meaning)} |"
        yield ""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield from body(media_type, content["schema"])
    yield from answers(operation)
    own = [f"[`{code}`](#problems)" for code in dict.fromkeys(problems(operation)) if code not in common]
    if own:
        yield f"Refused with {', '.join(own)}.\n"


def body(media_type: str, schema: Json) -> Iterator[str]:
    if "properties" not in schema:
        yield f"Body, `{media_type}`: {typed(schema)}.\n"
        return
    yield f"Body, `{media_type}`:\n\n| part | type | meaning |\n|---|---|---|"
    for name, part in schema["properties"].items():
        must = ", required" if name in schema.get("required", ()) else ""
        yield f"| `{name}`{must} | {typed(part)} | {cell(part.get('description'))} |"
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield f"| any other | {typed(more)} | {cell(more.get('description'))} |"
    yield ""


def answers(operation: Json) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        if status >= "400":
            continue
        kinds = [
            typed(content["schema"]) if content.get("schema") else f"`{media_type}`"
            for media_type, content in answer.get("content", {}).items()
        ]
        said = answer["description"].rstrip(".")
        said = "" if said == "Successful Response" else f" ({cell(said)})"
        yield f"Answer {status}{said}{': ' if kinds else ''}{', '.join(dict.fromkeys(kinds))}.\n"


def curl(path: str, method: str, operation: Json) -> str:
    """The call; an address in quotes where a shell would read more than an address in it."""
    name = operation["operationId"]
    for placeholder, word in FILLED.items():
        path = path.replace(placeholder, word)
    address = f"{URL}{path}{QUERIES.get(name, '')}"
    address = f"'{address}'" if re.search(r"[?&]", address) else address
    said = SAID.get(name, "")
    if name in BODIES:
        said = f" \\\n  -H 'Content-Type: application/json' \\\n  -d '{BODIES[name]}'"
    elif "requestBody" in operation and not said:
        raise LookupError(f"{name} takes a body; give an example of one in BODIES or SAID")
    how = "" if method == "get" or " -F " in said else f" -X {method.upper()}"
    return f"curl -s{how} {address}{said}"


# ------------------------------------------------------------------------------------------- schemas


def schemas(document: Json) -> str:
    """docs/schemas.md: what is sent and answered; what specs are made of is in docs/reference.md."""
    lines = [
        "# HTTP schemas\n\nMade from the code by `make reference`; a test sees that it is current. What the"
        " [HTTP API](api.md) takes and answers, by name. Specs, such as an experiment's, are in the"
        " [reference](reference.md).\n"
    ]
    for name, schema in sorted(document["components"]["schemas"].items()):
        if name in places() or name.startswith("Page_"):
            continue
        lines.append(f"## {name}\n\n{paragraphs(schema.get('description') or '')}\n")
        if "enum" in schema:
            lines.append(f"One of {', '.join(f'`{value}`' for value in schema['enum'])}.\n")
        if fields := schema.get("properties"):
            lines.append("| field | type | meaning |\n|---|---|---|")
            lines += [
                f"| `{field}` | {typed(kind)} | {cell(kind.get('description'))} |"
                for field, kind in fields.items()
            ]
            lines.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


_PLACES: dict[str, str] = {}


def places() -> Mapping[str, str]:
    """Where the reference describes a spec, by its schema's name."""
    if not _PLACES:
        models = [model for modules in reference.SECTIONS.values() for model in reference.specs(modules)]
        headings = [heading for heading in render(reference.page()).headings if heading.level == 3]
        for model, heading in zip(models, headings, strict=True):
            _PLACES[model.__name__] = f"reference.md#{heading.anchor}"
    return _PLACES


def typed(schema: Json) -> str:
    """A type in words, with links."""
    if ref := schema.get("$ref"):
        return named(ref.rpartition("/")[2])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(typed(one) for one in schema[union]))
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if values:
        return ", ".join(f"`{value}`" for value in values)
    say = IN_WORDS.get(schema.get("type", ""))
    return say(schema) if say else "anything"


def listed(schema: Json) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(typed(one) for one in schema['prefixItems'])}]"
    return f"list of {typed(schema.get('items', {}))}"


def by_name(schema: Json) -> str:
    inner = schema.get("additionalProperties")
    return f"{typed(inner)} by name" if isinstance(inner, dict) and inner else "object"


def written(schema: Json) -> str:
    kind = {"date-time": "time", "binary": "bytes"}.get(schema.get("format", ""), "text")
    return "file" if "contentMediaType" in schema else kind


IN_WORDS: dict[str, Callable[[Json], str]] = {
    "array": listed,
    "object": by_name,
    "string": written,
    "integer": lambda schema: f"whole number{spanned(schema)}",
    "number": lambda schema: f"number{spanned(schema)}",
    "boolean": lambda _: "true or false",
    "null": lambda _: "null",
}
"""How to say what JSON schema calls a type."""


def named(name: str) -> str:
    if page := re.fullmatch(r"Page_(\w+)_", name):
        return f"page of {named(page[1])}"
    if name in places():
        return f"[{name}]({places()[name]})"
    return f"[{name}](schemas.md#{name.lower()})"


def spanned(schema: Json) -> str:
    low, high = (schema.get(name) for name in ("minimum", "maximum"))
    if low is not None and high is not None:
        return f", {low:g} to {high:g}" if max(abs(low), abs(high)) < 1e5 else ""
    return f", at least {low:g}" if low is not None else f", at most {high:g}" if high is not None else ""


def paragraphs(text: str) -> str:
    """A docstring as Markdown: lines joined, double backquotes single."""
    return "\n\n".join(" ".join(part.split()) for part in text.replace("``", "`").split("\n\n"))


def cell(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split()).replace("|", "\\|")


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
        print(f"wrote docs/{name}")
