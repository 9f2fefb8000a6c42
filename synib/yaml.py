"""Reading YAML as people write specs: YAML 1.2 scalars, nothing executed, nothing expanded."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from synib.problems import Problem, SpecError


class _Loader(yaml.SafeLoader):
    """PyYAML reads YAML 1.1, where ``lr: 1e-3`` is a string, ``on:`` is true and ``2026-01-01`` is a date."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Aliases are refused: a few lines of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            here = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="*aliases are not read; write the value out", problem_mark=here
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """PyYAML keeps the last of two equal keys; which learning rate was meant, only its author knows."""
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            seen: set[Hashable] = set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=True)
                if name in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"{name!r} is there twice", problem_mark=key.start_mark
                    )
                seen.add(name)
        return mapping


_Loader.yaml_implicit_resolvers = {}
for _tag, _first, _pattern in (
    ("null", ["~", "n", "N", ""], r"~|null|Null|NULL|"),
    ("bool", list("tTfF"), r"true|True|TRUE|false|False|FALSE"),
    ("int", list("-+0123456789"), r"[-+]?[0-9]+"),
    ("float", list("-+0123456789."), r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
    ("float", list("-+."), r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))  # 010 is ten


def load_yaml(text: str) -> Any:
    """Mappings, lists and scalars from YAML or JSON text.

    Raises:
        SpecError: with line and column, if the text is neither.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SpecError([Problem("", f"{where}{error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError([Problem("", f"this is no YAML: {error}")]) from None
