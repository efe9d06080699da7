"""The emulator of Pinecone refuses what the service refuses, or might refuse."""

from typing import Any

import httpx
import pytest

from emulators.pinecone.server import API_VERSION, PineconeEmulator
from tests.support.catalogs import DIMENSION
from tests.support.pinecone import MODEL, _pinecone_server, pinecone

__all__ = ["_pinecone_server", "pinecone"]

VALUES = [1.0] * DIMENSION
CLIENT = httpx.Client()  # one for all: making one takes a quarter of a second


def call(
    server: PineconeEmulator, path: str, body: Any = None, **headers: str | None
) -> httpx.Response:
    """Sends a POST request if there is a body, otherwise a GET request."""
    known = {"Api-Key": server.api_key, "X-Pinecone-Api-Version": API_VERSION}
    known |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in known.items() if value is not None}
    method = "GET" if body is None else "POST"
    return CLIENT.request(method, server.url + path, json=body, headers=sent)


def upsert(server: PineconeEmulator, *records: Any, namespace: str = "") -> httpx.Response:
    return call(server, "/vectors/upsert", {"vectors": list(records), "namespace": namespace})


def record(name: str, **metadata: Any) -> dict[str, Any]:
    return {"id": name, "values": VALUES, "metadata": metadata}


def query(server: PineconeEmulator, **how: Any) -> httpx.Response:
    return call(server, "/query", {"topK": 10, "vector": VALUES, **how})


