"""The documentation on one page: every operation and every problem, out of the OpenAPI document."""

from collections.abc import Iterable
from html import escape
from typing import Any

from app.errors import catalogue

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # no script, nothing from elsewhere

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code { font: 0.9em ui-monospace, monospace }
h3 { margin: 2rem 0 0 } h3 code { font-weight: normal }
p { margin: 0.25rem 0 } table { border-collapse: collapse }
td { padding: 0.1rem 1rem 0.1rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #8bf } }
"""


def docs(document: dict[str, Any]) -> str:
    """The page."""
    info = document["info"]
    return f"""<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{escape(info["title"])}</title>
<style>{STYLE}</style>
<h1>{escape(info["title"])} {escape(info["version"])}</h1><p>{escape(info["description"])}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a></p>
<h2>Operations</h2>{"".join(_operations(document))}<h2>Problems</h2>{"".join(_problems())}</html>"""


def _operations(document: dict[str, Any]) -> Iterable[str]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = escape(operation["operationId"])
            yield f'<h3 id="{name}"><code>{method.upper()} {escape(path)}</code></h3>'
            yield f"<p>{escape(operation['description'])}</p><table>"
            for parameter in operation.get("parameters", ()):
                meaning = parameter.get("description") or parameter["schema"].get("description", "")
                name, place = escape(parameter["name"]), parameter["in"]
                yield f"<tr><td><code>{name}</code><td>{place}<td>{escape(meaning)}"
            yield "</table>"


def _problems() -> Iterable[str]:
    for kind in catalogue():
        yield f'<h3 id="{kind.code}">{kind.status} <code>{kind.code}</code> {escape(kind.title)}</h3>'
        yield f"<p>{escape(kind.__doc__ or '')}</p>"
