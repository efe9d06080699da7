"""Sessions from a snapshot without vectors, with a Pinecone index that works or is in trouble."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.pinecone.records import metadata
from emulators.pinecone.server import PineconeEmulator
from emulators.pinecone.wire import UpsertRequest, VectorRecord
from functions.serving.circuit_breaker import FAILURE_THRESHOLD
from tests.support.catalogs import DIMENSION, catalog_of, episodes, publish_to
from tests.support.scenarios import plain_settings
from tests.support.server import Server, until
from tests.support.timing import within

Start = Callable[..., Server]

EPISODES = episodes(400)
HELD = catalog_of(EPISODES)
TASTE = [
    {"episode_id": f"episode-{n}", "type": kind, "timestamp": f"2026-02-0{day}T00:00:00Z"}
    for day, (n, kind) in enumerate([(3, "like"), (14, "listen"), (16, "bookmark")], 1)
]
DISLIKE = {"episode_id": "episode-9", "type": "not_interested", "timestamp": "2026-02-05T00:00:00Z"}
SCORES = ("similarity_score", "quality_score", "recency_score", "final_score")


@pytest.fixture(scope="module")
def index() -> Iterator[PineconeEmulator]:
    """An index with the vectors of the catalog."""
    index = PineconeEmulator(DIMENSION).start()
    vectors = zip(EPISODES, HELD.embeddings[:], HELD.embeddings.present, strict=True)
    records = [
        VectorRecord(one.id, row.tolist(), metadata(one))
        for one, row, present in vectors
        if present
    ]
    index.index.upsert(UpsertRequest(records))
    yield index
    index.stop()


@pytest.fixture(scope="module")
def start(
    start_module_server: Start, index: PineconeEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Start:
    """Start a server on a snapshot without vectors, and on the index."""
    folder = tmp_path_factory.mktemp("retrieval")
    publish_to(folder / "shelf", catalog_of(EPISODES, keep_vectors=False))
    defaults = {
        "RETRIEVAL": "pinecone",
        "PINECONE_HOST": index.url,
        "PINECONE_API_KEY": index.api_key,
        "SHELF": str(folder / "shelf"),
        **plain_settings(folder / "scenarios"),
    }
    return lambda **settings: start_module_server(**{**defaults, **settings})


@pytest.fixture(scope="module")
def searching(start: Start) -> Server:
    """A server with an open connection and more time than a search takes."""
    server = start(RETRIEVAL_TIMEOUT_S="2")
    server.create(engagements=TASTE)
    return server


@pytest.fixture(scope="module")
def default_server(start: Start) -> Server:
    server = start()
    server.create(engagements=TASTE)
    return server


@pytest.fixture
def hurried(default_server: Server, index: PineconeEmulator) -> Iterator[Server]:
    """A server with an open connection and the default time; the index is mended afterwards."""
    yield default_server
    index.clear_faults()
    until(lambda: default_server.create(engagements=TASTE)["degraded"] == [], 20)
    assert "Traceback" not in default_server.output


def asked_of(index: PineconeEmulator) -> dict[str, int]:
    """The requests to the index since the last call, by path."""
    found = dict(index.requests)
    index.requests.clear()
    return found


REQUESTS: dict[str, dict[str, Any]] = {
    "several engagements": {"engagements": TASTE},
    "one engagement": {"engagements": TASTE[:1]},
    "an interest": {"category_interests": ["Chess"]},
    "both": {"engagements": TASTE, "category_interests": ["Chess", "Bread"]},
    "a refusal": {"engagements": [*TASTE, DISLIKE]},
    "exclusions": {
        "engagements": TASTE,
        "excluded_ids": [f"content-{n}" for n in range(0, 400, 2)],
    },
    "nothing": {},
}


@pytest.mark.parametrize("scenario", ["plain", "baseline"])
def test_a_session_is_the_one_that_a_snapshot_with_vectors_gives(
    server: Server, searching: Server, scenario: str
) -> None:
    for name, request in REQUESTS.items():
        asked = {**request, "scenario": scenario, "limit": 10}
        found, wanted = searching.create(**asked), server.create(**asked)
        ids = [e["id"] for e in found["episodes"]]
        assert ids == [e["id"] for e in wanted["episodes"]], name
        for one, other in zip(found["episodes"], wanted["episodes"], strict=True):
            for score in SCORES:
                assert one[score] == pytest.approx(other[score], abs=3e-6)
        for field in found.keys() - {"session_id", "episodes", "next_cursor", "catalog_version"}:
            assert found[field] == wanted[field], (name, field)


def test_a_session_of_a_stored_user_takes_two_requests_to_the_index(
    searching: Server, index: PineconeEmulator
) -> None:
    for one in TASTE:
        searching.engage("anna", **one)
    asked_of(index)
    response = searching.call("POST", "/api/sessions/create", {"trace": True}, "anna")
    assert asked_of(index) == {"/vectors/fetch": 1, "/query": 1}
    steps = [step.partition(";")[0] for step in response.headers["server-timing"].split(", ")]
    assert steps[steps.index("retrieve") + 1 :] == ["rank", "encode", "total"]
    page = response.json()
    assert page["trace"]["sources"] == {"retrieved": 150}
    assert page["degraded"] == []
    assert page["user_vector_episodes"] == 3
    assert page["episodes"][0]["reason"]["key"] == "recent_activity"
    queue = searching.queue(page, "anna")
    assert len(queue) == page["total_in_queue"]
    assert asked_of(index) == {}  # the rest of the session is in its cursor


def test_an_unknown_user_needs_no_search(searching: Server, index: PineconeEmulator) -> None:
    asked_of(index)
    assert searching.create()["degraded"] == []
    assert asked_of(index) == {}


def test_similar_episodes_come_from_the_index(server: Server, searching: Server) -> None:
    path = "/api/episodes/episode-3/similar?limit=5"
    found, wanted = searching.call("GET", path), server.call("GET", path).json()
    assert found.headers["cache-control"] == "public, max-age=60"
    page = found.json()
    assert [e["id"] for e in page["episodes"]] == [e["id"] for e in wanted["episodes"]]
    assert page["similarity_scores"] == pytest.approx(wanted["similarity_scores"], abs=3e-6)
    assert page["degraded"] == wanted["degraded"] == []


@pytest.mark.parametrize("trouble", ["hang", "status", "truncate"])
@pytest.mark.parametrize("path", ["/vectors/fetch", "/query"])
def test_an_index_in_trouble_costs_a_session_its_budget_and_is_named(
    hurried: Server, index: PineconeEmulator, trouble: str, path: str
) -> None:
    index.fail_next(trouble, times=None, path=path)
    for _ in range(2):
        with within(2):  # 0.3 and what a busy machine adds
            page = hurried.create(engagements=TASTE, category_interests=["Chess"])
        assert len(page["episodes"]) == 10
        assert page["degraded"][0] in {"retrieval_timeout", "retrieval_unavailable"}
        assert page["degraded"][1:] == ["vectors_unavailable"]
        assert page["episodes"][0]["reason"]["text"] == "You chose Chess"
    assert hurried.logged(lambda line: "retrieval" in str(line.get("degraded")))


def timeouts(server: Server) -> float:
    """The number of sessions whose search took too long, as the metrics tell it."""
    text = server.call("GET", "/api/metrics").text
    found = re.search(r'earshot_degraded_total{what="retrieval_timeout"} (\S+)', text)
    return float(found[1]) if found else 0


def test_an_index_that_hangs_opens_the_circuit_until_it_answers_a_probe(
    hurried: Server, index: PineconeEmulator
) -> None:
    before = timeouts(hurried)
    index.fail_next("hang", times=None)
    named = [hurried.create(engagements=TASTE)["degraded"][0] for _ in range(FAILURE_THRESHOLD + 3)]
    assert named == ["retrieval_timeout"] * FAILURE_THRESHOLD + ["retrieval_unavailable"] * 3
    asked_of(index)
    hurried.create(engagements=TASTE)
    similar = hurried.call("GET", "/api/episodes/episode-3/similar")
    assert similar.json() == {
        "episode_id": "episode-3",
        "episodes": [],
        "similarity_scores": [],
        "catalog_version": similar.json()["catalog_version"],
        "degraded": ["retrieval_unavailable"],
    }
    assert similar.headers["cache-control"] == "no-store"
    health = hurried.call("GET", "/api/health").json()
    assert health["dependencies"]["search"] == "unavailable"
    assert health["status"] == "degraded"
    assert asked_of(index).keys() <= {"/vectors/fetch"}  # a probe; no caller asks
    assert timeouts(hurried) == before + FAILURE_THRESHOLD
    index.clear_faults()
    until(lambda: hurried.create(engagements=TASTE)["degraded"] == [], 20)
    assert asked_of(index)["/query"] == 1
    assert hurried.call("GET", "/api/health").json()["dependencies"]["search"] == "ok"


@pytest.mark.parametrize(
    "answer",
    [
        {"matches": [{"id": 7, "score": "high"}]},
        {"matches": None},
        [],
        {"matches": [{"id": "unheard of", "score": 0.9}]},
        {},
    ],
    ids=str,
)
def test_nonsense_from_an_index_is_named(
    searching: Server, index: PineconeEmulator, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.index, "query", lambda _: answer)
    page = searching.create(engagements=TASTE)
    assert len(page["episodes"]) == 10
    assert page["degraded"][0] in {"retrieval_unavailable", "retrieval_empty"}


def test_the_connection_is_opened_with_the_first_request_and_an_empty_namespace_is_named(
    start: Start, index: PineconeEmulator
) -> None:
    asked_of(index)
    server = start(PINECONE_NAMESPACE="elsewhere")
    until(lambda: index.requests["/vectors/fetch"] == 1)
    assert not index.requests["/query"]
    for request in ({"engagements": TASTE}, {"category_interests": ["Chess"]}):
        assert server.create(**request)["degraded"] == ["retrieval_empty", "vectors_unavailable"]


def test_without_a_search_the_snapshot_alone_answers(start: Start, index: PineconeEmulator) -> None:
    asked_of(index)
    server = start(RETRIEVAL="")
    page = server.create(engagements=TASTE)
    assert page["degraded"] == ["vectors_unavailable"]
    assert page["episodes"]
    similar = server.call("GET", "/api/episodes/episode-3/similar").json()
    assert (similar["episodes"], similar["degraded"]) == ([], ["vectors_unavailable"])
    assert "search" not in server.call("GET", "/api/health").json()["dependencies"]
    assert index.requests == {}


def test_a_snapshot_with_vectors_needs_no_search(
    start: Start, index: PineconeEmulator, tmp_path: Path
) -> None:
    publish_to(tmp_path / "shelf", HELD)
    asked_of(index)
    server = start(SHELF=str(tmp_path / "shelf"))
    page = server.create(engagements=TASTE, trace=True)
    assert page["trace"]["sources"] == {"similar": 150}
    assert server.call("GET", "/api/episodes/episode-3/similar").json()["episodes"]
    assert server.call("GET", "/api/health").json()["dependencies"]["search"] == "unused"
    assert not {"/query", "/describe_index_stats"} & index.requests.keys()
