"""What the two clients do differently but for the words async and await: to wait, and to wait for a disk."""

from collections.abc import Callable
from time import sleep
from typing import ParamSpec, TypeVar

__all__ = ["sleep", "to_thread"]

P = ParamSpec("P")
T = TypeVar("T")


def to_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Here and now: nobody else waits in this thread."""
    return work(*args, **kwargs)
