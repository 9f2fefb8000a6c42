"""The example itself beside its scores: image, sound or words, where the run learned from stored data."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets import repository
from app.datasets.files import DatasetFiles
from app.datasets.media import ExampleNotFound, medium
from app.datasets.schemas import State
from app.db.tables import Experiment, Run

LONGEST: Final = 5_000
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class Shown:
    """What a page shows of one modality."""

    modality: str
    kind: str
    """image, audio, text; missing where the example has none."""
    href: str
    text: str = ""


def media(request: Request, session: Session, run: Run, example_id: str) -> list[Shown]:
    """The media of an example, a modality each; nothing where the data are numbers, generated or gone."""
    asked = Experiment.spec["dataset"]
    dataset: dict[str, Any] | None = session.scalar(select(asked).where(Experiment.id == run.experiment_id))
    return media_of(request, session, run.project_id, dataset or {}, example_id)


def media_of(
    request: Request, session: Session, project_id: str, dataset: dict[str, Any], example_id: str
) -> list[Shown]:
    """The same of a data set as an experiment names it."""
    if dataset.get("kind") != "stored":
        return []
    if repository.state(session, project_id, dataset["id"]) is not State.READY:
        return []
    files = DatasetFiles(request.app.state.settings.store, dataset["id"])
    folder = f"/v1/datasets/{dataset['id']}/examples/{quote(example_id, safe='/')}"
    return [
        _shown(files, example_id, modality, kind, f"{folder}/{quote(modality, safe='')}")
        for modality, kind in dataset.get("media", {}).items()
    ]


def _shown(files: DatasetFiles, example_id: str, modality: str, kind: str, href: str) -> Shown:
    try:
        found = medium(files.ready, example_id, modality)
    except ExampleNotFound as lacking:
        return Shown(modality, "missing", href, lacking.detail)
    if kind != "text":
        return Shown(modality, kind, href)
    text = found.content.decode()
    return Shown(modality, kind, href, text[:LONGEST] + "…" * (len(text) > LONGEST))
