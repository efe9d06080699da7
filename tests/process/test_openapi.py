"""The API's document holds: the running function answers what it says, whatever is sent."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.support.photos import as_file, picture
from tests.support.server import Server, problem

SETTINGS = settings(
    max_examples=8,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
IN_WORDS = {"id", "episode_id", "timestamp", "languages", "scenario", "cursor", "user_id"}
IN_WORDS |= {"seed", "photo", "scenario_changes"}
"""Fields with rules that no schema can say, such as their bytes of UTF-8."""


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}/api/openapi.json")


@pytest.fixture
def existing(server: Server, user: str) -> dict[str, Any]:
    """Values of fields and parameters that name what exists."""
    page = server.create(user)
    return {
        "session_id": page["session_id"],
        "cursor": page["next_cursor"],
        "episode_id": page["episodes"][0]["id"],
        "scenario": "plain",
        "languages": ["en"],
        "user_id": user,
        "photo": as_file(picture("red")),
    }


def test_the_document_is_cacheable(server: Server) -> None:
    answer = server.call("GET", "/api/openapi.json")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.json()["openapi"] == "3.1.0"


def calls(document: Any) -> Iterator[tuple[Any, str, str]]:
    """Each operation, with its method and an address of it."""
    for result in document.get_all_operations():
        operation = result.ok()
        path = operation.path.format(
            session_id="a",
            engagement_id="a",
            episode_id="episode-1",
            series_id="a",
            kind="topic",
            name="a",
        )
        yield operation, operation.method.upper(), path


def test_every_operation_refuses_a_query_parameter_that_it_does_not_have(
    server: Server, document: Any, user: str
) -> None:
    for _, method, path in calls(document):
        problem(server.call(method, f"{path}?unknown=1", user=user), 400, "unknown")


def test_every_operation_that_needs_a_user_refuses_a_call_without_one(
    server: Server, document: Any
) -> None:
    of_user = [one for one in calls(document) if one[0].definition.raw["tags"] == ["account"]]
    assert len(of_user) == 8
    for operation, method, path in of_user:
        assert {} not in operation.definition.raw["security"]
        problem(server.call(method, path), 401, "Authorization")


def whole(value: Any) -> Any:
    """A value with 3 for 3.0: to a JSON schema both are integers, to JSON decoders they are not."""
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, dict):
        return {key: whole(one) for key, one in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_the_function_accepts_what_its_document_allows(
    document: Any, user: str, existing: dict[str, Any]
) -> None:
    def send(case: Any, exists: bool) -> None:
        for part in (case.path_parameters, case.body):
            if isinstance(part, dict):
                # 10.0 is an integer for JSON Schema, but not for the function.
                part.update({key: whole(one) for key, one in part.items()})
                if exists:
                    part.update({key: existing[key] for key in part.keys() & existing.keys()})
        headers = {"X-Demo-User": user}
        # Neither check knows of rules in words, nor that every demo user is accepted.
        excluded = [positive_data_acceptance, ignored_auth]
        answer = case.call_and_validate(headers=headers, excluded_checks=excluded)
        if answer.status_code == 400:
            document = answer.json()
            assert re.split(r"[.[]", document["field"])[0] in IN_WORDS, document

    for_each_operation(document, GenerationMode.POSITIVE, send)


def test_the_function_refuses_what_its_document_does_not_allow(document: Any, user: str) -> None:
    def send(case: Any, _exists: bool) -> None:
        answer = case.call(headers={"X-Demo-User": user})
        if answer.status_code != 413:  # which the check does not take for a refusal
            case.validate_response(answer, excluded_checks=[ignored_auth])

    for_each_operation(document, GenerationMode.NEGATIVE, send)


def for_each_operation(document: Any, mode: Any, send: Callable[[Any, bool], None]) -> None:
    """Send generated requests to each operation, always the same ones."""
    for result in document.get_all_operations():
        operation = result.ok()
        if mode.is_positive or operation.body or operation.query:  # any text is a valid path
            example = given(operation.as_strategy(generation_mode=mode), st.booleans())(send)
            seed(1)(SETTINGS(example))()
