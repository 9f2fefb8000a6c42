"""How a file of examples is to be scored."""

from typing import Annotated

from pydantic import Field

from synib.spec.base import Spec
from synib.spec.upload import Column


class Scoring(Spec):
    """How a file of examples for a model is to be read where it does not say so itself.

    It is a table or arrays as a data set is (see Upload), with the model's modalities and shapes; `split` and
    `group` are not needed.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] = "untitled"
    """For people."""
    label: Column | None = "label"
    """Column or array with the class of each example, which may be empty; null where there is none, and then
    there must be an `example_id`. With labels there is a report, too."""
    text: Annotated[list[Column], Field(max_length=5)] = []
    """Columns that are modalities in words, as `sentence`."""
    ignore: Annotated[list[Column], Field(max_length=10_000)] = []
    """Columns or arrays that are to be left out."""
