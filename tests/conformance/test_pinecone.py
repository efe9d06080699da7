"""Embeddings from Pinecone, through the SDK, from an emulator that validates requests."""

import msgspec
import pytest

from emulators.pinecone.server import MAX_URL_BYTES, PineconeEmulator
from emulators.pinecone.wire import VectorRecord
from feed.model.episode import Episode
from feed.ports.episodes import VectorStore
from feed.ports.errors import Unavailable
from tests.conformance.test_vector_store import VectorStoreContract
from tests.support.catalogs import DIMENSION, NOW, episodes
from tests.support.pinecone import MODEL, pinecone_vectors, store_vectors


def named(*names: str) -> list[Episode]:
    return [Episode(id=name, title=f"About {name[:20]}", published_at=NOW) for name in names]


class TestPinecone(VectorStoreContract):
    @pytest.fixture
    def store(self, pinecone: PineconeEmulator, known: list[Episode]) -> VectorStore:
        store_vectors(pinecone, known)
        return pinecone_vectors(pinecone)


class TestPineconeThatEmbeds(VectorStoreContract):
    @pytest.fixture
    def store(self, pinecone: PineconeEmulator) -> VectorStore:
        return pinecone_vectors(pinecone, model=MODEL)


def test_values_come_as_they_are_stored_without_a_warning(
    pinecone: PineconeEmulator, recwarn: pytest.WarningsRecorder
) -> None:
    some = episodes(250)
    stored = store_vectors(pinecone, some)
    found = pinecone_vectors(pinecone).vectors(some)
    assert not [one for one in recwarn if one.category is not DeprecationWarning]
    assert found.matrix.tobytes() == stored.matrix.tobytes()
    assert found.present.tolist() == stored.present.tolist()
    assert 0 < found.present.sum() < 250


def test_without_a_model_nothing_is_embedded_or_written(pinecone: PineconeEmulator) -> None:
    store_vectors(pinecone, episodes(250))
    pinecone_vectors(pinecone).vectors(episodes(300))
    assert pinecone.requests == {"/describe_index_stats": 1, "/vectors/fetch": 3}


def test_an_empty_index_has_nothing_and_says_in_how_many_dimensions(
    pinecone: PineconeEmulator,
) -> None:
    found = pinecone_vectors(pinecone).vectors(episodes(3))
    assert found.matrix.shape == (3, DIMENSION)
    assert not found.present.any()


def test_a_url_is_filled_and_never_longer_than_servers_take(pinecone: PineconeEmulator) -> None:
    some = named(*(f'{number:03} "/&?=%+~' * 20 for number in range(100)))
    store_vectors(pinecone, some, "a space/&" * 50)
    found = pinecone_vectors(pinecone, namespace="a space/&" * 50).vectors(some)
    assert found.present.sum() > 90
    assert MAX_URL_BYTES - 1000 < pinecone.longest_url <= MAX_URL_BYTES


def test_ids_that_pinecone_cannot_have_are_as_missing(pinecone: PineconeEmulator) -> None:
    some = named("plain", "gr\u00fcn", "x" * 513, "n\0l", "\u64ad\u5ba2", "y" * 512)
    pinecone.index.namespaces["__default__"] = {
        name: VectorRecord(name, [1.0] * DIMENSION) for name in ("plain", "y" * 512)
    }
    for store in (pinecone_vectors(pinecone), pinecone_vectors(pinecone, model=MODEL)):
        present = store.vectors(some).present
        assert present.tolist() == [True, False, False, False, False, True]
    assert pinecone.requests["/embed"] == 0


def test_namespaces_are_kept_apart(pinecone: PineconeEmulator) -> None:
    some = episodes(40)
    store_vectors(pinecone, some, "one")
    assert pinecone_vectors(pinecone, namespace="one").vectors(some).present.any()
    for other in ("", "another"):
        assert not pinecone_vectors(pinecone, namespace=other).vectors(some).present.any()
    pinecone_vectors(pinecone, namespace="third", model=MODEL).vectors(some)
    assert pinecone.index.namespaces.keys() == {"one", "third"}


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_requests_are_under_way_than_allowed(
    pinecone: PineconeEmulator, at_once: int
) -> None:
    pinecone.fail_next("slow", None, pause_s=0.02)
    pinecone_vectors(pinecone, at_once=at_once, model=MODEL).vectors(episodes(700))
    assert pinecone.max_pending == at_once
    assert pinecone.requests["/vectors/fetch"] == 7
    assert pinecone.requests["/embed"] == 8


