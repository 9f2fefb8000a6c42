"""How a study is told."""

from typing import Annotated, Any

from pydantic import Field

from app.schemas import Params, Schema


class StudyBrief(Schema):
    """A study in a list."""

    name: str
    question: str


class StudyList(Schema):
    """All studies; they are few."""

    data: list[StudyBrief]


class StudySchema(StudyBrief):
    """A study with its experiments."""

    experiments: list[dict[str, Any]]
    """Each as `synib.spec.Experiment`, resolved: a body for `POST /v1/experiments`. Their names begin with
    the study's: `GET /v1/experiments?name=…` finds them again."""


class StudyParams(Params):
    seeds: Annotated[int, Field(ge=1, le=100)] | None = None
    """Runs per method, instead of the study's own number."""
    trials: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Settings tried in every run, instead of the study's own number."""
    dataset: str | None = None
    """Other data to ask it of, as a JSON object such as ``{"kind": "noisy_xor"}``. A study that varies the
    data itself takes none."""
