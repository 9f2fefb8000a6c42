"""How a model is told."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas import ListParams, Schema
from synib.report import Card, Estimate

ModelName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class NewModel(BaseModel):
    """Which run to promote, and what to call it."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    run: str
    """A run that has succeeded."""
    name: ModelName
    """Letters, digits, `_`, `.` and `-`; at most 64. It is part of addresses."""


class ModelBrief(Schema):
    """A model in a list."""

    id: str
    name: str
    run_id: str
    """Where it came from. The model has copies of all that it needs."""
    method: str
    """What it was trained by."""
    modalities: dict[str, list[int]]
    """Shapes of what it takes."""
    classes: list[str]
    accuracy: Estimate
    """Over the run's test examples."""
    synergy: Estimate
    """Bits, over the run's test examples."""
    examples: int
    """How many those are."""
    size: int
    """Bytes of its files."""
    sha256: str
    """Of its files."""
    created_at: datetime


class ModelSchema(ModelBrief):
    """A model with its card."""

    card: Card
    """What it was trained on and by, how it is asked, and what it is worth."""


class ModelList(ListParams):
    run: str | None = None
    """Only models of this run."""
