"""Promoting runs to models, showing models, forgetting them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import orjson
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.ids import RUN, new_id
from app.db.tables import Artifact, Model
from app.errors import InvalidRequest, Problem
from app.models import repository
from app.models.files import FILES, Copies, Damaged, copied, folder_of
from app.models.schemas import ModelBrief, ModelSchema, NewModel
from app.runs import repository as runs
from app.runs.status import Status


class ModelNotFound(Problem, status=404, title="No such model"):
    """This project has no model of this name; GET /v1/models lists those there are."""


class ModelNameTaken(Problem, status=409, title="The name is taken"):
    """Another model of this project has the name; choose another one, or delete that model first."""


class NotPromotable(Problem, status=409, title="Nothing to promote"):
    """Only a run of an experiment that has succeeded, and has left all its files, can become a model."""


def not_found(name: str) -> ModelNotFound:
    return ModelNotFound(f"there is no model {name!r}; GET /v1/models lists yours")


def promote(session: Session, project_id: str, asked: NewModel, store: Path) -> Model:
    """Give a run's model a name, with copies of its files.

    They are in their place before the transaction ends. If that fails, nobody knows of them, and they go:
    here, or with the housekeeper where the transaction's end is not known.

    Raises:
        InvalidRequest: there is no such run.
        NotPromotable: it has not succeeded, or has no model to give.
        ModelNameTaken: the name is.
    """
    if repository.id_of(session, project_id, asked.name) is not None:
        raise _taken(asked.name)
    try:
        with copied(store, _promotable(session, project_id, asked)) as copies:
            return _create(session, project_id, asked, copies, store)
    except Damaged as error:
        raise NotPromotable(f"{error}; resume cannot mend it, but posting the experiment again can") from None


def _promotable(session: Session, project_id: str, asked: NewModel) -> Sequence[Artifact]:
    """The files of which the model will have copies."""
    run = runs.owned(session, project_id, asked.run) if RUN.is_valid(asked.run) else None
    if run is None:
        raise InvalidRequest.at("/run", "there is no such run; GET /v1/runs lists yours", asked.run)
    if run.status != Status.SUCCEEDED:
        raise NotPromotable(f"the run is {run.status}; wait until it has succeeded, or resume it")
    left = {one.name: one for one in runs.artifacts(session, run.id)}
    if FILES[0] not in left:
        raise NotPromotable("the run has trained no model; promote a run of an experiment")
    if any(name not in left for name in FILES):
        raise NotPromotable(
            "the run is older than models are: it has not kept what stands for a withheld modality. Post its "
            "experiment again and promote the new run"
        )
    return [left[name] for name in FILES]


def _create(session: Session, project_id: str, asked: NewModel, copies: Copies, store: Path) -> Model:
    """Put the files in their place and the model in the database, or neither."""
    made = new_id("mdl")
    card = orjson.loads((copies.folder / FILES[-1]).read_bytes())
    place = copies.keep(store, made)
    try:
        model = Model(
            id=made,
            project_id=project_id,
            name=asked.name,
            run_id=asked.run,
            path=place.relative_to(store).as_posix(),
            card=card,
            size=copies.size,
            sha256=copies.sha256,
        )
        session.add(model)
        session.flush()
        session.refresh(model)
    except BaseException as error:
        shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, IntegrityError):
            raise _taken(asked.name) from None
        raise
    return model


def find(session: Session, project_id: str, name: str) -> Model:
    """The project's model of that name.

    Raises:
        ModelNotFound: there is none.
    """
    model = repository.named(session, project_id, name)
    if model is None:
        raise not_found(name)
    return model


def delete(session: Session, project_id: str, name: str, store: Path) -> list[Path]:
    """Forget the model; its folder and files of its scorings, to be removed when that is certain.

    Raises:
        ModelNotFound: there is none.
    """
    model_id = repository.id_of(session, project_id, name)
    if model_id is None:
        raise not_found(name)
    files = [store / path for path in repository.scored_files(session, model_id)]
    repository.remove(session, model_id)
    return [folder_of(store, model_id), *files]


def brief(model: Model) -> ModelBrief:
    """As it is listed."""
    return ModelBrief.model_validate(_brief(model))


def show(model: Model) -> ModelSchema:
    """With its card."""
    return ModelSchema.model_validate(_brief(model) | {"card": model.card})


def _brief(model: Model) -> dict[str, object]:
    card = model.card
    return {
        "id": model.id, "name": model.name, "run_id": model.run_id, "method": card["method"],
        "modalities": card["shapes"], "classes": card["classes"], "accuracy": card["worth"]["accuracy"],
        "synergy": card["worth"]["synergy"], "examples": card["worth"]["examples"], "size": model.size,
        "sha256": model.sha256, "created_at": model.created_at,
    }  # fmt: skip


def _taken(name: str) -> ModelNameTaken:
    return ModelNameTaken(f"there is a model {name!r} already; choose another name, or delete that model")
