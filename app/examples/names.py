"""What the codes and places in a run's example rows stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.db.layout import places
from app.errors import InvalidRequest


@dataclass(frozen=True)
class Names:
    """Classes, groups, modalities and subsets, in the orders of the run's report."""

    classes: Sequence[str]
    groups: Sequence[str]
    modalities: Sequence[str]
    subsets: Sequence[str]
    base_rate: Sequence[float] = ()
    """Of each class."""
    standing: Sequence[str] = ()
    """Who stands for each modality alone, as ``by`` of `synib.report.AloneReport`; empty in old reports."""

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where each list of `app.db.layout` stands in its array."""
        return places(len(self.subsets), len(self.modalities))


def code(names: Sequence[str], parameter: str, name: str) -> int:
    """The code of a name.

    Raises:
        InvalidRequest: there is no such name.
    """
    try:
        return names.index(name)
    except ValueError:
        known = ", ".join(names)
        raise InvalidRequest.at(f"/query/{parameter}", f"is none of {known}", name) from None