@pytest.mark.parametrize("values", [[1.0] * (DIMENSION - 1), [1.0] * (DIMENSION + 1)])
def test_a_vector_of_another_dimension_is_named(
    pinecone: PineconeEmulator, values: list[float]
) -> None:
    some = episodes(250)
    store_vectors(pinecone, some)
    pinecone.index.namespaces["__default__"]["episode-177"] = VectorRecord("episode-177", values)
    with pytest.raises(Unavailable, match=rf"16 dimensions.* {len(values)} .*episode-177"):
        pinecone_vectors(pinecone).vectors(some)


@pytest.mark.parametrize("value", [0.0, 1e39])
def test_a_vector_that_is_zero_or_beyond_float32_is_as_missing(
    pinecone: PineconeEmulator, value: float
) -> None:
    pinecone.index.namespaces["__default__"] = {"a": VectorRecord("a", [value] * DIMENSION)}
    found = pinecone_vectors(pinecone).vectors(named("a"))
    assert found.present.tolist() == [False]
    assert not found.matrix.any()


def test_an_index_without_dense_vectors_is_unavailable(
    pinecone: PineconeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinecone.index, "dimension", 0)
    with pytest.raises(Unavailable, match="dense"):
        pinecone_vectors(pinecone).vectors(named("a"))


def test_the_model_is_named_by_the_index_where_it_is_not_known(pinecone: PineconeEmulator) -> None:
    assert pinecone_vectors(pinecone).vectors([]).model == "pinecone:127.0.0.1"
    assert pinecone_vectors(pinecone, model=MODEL).vectors([]).model == MODEL


def test_what_the_index_lacks_is_embedded_and_the_next_build_finds_it(
    pinecone: PineconeEmulator,
) -> None:
    some = episodes(250)
    stored = store_vectors(pinecone, some)
    first = pinecone_vectors(pinecone, model=MODEL).vectors(some)
    assert first.present.all()
    assert (first.matrix[stored.present] == stored.matrix[stored.present]).all()
    assert pinecone.requests["/embed"] == 1

    second = pinecone_vectors(pinecone, model=MODEL).vectors(some)
    assert second.matrix.tobytes() == first.matrix.tobytes()
    assert pinecone.requests["/embed"] == pinecone.requests["/vectors/upsert"] == 1


def test_each_embedding_is_that_of_its_own_episode(pinecone: PineconeEmulator) -> None:
    some = named(*(f"number-{number}" for number in range(200)))
    together = pinecone_vectors(pinecone, model=MODEL).vectors(some).matrix
    assert pinecone.requests["/embed"] == 3
    for number in (0, 95, 96, 199):
        pinecone.reset()
        alone = pinecone_vectors(pinecone, model=MODEL).vectors([some[number]]).matrix
        assert (alone[0] == together[number]).all()


def test_vectors_are_upserted_with_what_a_query_filters_by(pinecone: PineconeEmulator) -> None:
    scores = [{"credibility": 4, "insight": 2.5}, {"credibility": 3}, {"insight": 5}, None]
    some = [
        msgspec.convert(
            {"id": f"{n}", "title": "a", "published_at": "2026-02-06T01:02:03.9Z", "scores": s},
            Episode,
        )
        for n, s in enumerate(scores)
    ]
    pinecone_vectors(pinecone, model=MODEL).vectors(some)
    common = {"published_at": 1770339723}
    stored = pinecone.index.namespaces["__default__"]
    assert [stored[f"{n}"].metadata for n in range(4)] == [
        {"episode_id": "0", **common, "credibility": 4, "combined": 6.5},
        {"episode_id": "1", **common, "credibility": 3},
        {"episode_id": "2", **common},
        {"episode_id": "3", **common},
    ]


