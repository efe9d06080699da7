"""Episodes in Firestore are read incrementally: only those that changed."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import SERVER_TIMESTAMP, Client

from adapters.firestore.episodes import FirestoreEpisodes
from adapters.firestore.incremental_episodes import IncrementalEpisodes
from adapters.folder.build_cache import FolderBuildCache
from emulators.process import free_port
from feed.ports.episodes import EpisodeSource, SourceRecord
from feed.ports.errors import Unavailable
from tests.conformance.test_episode_source import GOOD, OutsideSourceContract
from tests.support.counting_proxy import CountingProxy

T0 = datetime(2026, 2, 5, 10, tzinfo=UTC)
EARLIER = T0 - timedelta(days=1)
COUNT = 60
Read = Callable[..., list[SourceRecord]]


@pytest.fixture
def cache(tmp_path: Path) -> FolderBuildCache:
    return FolderBuildCache(tmp_path)


@pytest.fixture
def read(firestore_project: str, cache: FolderBuildCache) -> Read:
    """Everything, as a build at some time would read it."""

    def read(at: datetime = T0, *, full: bool = False, collection: str = "episodes") -> Any:
        source = FirestoreEpisodes(firestore_project, collection=collection)
        return list(IncrementalEpisodes(source, cache, full=full, clock=lambda: at).read())

    return read


def put(client: Client, number: int, updated_at: Any = EARLIER, **fields: Any) -> None:
    made = {"title": f"Number {number}", "published_at": T0, **fields}
    if updated_at is not None:
        made["updated_at"] = updated_at
    client.document("episodes", f"e{number}").set(made)


def titles(records: list[SourceRecord]) -> list[str]:
    return [record.fields["title"] for record in records]


class TestIncrementalEpisodes(OutsideSourceContract):
    @pytest.fixture
    def source(
        self, client: Client, firestore_project: str, cache: FolderBuildCache
    ) -> EpisodeSource:
        for one in GOOD:
            client.document("episodes", one["id"]).set(one)
        return IncrementalEpisodes(FirestoreEpisodes(firestore_project), cache)

    @pytest.fixture
    def nothing(self, unreachable_firestore: str, cache: FolderBuildCache) -> EpisodeSource:
        return IncrementalEpisodes(FirestoreEpisodes(unreachable_firestore, patience_s=0.5), cache)


def test_a_second_reading_costs_what_changed(
    client: Client, counted: CountingProxy, read: Read
) -> None:
    for number in range(COUNT):
        put(client, number)
    first = read()
    before = counted.documents_read
    assert before >= COUNT
    assert read(T0 + timedelta(days=1)) == first
    put(client, 7, T0 + timedelta(days=2), title="changed")
    later = read(T0 + timedelta(days=2))
    assert titles(later)[titles(first).index("Number 7")] == "changed"
    assert counted.documents_read - before <= 10


def test_any_changes_are_read_as_everything_read_again_would_be(client: Client, read: Read) -> None:
    rng = random.Random(3)
    for number in range(20):
        put(client, number)
    read()
    for day in range(1, 6):
        at = T0 + timedelta(days=day)
        for number in rng.sample(range(30), 6):
            if rng.random() < 0.4:
                client.document("episodes", f"e{number}").delete()
            else:
                put(client, number, at, title=f"Of day {day}")
        remembered = read(at)
        assert remembered == read(at, full=True)
        assert len(remembered) > 5


def test_a_change_that_became_visible_late_is_not_missed(client: Client, read: Read) -> None:
    put(client, 1)
    began = T0 + timedelta(days=1)
    read(began)
    put(client, 1, began - timedelta(minutes=2), title="late")
    assert titles(read(began + timedelta(hours=1))) == ["late"]


def test_the_servers_own_time_is_a_time(client: Client, read: Read) -> None:
    put(client, 1, SERVER_TIMESTAMP)
    now = datetime.now(UTC)
    read(now)
    put(client, 1, SERVER_TIMESTAMP, title="changed")
    assert titles(read(now)) == ["changed"]


@pytest.mark.parametrize("updated_at", [None, "2026-02-05T10:00:00Z", 7])
def test_where_one_document_has_no_time_of_change_everything_is_read(
    client: Client, read: Read, caplog: pytest.LogCaptureFixture, updated_at: Any
) -> None:
    put(client, 1)
    put(client, 2, updated_at)
    read()
    put(client, 2, updated_at, title="changed")
    assert titles(read(T0 + timedelta(days=1))) == ["Number 1", "changed"]
    assert "1 documents have no Timestamp updated_at" in caplog.text


def test_a_copy_that_is_damaged_or_of_another_collection_is_not_used(
    client: Client, cache: FolderBuildCache, read: Read, tmp_path: Path
) -> None:
    put(client, 1)
    client.document("shows", "s").set({"title": "A show", "updated_at": T0})
    read()
    assert titles(read(collection="shows")) == ["A show"]
    put(client, 1, T0 - timedelta(days=9), title="seen only by a whole reading")
    (kept,) = tmp_path.glob("*episodes*")
    cache.save(kept.name, b"no copy")
    assert titles(read()) == ["seen only by a whole reading"]


def test_a_reading_that_fails_leaves_the_copy_as_it_was(
    client: Client, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, 1)
    read()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with monkeypatch.context() as broken:
        broken.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
        source = FirestoreEpisodes("demo-nowhere", patience_s=0.3)
        with pytest.raises(Unavailable):
            list(IncrementalEpisodes(source, FolderBuildCache(tmp_path)).read())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert titles(read()) == ["Number 1"]
