"""Examples as they are sent to a model, and what it answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.runs.schemas import Reason
from app.runs.status import Status
from app.schemas import ListParams, Params, Schema
from synib.report import ScoredExample


class NewExample(BaseModel):
    """One example to be scored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    example_id: Annotated[str, Field(max_length=200)] | None = None
    """Any text of yours, to tell answers apart; left out, its place in the list."""
    label: str | None = None
    """Its class, where known: then the information in bits is told, too."""
    x: dict[str, Any]
    """By modality, numbers in nested lists of the shape that the model's `modalities` say, raw: the model
    normalises. A series may be shorter. Where the model reads media: a text as it is, an image or a recording
    as `{"base64": "…"}`, all of the file. A modality that is null or left out is withheld, and so said."""


class NewExamples(BaseModel):
    """What is to be scored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    examples: Annotated[list[NewExample], Field(min_length=1)]
    """At most SYNIB_SCORE_EXAMPLES (256); send a file for more."""


class ScoresSchema(Schema):
    """What a model says of some examples, in their order."""

    model: str
    examples: list[ScoredExample]


class NewCross(BaseModel):
    """Which examples are to be crossed."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    examples: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=2, max_length=2)]
    """Ids of two examples of the data set that the model was trained on, of any split."""


class CrossedExample(Schema):
    """One of the two, as its data set has it."""

    example_id: str
    label: str
    split: str


class CrossedCell(Schema):
    """One combination."""

    origin: dict[str, str]
    """By modality, the id of the example that it is from."""
    scored: ScoredExample
    """What the model says of it. Only where every modality is from one example is there a label, and what
    needs one; of the others `interaction` tells how much is in the combination."""


class CrossedSchema(Schema):
    """What a model says of two examples whose modalities are swapped in all ways."""

    model: str
    sentence: str
    """What changes the prediction."""
    examples: list[CrossedExample]
    """The two, in the order in which they were named."""
    cells: list[CrossedCell]
    """2^k of k modalities: the first is the first example as it is, the last is the second."""


class FileSchema(Schema):
    """The file that was sent."""

    format: str
    """csv, parquet, arrow, npz, safetensors, tar or zip, by what is in it."""
    size: int
    """Bytes."""
    sha256: str


class ScoringProgress(Schema):
    """How far a scoring is; empty before its first rows."""

    stage: str | None = None
    done: int | None = None
    """In rows where their number is known, else in bytes."""
    total: int | None = None


class ScoringSchema(Schema):
    """A file whose examples a model is asked about."""

    id: str
    name: str
    model: str
    run_id: str
    """Of the run that does it. Where there are labels, `/v1/runs/{run_id}/report` and `/examples` tell of it
    as of any run."""
    status: Status
    reason: Reason | None
    progress: ScoringProgress
    file: FileSchema
    spec: dict[str, Any]
    """As `synib.spec.Scoring`, every default written out."""
    created_at: datetime
    started_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None


class ScoringList(ListParams):
    model: str | None = None
    """Only scorings by this model."""
    status: list[Status] = Field(default=[])
    """Only scorings in this status; may be given several times."""


class ScoresList(Params):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    """Examples of a page, 1 to 1000."""
    after: str | None = None
    """``next_after`` of the page before."""
    format: Literal["json", "ndjson"] = "json"
    """json comes in pages; ndjson is all of it, a line an example."""
