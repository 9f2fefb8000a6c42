"""What stands for each kind of spec; a module that registers itself is found by being in its package."""

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Generic, TypeVar

Part = TypeVar("Part")


class Registry(Generic[Part]):
    """A mapping from spec classes to what builds them, filled by the modules of one package.

    ``@recipes(spec.NoisyXor)`` above a function registers it; ``recipes[type(asked_for)]`` finds it again.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._parts: dict[type, Part] = {}

    def __call__(self, kind: type) -> Callable[[Part], Part]:
        def register(part: Part) -> Part:
            if kind in self._parts:
                raise ValueError(f"{kind.__name__} is registered twice in {self._package}")
            self._parts[kind] = part
            return part

        return register

    def __getitem__(self, kind: type) -> Part:
        if kind not in self._parts:
            self._discover()
        if kind not in self._parts:
            raise LookupError(f"nothing in {self._package} registers {kind.__name__}; add a module that does")
        return self._parts[kind]

    def __iter__(self) -> Iterator[type]:
        self._discover()
        return iter(self._parts)

    def _discover(self) -> None:
        for module in pkgutil.walk_packages(import_module(self._package).__path__, f"{self._package}."):
            import_module(module.name)
