"""How data that people bring is to be read."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from synib.problems import Problem, SpecError, from_pydantic
from synib.spec.base import Seed, Spec
from synib.spec.data import Split

Column = Annotated[str, Field(min_length=1, max_length=200)]


class Upload(Spec):
    """How a file of data is to be read where it does not say so itself.

    It is a table (CSV, Parquet, Arrow) with a column `<modality>:<name>` for each number; arrays (NPZ,
    safetensors), one `<modality>` of (N, d) or (N, T, d) each, of series also `<modality>:length`; or an
    archive (tar, zip) of PNG or JPEG images, WAV or FLAC recordings and texts with `metadata.csv` or
    `metadata.jsonl`, whose columns `<modality>_file_name` name them. Words may stand in `<modality>_text` of
    any of these. Beside them are `label`, one class an example, and, if there are, `example_id`, `split` and
    `group`. A modality that an example lacks is empty, or NaN throughout. Formats are told apart by their
    first bytes.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] = "untitled"
    """For people."""
    label: Column = "label"
    """Column or array with the class of each example."""
    classes: Annotated[list[Column], Field(max_length=10_000)] = []
    """Classes in the order in which they are to be shown; a label that is not among them is refused. Empty
    takes those that there are, sorted, numbers by value."""
    split: Split = Split()
    """Shares of train, validation and test, where the file has no `split`. Examples of one `group` stay
    together, and classes are spread evenly."""
    seed: Seed = 0
    """Seed of that split: the same file, shares and seed give the same one."""
    leakage: Literal["warn", "refuse"] = "warn"
    """What to do where the file has a `split`, and examples of one `group` are in more than one."""
    text: Annotated[list[Column], Field(max_length=5)] = []
    """Columns that are modalities in words, as `sentence`, in a table or in an archive's metadata."""
    ignore: Annotated[list[Column], Field(max_length=10_000)] = []
    """Columns or arrays that are to be left out. Any other that is not understood is refused, since it might
    be a mistyped modality."""


def parse_upload(data: Any, at: str = "") -> Upload:
    """A checked upload from parsed JSON; ``at`` is the pointer to all of it.

    Raises:
        SpecError: with every problem found.
    """
    try:
        asked = Upload.model_validate(data)
    except ValidationError as error:
        faults = from_pydantic(error, data, Upload)
        raise SpecError([Problem(f"{at}{f.pointer}", f.detail, f.value) for f in faults]) from None
    problems = []
    shares = asked.split
    total = shares.train + shares.validation + shares.test
    if not math.isclose(total, 1, abs_tol=1e-6):
        detail = f"the shares sum to {total:g}; they must sum to 1"
        problems.append(Problem(f"{at}/split", detail, total))
    problems += [
        Problem(f"{at}/split/{name}", "must be more than 0: each of the three is needed", share)
        for name, share in shares.model_dump().items()
        if share == 0
    ]
    for field, names in (("classes", asked.classes), ("text", asked.text), ("ignore", asked.ignore)):
        problems += [
            Problem(f"{at}/{field}/{index}", f"{name!r} stands here twice; keep one", name)
            for index, name in enumerate(names)
            if names.index(name) != index
        ]
    if asked.label in asked.ignore:
        detail = f"{asked.label!r} is the label, which cannot be left out"
        problems.append(Problem(f"{at}/ignore", detail, asked.label))
    if problems:
        raise SpecError(problems)
    return asked
