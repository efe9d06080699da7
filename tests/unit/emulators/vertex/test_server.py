"""The emulated Vertex AI refuses what the service refuses, in its words."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulators.vertex.server import MODEL, VertexEmulator

TEXT = {"role": "user", "parts": [{"text": "hello"}]}
JPEG = base64.b64encode(b"\xff\xd8\xff picture").decode()
JSON = {"responseMimeType": "application/json"}


@pytest.fixture(scope="module")
def vertex() -> Iterator[VertexEmulator]:
    server = VertexEmulator("demo-x").start()
    yield server
    server.stop()


def post(server: VertexEmulator, body: Any, **how: str) -> httpx.Response:
    """Sends a request that is right but for what `how` replaces."""
    at = {"version": "v1", "project": "demo-x", "region": "us-east1", "model": MODEL} | how
    path = f"/{at['version']}/projects/{at['project']}/locations/{at['region']}/publishers/google"
    url = f"{server.url}{path}/models/{at['model']}:{at.get('call', 'generateContent')}"
    headers = {"Authorization": how.get("token", "Bearer t")}
    return httpx.post(url, json=body, headers=headers)


def with_schema(**schema: Any) -> dict[str, Any]:
    return {"contents": [TEXT], "generationConfig": {**JSON, "responseJsonSchema": schema}}


def of_parts(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": list(parts)}]}


def test_who_may_not_ask_or_asks_for_what_there_is_not_is_told_so(vertex: VertexEmulator) -> None:
    body = {"contents": [TEXT]}
    for how, status, name in (
        ({"token": ""}, 401, "UNAUTHENTICATED"),
        ({"project": "other"}, 403, "PERMISSION_DENIED"),
        ({"region": "nowhere1"}, 404, "NOT_FOUND"),
        ({"model": "gpt"}, 404, "NOT_FOUND"),
        ({"version": "v2"}, 404, "NOT_FOUND"),
        ({"call": "streamGenerateContent"}, 400, "INVALID_ARGUMENT"),  # without alt=sse
        ({"model": "gemini-embedding-2"}, 400, "INVALID_ARGUMENT"),
    ):
        response = post(vertex, body, **how)
        assert response.status_code == status, how
        assert response.json()["error"]["status"] == name
    assert post(vertex, body).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "contents"),
        ({"contents": []}, "at least one contents"),
        ({"contents": [TEXT], "temperature": 1}, "unknown field"),
        ({"contents": [{"parts": TEXT["parts"]}]}, "valid role"),
        ({"contents": [TEXT | {"role": "assistant"}]}, "valid role"),
        ({"contents": [TEXT, TEXT]}, "alternate"),
        ({"contents": [TEXT, TEXT | {"role": "model"}]}, "ending with a model turn"),
        (of_parts(), "at least one parts"),
        (of_parts({"text": ""}), "cannot be empty"),
        (of_parts({"inlineData": {"mimeType": "image/gif", "data": JPEG}}), "image/gif"),
        (of_parts({"inlineData": {"mimeType": "image/png", "data": JPEG}}), "process input image"),
        (of_parts({"inlineData": {"mimeType": "image/jpeg", "data": "!"}}), "TYPE_BYTES"),
        ({"contents": [TEXT], "generationConfig": {"temperature": 3}}, "<= 2"),
        (with_schema(type="string", pattern="a"), "unknown keyword pattern"),
        (with_schema(type="array", items={"minLength": 1}), "unknown keyword minLength"),
        (with_schema(type="object", required=["a"]), "required names"),
        (with_schema(properties={}), "without a type"),
    ],
)
def test_a_request_that_the_service_refuses_is_refused(
    vertex: VertexEmulator, body: dict[str, Any], words: str
) -> None:
    response = post(vertex, body)
    assert response.status_code == 400
    assert words in response.json()["error"]["message"]


def test_a_schema_needs_json(vertex: VertexEmulator) -> None:
    body = with_schema(type="string")
    del body["generationConfig"]["responseMimeType"]
    assert "response_mime_type" in post(vertex, body).json()["error"]["message"]
