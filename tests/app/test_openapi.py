"""The OpenAPI document: complete, valid, and stable in its names."""

import json
import re
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI

from app.errors import MEDIA_TYPE, catalogue
from app.main import create_app
from app.settings import Settings

DOCUMENT: dict[str, Any] = create_app(Settings(mode="embedded")).openapi()
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_the_document_is_valid_and_its_references_lead_somewhere() -> None:
    OpenAPI.model_validate(DOCUMENT)
    for ref in set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(DOCUMENT))):
        assert ref in DOCUMENT["components"]["schemas"]


def test_operations_have_the_names_that_clients_are_generated_with() -> None:
    names = {operation.values[2]["operationId"] for operation in OPERATIONS}
    assert len(names) == len(OPERATIONS)
    assert names == {
        "system_root", "system_healthz", "system_readyz", "system_prometheus",
        "keys_create", "keys_list_keys", "keys_revoke",
        "experiments_create", "experiments_list_experiments", "experiments_get", "experiments_cancel",
        "experiments_comparison",
        "analyses_create", "analyses_list_analyses", "analyses_get", "analyses_cancel", "analyses_events",
        "analyses_report", "analyses_report_file", "analyses_examples",
        "datasets_create", "datasets_put_part", "datasets_complete", "datasets_list_datasets", "datasets_get",
        "datasets_events", "datasets_cancel", "datasets_delete", "datasets_medium",
        "models_create", "models_list_models", "models_get", "models_delete", "models_score",
        "models_cross",
        "scorings_list_scorings", "scorings_get", "scorings_cancel", "scorings_events", "scorings_report",
        "scorings_examples",
        "runs_list_runs", "runs_get", "runs_events", "runs_metrics", "runs_follow", "runs_cancel",
        "runs_resume", "runs_report", "runs_report_file", "runs_artifacts", "runs_artifact",
        "examples_list_examples",
        "studies_list_studies", "studies_get",
    }  # fmt: skip


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_is_documented(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
    assert declared == set(re.findall(r"\{(\w+)\}", path))
    for parameter in operation.get("parameters", ()):
        said = parameter.get("description") or parameter["schema"].get("description")
        assert said or parameter["in"] == "path", parameter["name"]
    refusals = {code: r for code, r in operation["responses"].items() if code >= "400"}
    for response in refusals.values():
        assert list(response["content"]) == [MEDIA_TYPE]
        assert response["content"][MEDIA_TYPE]["examples"]
    if path.startswith("/v1"):
        assert refusals.keys() >= {"401", "403", "422", "503"}
        assert ("404" in refusals) == ("{" in path)
    if "requestBody" in operation:
        assert refusals.keys() >= {"400", "413", "415"}


def test_the_body_of_an_experiment_is_documented_field_by_field() -> None:
    operation = DOCUMENT["paths"]["/v1/experiments"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Experiment"}
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Experiment"]["required"] == ["dataset", "methods"]
    assert "lambda" in schemas["SynIB"]["properties"]["weight"]["description"]


def test_problems_keep_the_codes_that_programs_know() -> None:
    by_status: dict[int, set[str]] = {}
    for problem in catalogue():
        by_status.setdefault(problem.status, set()).add(problem.code)
    assert by_status == {
        400: {"malformed_json", "malformed_form"},
        401: {"unauthenticated"},
        403: {"forbidden", "foreign_host"},
        404: {
            *("not_found", "experiment_not_found", "run_not_found", "artifact_not_found", "key_not_found"),
            *("comparison_not_ready", "report_not_ready", "study_not_found", "analysis_not_found"),
            *("dataset_not_found", "example_not_found", "model_not_found"),
            *("scoring_not_found", "scores_not_ready"),
        },
        405: {"method_not_allowed"},
        406: {"not_acceptable"},
        409: {
            *("run_finished", "run_not_resumable"),
            *("dataset_complete", "dataset_incomplete", "dataset_in_use", "dataset_not_read"),
            *("dataset_not_ready", "model_name_taken", "not_promotable", "data_gone"),
        },
        413: {"body_too_large"},
        415: {"unsupported_media_type"},
        422: {
            "invalid_request",
            "invalid_spec",
            "invalid_table",
            "idempotency_key_reused",
            "digest_mismatch",
        },
        500: {"internal", "scorer_failed"},
        503: {"unavailable", "not_ready", "overloaded", "no_answer"},
        507: {"store_full"},
    }


def test_every_problem_says_what_to_do() -> None:
    for problem in catalogue():
        assert problem.__doc__
        assert 400 <= problem.status < 600