def test_an_episode_without_text_is_not_embedded(pinecone: PineconeEmulator) -> None:
    for insight, is_embedded in ((None, False), ("words", True)):
        silent = Episode(id="b", title=" \n", key_insight=insight, published_at=NOW)
        found = pinecone_vectors(pinecone, model=MODEL).vectors([*named("a"), silent])
        assert found.present.tolist() == [True, is_embedded]


def test_long_texts_are_cut_and_split_into_requests_that_pinecone_takes(
    pinecone: PineconeEmulator,
) -> None:
    some = [
        Episode(id=f"{n}", title=f"{n}", description="\u8a71 " * 100_000, published_at=NOW)
        for n in range(96)
    ]
    assert pinecone_vectors(pinecone, model=MODEL).vectors(some).present.all()
    assert pinecone.requests["/embed"] == 2


def test_vectors_of_many_dimensions_are_split_into_requests_that_pinecone_takes() -> None:
    pinecone = PineconeEmulator(3072, models={MODEL: 3072}).start()
    try:
        found = pinecone_vectors(pinecone, model=MODEL).vectors(episodes(96))
        assert found.present.all()
        assert pinecone.requests["/vectors/upsert"] > 1
        assert pinecone.index.stats(None)["totalVectorCount"] == 96
    finally:
        pinecone.stop()


def test_a_model_of_another_dimension_than_the_index_stores_nothing() -> None:
    pinecone = PineconeEmulator(DIMENSION, models={MODEL: 24}).start()
    try:
        with pytest.raises(Unavailable, match=r"expected 16 dimensions.* got 24"):
            pinecone_vectors(pinecone, model=MODEL).vectors(episodes(10))
        assert not pinecone.requests["/vectors/upsert"]
    finally:
        pinecone.stop()


def test_a_model_that_there_is_not_is_named(pinecone: PineconeEmulator) -> None:
    with pytest.raises(Unavailable, match="nonesuch"):
        pinecone_vectors(pinecone, model="nonesuch").vectors(episodes(10))
    assert pinecone.requests["/embed"] == 1


def test_vectors_that_were_there_before_get_what_a_query_filters_by(
    pinecone: PineconeEmulator,
) -> None:
    some = episodes(150)
    stored = store_vectors(pinecone, some)
    records = pinecone.index.namespaces["__default__"]
    records["episode-2"].metadata = {"theirs": ["kept"], "credibility": 0}
    before = {name: record.values for name, record in records.items()}
    store = pinecone_vectors(pinecone)
    assert store.describe(some) == stored.present.sum()
    assert {name: record.values for name, record in records.items()} == before
    assert records["episode-2"].metadata["theirs"] == ["kept"]

    embedding = pinecone_vectors(pinecone, model=MODEL, namespace="embedded")
    embedding.vectors(some)
    for name, record in records.items():
        ours = pinecone.index.namespaces["embedded"][name].metadata
        assert ours.items() <= (record.metadata or {}).items()
    assert embedding.describe(some) == 0


def test_only_those_that_differ_are_written(pinecone: PineconeEmulator) -> None:
    some = episodes(150)
    store = pinecone_vectors(pinecone, model=MODEL)
    store.vectors(some)
    later = [msgspec.structs.replace(some[7], published_at=NOW), *some[:7], *some[8:]]
    assert store.describe(later) == 1
    assert pinecone.requests["/vectors/update"] == 1
    metadata = pinecone.index.namespaces["__default__"]["episode-7"].metadata
    assert metadata["published_at"] == int(NOW.timestamp())


def test_what_is_not_in_the_index_is_not_made(pinecone: PineconeEmulator) -> None:
    assert pinecone_vectors(pinecone).describe(episodes(5)) == 0
    assert not pinecone.requests["/vectors/update"]


def test_vectors_of_other_namespaces_are_not_described(pinecone: PineconeEmulator) -> None:
    some = episodes(5)
    for namespace in ("", "one", "another"):
        store_vectors(pinecone, some, namespace)
    assert pinecone_vectors(pinecone, namespace="one").describe(some) == 5
    described = {
        name: all(record.metadata for record in records.values())
        for name, records in pinecone.index.namespaces.items()
    }
    assert described == {"__default__": False, "one": True, "another": False}
