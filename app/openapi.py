"""The OpenAPI document: what FastAPI cannot see by itself is put in."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.datasets.schemas import NewDataset
from app.errors import ProblemSchema
from app.models.schemas import NewModel
from app.projects.schemas import NewKey
from app.scoring.schemas import NewCross, NewExamples
from synib.spec import Analysis, Experiment, Scoring, Upload

REF = "#/components/schemas/{model}"
BY_HAND: list[type[BaseModel]] = [
    *(
        Experiment,
        Analysis,
        Upload,
        Scoring,
        NewDataset,
        NewKey,
        NewModel,
        NewExamples,
        NewCross,
        ProblemSchema,
    ),
]
"""Bodies that we parse ourselves, and the shape of every refusal."""


def document(app: FastAPI) -> dict[str, Any]:
    """Made once, when first asked for."""
    if app.openapi_schema is None:
        from synib.uploads import Profile  # noqa: PLC0415 - numpy and pyarrow, which no start should wait for

        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        by_hand: list[type[BaseModel]] = [*BY_HAND, Profile]
        _, definitions = models_json_schema([(m, "validation") for m in by_hand], ref_template=REF)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas |= definitions["$defs"]
        schemas["Problem"] = schemas.pop("ProblemSchema")
        experiment = {"$ref": REF.format(model="Experiment")}
        schemas["AnalysisSchema"]["properties"]["spec"] = {"$ref": REF.format(model="Analysis")}
        schemas["ScoringSchema"]["properties"]["spec"] = {"$ref": REF.format(model="Scoring")}
        for name in ("DatasetSchema", "NewDataset"):
            schemas[name]["properties"]["spec"] = {"$ref": REF.format(model="Upload")}
        profile = schemas["DatasetSchema"]["properties"]["profile"]
        profile["anyOf"] = [{"$ref": REF.format(model="Profile")}, {"type": "null"}]
        schemas["ExperimentSchema"]["properties"]["spec"] = experiment
        schemas["StudySchema"]["properties"]["experiments"]["items"] = experiment
        app.openapi_schema = made
    return app.openapi_schema
