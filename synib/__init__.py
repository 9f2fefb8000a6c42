"""Does a multimodal model combine its modalities, and does training for synergy make it do so?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synib.objectives import FullMask, Losses, RandomMask, SynIB

__all__ = ["FullMask", "Losses", "RandomMask", "SynIB"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what needs torch only when it is asked for: the service reads specs without it."""
    if name in __all__:
        return getattr(import_module("synib.objectives"), name)
    raise AttributeError(f"module 'synib' has no attribute {name!r}")