def error_message(response: httpx.Response, status: int = 400) -> str:
    """Returns the message of an error response in the format of the index."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body.keys() == {"code", "message", "details"}
    return str(body["message"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/vectors/upsert", {"vectors": [record("a")], "namespce": "x"}),
        ("/vectors/upsert", {"vectors": [{**record("a"), "sparse": 1}]}),
        ("/vectors/fetch?ids=a&extra=1", None),
        ("/query", {"topK": 1, "vector": VALUES, "top_k": 1}),
        ("/vectors/update", {"id": "a", "metadata": {}}),
        ("/describe_index_stats", {"namespace": ""}),
    ],
)
def test_fields_that_a_call_does_not_have_are_refused(
    pinecone: PineconeEmulator, path: str, body: Any
) -> None:
    assert "unknown field" in error_message(call(pinecone, path, body))


def test_a_wrong_key_version_path_or_method_is_refused(pinecone: PineconeEmulator) -> None:
    path = "/vectors/fetch?ids=a"
    for key in ("another", None):
        assert "Invalid API Key" in error_message(call(pinecone, path, Api_Key=key), 401)
    for version in ("2025-01", None):
        assert API_VERSION in error_message(call(pinecone, path, X_Pinecone_Api_Version=version))
    error_message(call(pinecone, "/vectors/everything"), 404)
    error_message(call(pinecone, "/vectors/fetch", {"ids": ["a"]}), 404)
    error_message(call(pinecone, path + "b" * (8192 - len(pinecone.url + path) + 1)), 414)
    assert pinecone.longest_url == 8193
    assert pinecone.requests["/vectors/fetch"] == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a", "values": VALUES[1:]},
        {"id": "a", "values": [0.0] * DIMENSION},
        {"id": "a", "values": [None] * DIMENSION},
        {"id": "a"},
        {"id": "", "values": VALUES},
        {"id": "gr\u00fcn", "values": VALUES},
        {"id": "a" * 513, "values": VALUES},
        record("a", nothing=None),
        record("a", nested={"b": 1}),
        record("a", numbers=[1]),
        record("a", long="x" * 41_000),
    ],
)
def test_a_wrong_vector_is_refused_and_with_it_all_of_the_request(
    pinecone: PineconeEmulator, wrong: Any
) -> None:
    error_message(upsert(pinecone, record("right"), wrong))
    assert not call(pinecone, "/vectors/fetch?ids=right").json()["vectors"]


def test_requests_that_are_too_large_are_refused(pinecone: PineconeEmulator) -> None:
    accepted = upsert(pinecone, *(record(f"{n}") for n in range(1000)))
    assert accepted.json() == {"upsertedCount": 1000}
    error_message(upsert(pinecone, *(record(f"{n}") for n in range(1001))))
    error_message(upsert(pinecone, *(record(f"{n}", long="x" * 30_000) for n in range(70))))
    error_message(query(pinecone, topK=10_001))
    for operator in ("$in", "$nin"):
        names = [f"{n}" for n in range(10_001)]
        assert query(pinecone, filter={"a": {operator: names[1:]}}).status_code == 200
        assert "10000" in error_message(query(pinecone, filter={"a": {operator: names}}))


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"n": 1}, "a"),
        ({"n": {"$ne": 1}}, "bc"),
        ({"n": {"$gt": 1, "$lt": 3}}, "b"),
        ({"n": {"$gte": 2}}, "bc"),
        ({"n": {"$lte": 2}}, "ab"),
        ({"t": {"$in": ["x", "z"]}}, "ac"),
        ({"t": {"$nin": ["x"]}}, "b"),
        ({"t": {"$gt": 1}}, ""),
        ({"n": {"$exists": False}}, "d"),
        ({"n": {"$exists": True}, "t": "x"}, "ac"),
        ({"$or": [{"n": 1}, {"n": {"$exists": False}}]}, "ad"),
        ({"$and": [{"n": {"$gt": 1}}, {"t": {"$ne": "x"}}]}, "b"),
        ({"f": True}, "d"),
        ({"f": 1}, ""),
    ],
)
def test_a_filter_admits_as_pinecone_does(
    pinecone: PineconeEmulator, condition: Any, names: str
) -> None:
    upsert(pinecone, record("a", n=1, t="x"), record("b", n=2, t="y"))
    upsert(pinecone, record("c", n=3, t=["x", "y"]), record("d", f=True))
    matches = query(pinecone, filter=condition).json()["matches"]
    assert [match["id"] for match in matches] == list(names)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"a": {}},
        {"a": {"$near": 1}},
        {"$not": [{"a": 1}]},
        {"a": {"$gt": "b"}},
        {"a": {"$in": "b"}},
        {"a": {"$in": [True]}},
        {"a": {"$exists": 1}},
        {"a": [1]},
        {"$or": []},
        {"$or": {"a": 1}},
    ],
)
def test_a_filter_that_is_none_is_refused_even_by_an_empty_index(
    pinecone: PineconeEmulator, condition: Any
) -> None:
    error_message(query(pinecone, filter=condition))


def test_a_query_gives_the_nearest_by_cosine_and_no_more_than_it_was_asked_for(
    pinecone: PineconeEmulator,
) -> None:
    near = [1.0] * (DIMENSION - 1) + [0.5]
    far = [-10.0] * DIMENSION
    upsert(pinecone, {"id": "far", "values": far}, {"id": "near", "values": near}, record("same"))
    answer = query(pinecone, includeValues=True, includeMetadata=True).json()
    assert [match["id"] for match in answer["matches"]] == ["same", "near", "far"]
    scores = [match["score"] for match in answer["matches"]]
    assert scores == pytest.approx([1, 15.5 / (15.25**0.5 * 4), -1])
    assert answer["matches"][1]["values"] == near
    by_id = call(pinecone, "/query", {"topK": 2, "id": "near"}).json()["matches"]
    assert [match["id"] for match in by_id] == ["near", "same"]
    assert by_id[0].keys() == {"id", "score"}
    for neither in ({"topK": 1}, {"topK": 1, "id": "near", "vector": VALUES}):
        error_message(call(pinecone, "/query", neither))


def test_embeddings_are_the_same_for_the_same_words_and_at_most_96_a_call(
    pinecone: PineconeEmulator,
) -> None:
    def embed(*texts: str, model: str = MODEL, **how: Any) -> httpx.Response:
        parameters = {"input_type": "passage", "truncate": "END", **how}
        inputs = [{"text": text} for text in texts]
        body = {"model": model, "inputs": inputs, "parameters": parameters}
        return call(pinecone, "/embed", body)

    one, other, third = [item["values"] for item in embed("a b", "A  B", "c").json()["data"]]
    assert len(one) == DIMENSION
    assert one == other != third
    for wrong, status in (
        (embed(*["a"] * 97), 400),
        (embed(), 400),
        (embed(" "), 400),
        (embed("a " * 600, truncate="NONE"), 400),
        (embed("a", input_type="document"), 400),
        (embed("a", dimension=3), 400),
        (embed("a", model="nonesuch"), 404),
    ):
        assert wrong.status_code == wrong.json()["status"] == status
        assert wrong.json()["error"].keys() == {"code", "message"}
