"""The contract of searches over episodes' vectors, and Pinecone's failures."""

import asyncio
import warnings
from typing import Any

import numpy as np
import pytest

from adapters.pinecone.records import metadata
from adapters.pinecone.search import PineconeSearch
from emulators.pinecone.server import PineconeEmulator
from emulators.pinecone.wire import UpsertRequest, VectorRecord
from feed.ports.errors import Unavailable
from feed.ports.vector_search import SearchFilter, VectorSearch
from tests.support.catalogs import DIMENSION, catalog_of, episodes
from tests.support.vector_search import ExactSearch

EPISODES = episodes(120)
CATALOG = catalog_of(EPISODES)
EMBEDDED = np.flatnonzero(CATALOG.embeddings.present).tolist()
NEAR = CATALOG.embeddings[EMBEDDED[0]]
ALL = SearchFilter()


def fill(server: PineconeEmulator, namespace: str = "") -> None:
    """Store the vectors of the catalog in the index, with the builder's metadata."""
    records = [
        VectorRecord(EPISODES[row].id, CATALOG.embeddings[row].tolist(), metadata(EPISODES[row]))
        for row in EMBEDDED
    ]
    server.index.upsert(UpsertRequest(records, namespace))


async def matches(
    search: VectorSearch, near: Any = NEAR, count: int = 200, search_filter: SearchFilter = ALL
) -> dict[str, float]:
    """The cosines of the episodes that a search finds, by id; each is found once."""
    found = await search.search(near, count, search_filter)
    assert len({match.episode_id for match in found}) == len(found)
    return dict(found)


class VectorSearchContract:
    """The suite. `search` is one over the embedded episodes of `CATALOG`."""

    async def test_it_gives_the_vectors_that_it_has(self, search: VectorSearch) -> None:
        without = int(np.flatnonzero(~CATALOG.embeddings.present)[0])
        rows = [EMBEDDED[3], without, EMBEDDED[1]]
        ids = [CATALOG.ids[row] for row in rows] + ["unheard of", "é" * 9, "x" * 600]
        found = await search.vectors(ids)
        assert found.keys() == {CATALOG.ids[EMBEDDED[3]], CATALOG.ids[EMBEDDED[1]]}
        for name, vector in found.items():
            row = CATALOG.id_index.row(name)
            assert vector.dtype == np.float32
            assert vector == pytest.approx(CATALOG.embeddings[row], abs=1e-6)
        assert await search.vectors([]) == {}

    async def test_the_most_similar_come_with_their_cosines(self, search: VectorSearch) -> None:
        cosines = {CATALOG.ids[row]: float(CATALOG.embeddings[row] @ NEAR) for row in EMBEDDED}
        assert await matches(search) == pytest.approx(cosines, abs=1e-6)
        few = await matches(search, count=7)
        assert list(few) == sorted(cosines, key=lambda name: -cosines[name])[:7]

    async def test_near_an_episode_is_near_its_vector(self, search: VectorSearch) -> None:
        by_id = await matches(search, CATALOG.ids[EMBEDDED[0]], 20)
        assert by_id == pytest.approx(await matches(search, count=20), abs=1e-6)
        assert next(iter(by_id)) == CATALOG.ids[EMBEDDED[0]]

    @pytest.mark.parametrize("name", ["unheard of", "é", "x" * 600])
    async def test_nothing_is_near_an_episode_that_it_does_not_have(
        self, search: VectorSearch, name: str
    ) -> None:
        assert await matches(search, name) == {}

    async def test_episodes_below_a_minimum_are_left_out_and_those_without_scores_are_not(
        self, search: VectorSearch
    ) -> None:
        found = await matches(search, search_filter=SearchFilter(min_credibility=3, min_combined=6))
        credibility, insight = CATALOG.scores[EMBEDDED, :2].T
        below = (credibility < 3) | (credibility + insight < 6)
        kept = np.array(EMBEDDED)[~below]
        assert found.keys() == {CATALOG.ids[row] for row in kept.tolist()}
        assert np.isnan(credibility).any()

    async def test_older_episodes_are_left_out(self, search: VectorSearch) -> None:
        published_s = CATALOG.published_us[EMBEDDED] // 1_000_000
        since = int(np.median(published_s))
        found = await matches(search, search_filter=SearchFilter(published_from_s=since))
        assert found.keys() == {
            CATALOG.ids[row]
            for row, at in zip(EMBEDDED, published_s.tolist(), strict=True)
            if at >= since
        }

    async def test_excluded_episodes_are_left_out(self, search: VectorSearch) -> None:
        barred = [CATALOG.ids[row] for row in EMBEDDED[::2]]
        more = tuple(barred) + tuple(f"unheard of {n}" for n in range(10_000 - len(barred)))
        found = await matches(search, search_filter=SearchFilter(excluded_ids=more))
        assert found.keys() == {CATALOG.ids[row] for row in EMBEDDED[1::2]}

    async def test_it_can_be_checked(self, search: VectorSearch) -> None:
        await search.check(DIMENSION)
        with pytest.raises(Unavailable):
            await search.check(DIMENSION + 1)


