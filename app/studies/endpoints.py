"""/v1/studies: what is worth asking, ready to be posted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api import answers
from app.body import parse
from app.errors import InvalidRequest, InvalidSpec, MalformedJson, Problem
from app.projects.auth import Reader
from app.studies.schemas import StudyBrief, StudyList, StudyParams, StudySchema
from synib import studies
from synib.benchmarks.places import refuse_outside

router = APIRouter(prefix="/v1/studies", tags=["studies"])


class StudyNotFound(Problem, status=404, title="No such study"):
    """There is no study of this name; GET /v1/studies lists those there are."""


@router.get("", responses=answers())
def list_studies(_: Reader) -> StudyList:
    """The questions that come with SynIB, by name."""
    return StudyList(data=[StudyBrief.model_validate(studies.load(name)) for name in studies.names()])


@router.get("/{study}", responses=answers(StudyNotFound, MalformedJson, InvalidSpec))
def get(_: Reader, request: Request, study: str, asked: Annotated[StudyParams, Query()]) -> StudySchema:
    """A study's question and the experiments that ask it, each ready to be posted. Nothing is stored."""
    other = None if asked.dataset is None else _object(asked.dataset)
    refuse_outside(other, request.app.state.settings.data is not None)
    try:
        found = studies.load(study, other, seeds=asked.seeds, trials=asked.trials)
    except studies.UnknownStudy as error:
        raise StudyNotFound(str(error)) from None
    return StudySchema(
        name=found.name,
        question=found.question,
        experiments=[one.model_dump(mode="json") for one in found.experiments],
    )


def _object(text: str) -> dict[str, Any]:
    found = parse(text.encode())
    if not isinstance(found, dict):
        raise InvalidRequest.at("/query/dataset", 'must be a JSON object, as {"kind": "noisy_xor"}', text)
    return found
