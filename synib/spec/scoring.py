"""How a file of examples is to be scored."""

from typing import Annotated

from pydantic import Field

from synib.spec.base import Spec
from synib.spec.upload import Column


class Scoring(Spec):
    """How a file of examples for a model is to be read where it does not say so itself.

    It is a table, arrays or an archive of media as a data set is (see Upload), with the model's modalities;
    `label`, `example_id`, `split` and `group` are not needed. What has no `example_id` is numbered from 0.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] = "untitled"
    """For people."""
    label: Column | None = None
    """Column or array with the class of each example, which may be empty. Left out or null, it is `label`
    where the file has such; put that into `ignore` to score a file as if it had none. With labels there is a
    report, too."""
    text: Annotated[list[Column], Field(max_length=5)] = []
    """Columns that are modalities in words, as `sentence`."""
    ignore: Annotated[list[Column], Field(max_length=10_000)] = []
    """Columns or arrays that are to be left out."""