@pytest.fixture
def search(pinecone: PineconeEmulator) -> VectorSearch:
    return PineconeSearch(pinecone.url, pinecone.api_key)


class TestExact(VectorSearchContract):
    """The model that other tests compare with."""

    @pytest.fixture
    def search(self) -> VectorSearch:
        return ExactSearch(CATALOG)


@pytest.mark.parametrize("namespace", ["", "two words & more"])
class TestPinecone(VectorSearchContract):
    @pytest.fixture
    def search(self, pinecone: PineconeEmulator, namespace: str) -> VectorSearch:
        fill(pinecone, namespace)
        return PineconeSearch(pinecone.url, pinecone.api_key, namespace)


async def test_a_vector_without_metadata_passes_every_restriction(
    pinecone: PineconeEmulator, search: VectorSearch
) -> None:
    pinecone.index.upsert(UpsertRequest([VectorRecord(CATALOG.ids[0], NEAR.tolist())]))
    strict = SearchFilter(3.0, 6.0, 2_000_000_000, (CATALOG.ids[0],))
    found = await search.search(NEAR, 10, strict)
    assert [match.episode_id for match in found] == [CATALOG.ids[0]]


async def test_numbers_beyond_float32_are_no_vector_and_no_error(
    pinecone: PineconeEmulator, search: VectorSearch
) -> None:
    pinecone.index.upsert(UpsertRequest([VectorRecord("a", NEAR.tolist())]))
    pinecone.index.namespaces["__default__"]["a"].values = [1e300] * DIMENSION
    with warnings.catch_warnings(action="error"):
        assert np.isinf((await search.vectors(["a"]))["a"]).all()


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
async def test_an_index_by_anything_but_cosine_is_refused_by_name(
    pinecone: PineconeEmulator, search: VectorSearch, metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = pinecone.index.stats
    monkeypatch.setattr(pinecone.index, "stats", lambda call: stats(call) | {"metric": metric})
    with pytest.raises(Unavailable, match=metric):
        await search.check(DIMENSION)


TROUBLES: dict[str, dict[str, Any]] = {
    "bad request": {"kind": "status", "status": 400},
    "not there": {"kind": "status", "status": 404},
    "forbidden": {"kind": "status", "status": 403},
    "busy": {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
    "down": {"kind": "status", "status": 503, "headers": {"Retry-After": "0"}},
    "broken off": {"kind": "truncate"},
    "garbled": {"kind": "garble"},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_whatever_is_wrong_is_unavailable(
    pinecone: PineconeEmulator, search: VectorSearch, trouble: dict[str, Any]
) -> None:
    fill(pinecone)
    pinecone.fail_next(times=None, **trouble)
    for call in (
        search.vectors([CATALOG.ids[EMBEDDED[0]]]),
        search.search(NEAR, 10, ALL),
        search.search(CATALOG.ids[EMBEDDED[0]], 10, ALL),
        search.check(DIMENSION),
    ):
        with pytest.raises(Unavailable, match="Pinecone"):
            await call


async def test_an_answer_that_cannot_be_unpacked_is_unavailable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
        writer.write(head + b"junk")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        search = PineconeSearch(f"http://127.0.0.1:{port}", "key")
        with pytest.raises(Unavailable, match="Pinecone"):
            await search.vectors(["a"])


async def test_a_wrong_key_is_unavailable(pinecone: PineconeEmulator) -> None:
    with pytest.raises(Unavailable, match="Unauthorized"):
        await PineconeSearch(pinecone.url, "another key").search(NEAR, 10, ALL)


async def test_a_vector_of_another_dimension_is_unavailable(search: VectorSearch) -> None:
    longer = np.ones(DIMENSION + 1, np.float32)
    with pytest.raises(Unavailable, match="dimension"):
        await search.search(longer, 10, ALL)


@pytest.mark.parametrize("kind", ["hang", "slow"])
async def test_a_cancelled_call_ends_and_the_next_is_answered(
    pinecone: PineconeEmulator, search: VectorSearch, kind: str
) -> None:
    fill(pinecone)
    await search.check(DIMENSION)  # the connection is open
    pinecone.fail_next(kind, pause_s=5)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await search.search(NEAR, 10, ALL)
    assert len(await search.search(NEAR, 10, ALL)) == 10


async def test_it_is_back_when_connections_are_taken_again(
    pinecone: PineconeEmulator, search: VectorSearch
) -> None:
    fill(pinecone)
    assert await search.search(NEAR, 10, ALL)
    with pinecone.refusing(), pytest.raises((TimeoutError, Unavailable)):
        async with asyncio.timeout(0.2):  # the SDK tries for seconds
            await search.search(NEAR, 10, ALL)
    assert len(await search.search(NEAR, 10, ALL)) == 10


@pytest.mark.parametrize("host", ["", "nohost", "a b"])
def test_a_host_that_is_none_is_refused_at_once(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        PineconeSearch(host, "key")
