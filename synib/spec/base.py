"""What every part of a spec is made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.,:()=+-]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Width = Annotated[int, Field(ge=1, le=65_536)]


class Spec(BaseModel):
    """Immutable, no unknown fields, no NaN, no silent coercion of strings to numbers."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class DataInfo(BaseModel):
    """What a plan must know of a data set before it is made."""

    shapes: dict[str, tuple[int, ...]]
    """Of an example, by modality."""
    media: dict[str, Literal["image", "audio", "text"]] = {}
    """Modalities whose examples have no shape until features are made of them."""
    classes: tuple[str, ...]
    counts: dict[str, int]
    """Examples by split."""
    oracle: bool = False
    """Whether the coordinates that carry the synergy are known."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those with a shape, then the others."""
        return (*self.shapes, *(name for name in self.media if name not in self.shapes))

    @property
    def examples(self) -> int:
        return sum(self.counts.values())
