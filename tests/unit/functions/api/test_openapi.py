"""The API's document is valid OpenAPI 3.1 and describes every route."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from openapi_spec_validator import validate

from functions.api.openapi import VERSION, document, encoded_document
from functions.api.routes import ROUTES
from functions.problem_kinds import KINDS

ROOT = Path(__file__).parents[4]
PAGES = ("api.md", "episodes.md", "enrichment.md")


@pytest.mark.parametrize("app_check", [False, True])
def test_the_document_is_valid(*, app_check: bool) -> None:
    validate(msgspec.json.decode(encoded_document(app_check=app_check)))


def test_with_app_check_every_way_to_call_an_operation_for_users_needs_its_token() -> None:
    items = document(app_check=True)["paths"].values()
    found = [one for item in items for method, one in item.items() if method != "parameters"]
    assert all("appCheck" in way for one in found for way in one["security"])
    assert [one["operationId"] for one in found if not one["security"]] == [
        one.name for route in ROUTES.values() for one in route.values() if one.user == "none"
    ]


def test_the_document_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


def test_every_operation_has_a_name_of_its_own_and_answers_one_success() -> None:
    found = [
        operation
        for item in document()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert len(found) == sum(map(len, ROUTES.values()))
    assert max(Counter(one["operationId"] for one in found).values()) == 1
    assert all(sum(status < "300" for status in one["responses"]) == 1 for one in found)


def test_every_field_of_a_request_and_an_answer_is_in_the_pages_for_people() -> None:
    texts = [(ROOT / "docs" / page).read_text() for page in PAGES]
    spans = [span for text in texts for span in re.findall(r"`([^`]+)`", text)]
    named = {word for span in spans for word in re.findall(r"\w+", span)}
    schemas = document()["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema["properties"]}
    assert fields <= named


def test_every_kind_of_problem_is_answered_by_an_operation() -> None:
    answered = {
        kind for route in ROUTES.values() for one in route.values() for kind in one.all_problems
    }
    assert answered == KINDS.keys() - {"method-not-allowed"}  # an address without that operation
