"""Episodes in a Firestore collection: all of them, and those that changed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.cloud.firestore import Client, GeoPoint
from google.cloud.firestore_v1.vector import Vector

from adapters.firestore.episodes import FirestoreEpisodes
from catalog_builder.episodes.validation import validate_episodes
from feed.ports.episodes import EpisodeSource, SourceRecord
from feed.ports.errors import Unavailable
from tests.conformance.test_episode_source import GOOD, OutsideSourceContract
from tests.support.timing import within

T0 = datetime(2026, 2, 5, 10, tzinfo=UTC)


def episode(number: int, updated_at: datetime | None = T0, **fields: Any) -> dict[str, Any]:
    made = {"title": f"Number {number}", "published_at": T0, **fields}
    return made if updated_at is None else {**made, "updated_at": updated_at}


def put(client: Client, documents: dict[str, dict[str, Any]]) -> None:
    batch = client.batch()
    for name, fields in documents.items():
        batch.set(client.document("episodes", name), fields)
    batch.commit()


@pytest.fixture
def ten(client: Client) -> dict[str, dict[str, Any]]:
    """Ten episodes, stored."""
    documents = {f"e{i}": episode(i) for i in range(10)}
    put(client, documents)
    return documents


class TestFirestoreEpisodes(OutsideSourceContract):
    @pytest.fixture
    def source(self, client: Client, firestore_project: str) -> EpisodeSource:
        put(client, {one["id"]: one for one in GOOD})
        return FirestoreEpisodes(firestore_project)

    @pytest.fixture
    def nothing(self, unreachable_firestore: str) -> EpisodeSource:
        return FirestoreEpisodes(unreachable_firestore, patience_s=0.5)

    def test_a_firestore_that_hangs_is_unavailable(self, hanging_firestore: str) -> None:
        source = FirestoreEpisodes(hanging_firestore, timeout_s=0.2, patience_s=0.5)
        with within(3), pytest.raises(Unavailable, match="read episodes/"):
            list(source.read())

    def test_an_empty_collection_has_no_episodes(self, firestore_project: str) -> None:
        assert list(FirestoreEpisodes(firestore_project).read()) == []

    @pytest.mark.parametrize("page_size", [1, 3, 5, 10, 11])
    def test_pages_of_any_size_give_every_document_once_by_id(
        self, firestore_project: str, ten: dict[str, Any], page_size: int
    ) -> None:
        records = list(FirestoreEpisodes(firestore_project, page_size=page_size).read())
        assert [record.where for record in records] == [f"episodes/{name}" for name in sorted(ten)]

    def test_another_collection_and_ids_that_look_odd(
        self, client: Client, firestore_project: str
    ) -> None:
        names = ["Ä b", "https:__x", "🎧", "a.b", "Z", "0"]
        for name in names:
            client.document("shows", name).set({"title": name})
        records = list(FirestoreEpisodes(firestore_project, collection="shows", page_size=2).read())
        assert [record.where for record in records] == [f"shows/{name}" for name in sorted(names)]

    def test_values_are_those_of_json_and_the_id_is_the_documents_unless_it_has_one(
        self, client: Client, firestore_project: str
    ) -> None:
        fields = {
            "published_at": datetime(2026, 2, 5, 10, 0, 0, 123456, tzinfo=UTC),
            "series": {"id": "s", "since": T0},
            "people": [{"name": "Ada", "born": T0}],
            "about": client.document("topics", "x"),
            "place": GeoPoint(1.5, -2.5),
            "vector": Vector([0.25, 0.5]),
            "duration_s": 7,
            "explicit": False,
            "url": None,
        }
        put(client, {"a": fields, "b": {"id": "own"}, "c": {"id": None}})
        plain = {
            **fields,
            "id": "a",
            "published_at": "2026-02-05T10:00:00.123456Z",
            "series": {"id": "s", "since": "2026-02-05T10:00:00Z"},
            "people": [{"name": "Ada", "born": "2026-02-05T10:00:00Z"}],
            "about": "topics/x",
            "place": {"latitude": 1.5, "longitude": -2.5},
            "vector": [0.25, 0.5],
        }
        assert list(FirestoreEpisodes(firestore_project).read()) == [
            SourceRecord("episodes/a", plain),
            SourceRecord("episodes/b", {"id": "own"}),
            SourceRecord("episodes/c", {"id": "c"}),
        ]

    def test_a_document_that_is_no_episode_is_found_by_where_it_is(
        self, client: Client, firestore_project: str
    ) -> None:
        put(client, {"good": episode(1), "bad": {"title": 7}})
        read = validate_episodes(FirestoreEpisodes(firestore_project).read())
        assert [one.id for one in read.episodes] == ["good"]
        assert [problem.where for problem in read.problems] == ["episodes/bad"]

    def test_a_source_made_without_a_database_opens_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
        source = FirestoreEpisodes()
        with pytest.raises(Unavailable, match="nowhere"):
            list(source.read())
