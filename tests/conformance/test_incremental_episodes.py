"""Episodes in Firestore are read incrementally: only those that changed."""

import hashlib
import random
import zlib
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import SERVER_TIMESTAMP, Client

from adapters.firestore import incremental_episodes
from adapters.firestore.episodes import FirestoreEpisodes
from adapters.firestore.incremental_episodes import IncrementalEpisodes
from adapters.firestore.schema.schema import parse_schema
from adapters.folder.build_cache import FolderBuildCache
from emulators.process import free_port
from feed.ports.episodes import EpisodeSource, SourceProblem, SourceRecord
from feed.ports.errors import Unavailable
from tests.conformance.test_episode_source import GOOD, OutsideSourceContract
from tests.support.counting_proxy import CountingProxy

T0 = datetime(2026, 2, 5, 10, tzinfo=UTC)
EARLIER = T0 - timedelta(days=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
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
    before = counted.reads_billed
    assert before >= COUNT
    assert read(T0 + MINUTE) == first
    assert counted.reads_billed - before == 3
    put(client, 7, T0 + MINUTE, title="changed")
    client.document("episodes", "e8").delete()
    later = titles(read(T0 + 2 * MINUTE))
    assert later[titles(first).index("Number 7")] == "changed"
    assert "Number 8" not in later
    assert counted.reads_billed - before == 3 + 3 + COUNT - 1  # ids are listed to find what is gone
    assert titles(read(T0 + 3 * MINUTE)) == later
    assert counted.reads_billed - before == 3 + 3 + COUNT - 1 + 2


def test_notes_are_kept_apart_and_are_read_again_only_when_asked_for(
    client: Client, counted: CountingProxy, firestore_project: str, cache: FolderBuildCache
) -> None:
    for number in range(4):
        put(client, number, notes=f"<p>Notes {number}</p>" if number else [number])

    def read(at: datetime) -> tuple[Keeper, list[SourceRecord]]:
        keeper = Keeper()
        source = FirestoreEpisodes(firestore_project, notes=keeper)
        records = list(IncrementalEpisodes(source, cache, clock=lambda: at).read())
        assert all(isinstance(one, SourceRecord) for one in records)
        return keeper, records  # type: ignore[return-value]

    keeper, records = read(T0)
    assert [one.notes_digest for one in records] == ["", *map(digest, range(1, 4))]
    assert not any("notes" in one.fields for one in records)
    assert keeper.kept == {digest(n): f"<p>Notes {n}</p>" for n in range(1, 4)}
    stored = b"".join(
        zlib.decompress(one.read_bytes().partition(b"\n")[2]) for one in copies(cache)
    )
    assert b"Notes" not in stored
    put(client, 2, T0 + MINUTE, notes="<p>Notes 7</p>")
    keeper, records = read(T0 + 2 * MINUTE)
    assert [one.notes_digest for one in records] == ["", digest(1), digest(7), digest(3)]
    assert list(keeper.kept) == [digest(7)]
    before = counted.reads_billed
    keeper.read_again({digest(3)})
    assert keeper.kept[digest(3)] == "<p>Notes 3</p>"
    assert counted.reads_billed - before == 1


class Keeper:
    """Keeps notes in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.read_again: Callable[[Collection[str]], None] = lambda _: None

    def keep(self, notes: str) -> str:
        name = hashlib.sha256(notes.encode()).hexdigest()
        self.kept[name] = notes
        return name

    def on_missing(self, read_again: Callable[[Collection[str]], None]) -> None:
        self.read_again = read_again


def digest(number: int) -> str:
    return hashlib.sha256(f"<p>Notes {number}</p>".encode()).hexdigest()


def copies(cache: FolderBuildCache) -> list[Path]:
    return list(cache._folder.glob("firestore-*.msgpack.z"))


def test_any_changes_are_read_as_everything_read_again_would_be(
    client: Client, firestore_project: str, read: Read
) -> None:
    rng = random.Random(3)
    for number in range(20):
        put(client, number)
    read()
    for minute in range(1, 7):
        at = T0 + minute * MINUTE
        for number in rng.sample(range(30), 6):
            if (chance := rng.random()) < 0.4:
                client.document("episodes", f"e{number}").delete()
            else:
                put(client, number, at - chance * MINUTE, title=f"Of minute {minute}")
        remembered = read(at)
        assert remembered == list(FirestoreEpisodes(firestore_project).read())
        assert len(remembered) > 5


def test_a_change_that_became_visible_late_is_not_missed(client: Client, read: Read) -> None:
    for number in range(4):
        put(client, number, T0 if number == 3 else T0 - 4 * MINUTE)
    read(T0 + MINUTE)
    put(client, 4, T0 - 2 * MINUTE, title="late")  # one more among many is found by counting
    assert titles(read(T0 + 9 * MINUTE))[4:] == ["late"]
    put(client, 1, T0 + 20 * MINUTE)
    put(client, 2, T0 + 21 * MINUTE)
    read(T0 + 22 * MINUTE)
    put(client, 1, T0 + 20.5 * MINUTE, title="later")  # few are read again
    assert titles(read(T0 + HOUR))[1] == "later"


def test_deleted_and_undated_documents_are_found_part_by_part(
    client: Client, counted: CountingProxy, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental_episodes, "PART", 4)
    for number in range(10):
        put(client, number, EARLIER - number * HOUR)
    read()
    for number in (0, 5, 9):
        client.document("episodes", f"e{number}").delete()
    put(client, 6, None, title="Number 6")
    client.document("episodes", "a").set({"title": "A", "published_at": T0})
    sizes = []
    for minute in range(1, 5):
        before = counted.reads_billed
        sizes.append(len(read(T0 + minute * MINUTE)))
    assert sizes == [10, 9, 8, 8]
    assert counted.reads_billed - before == 2


def test_everything_is_read_once_a_day(client: Client, read: Read) -> None:
    put(client, 1)
    put(client, 2, T0)
    read()
    put(client, 1, title="changed by hand")
    assert titles(read(T0 + HOUR)) == ["Number 1", "Number 2"]
    assert titles(read(T0 + 14 * HOUR)) == ["changed by hand", "Number 2"]


def test_the_servers_own_time_is_a_time(client: Client, read: Read) -> None:
    put(client, 1, SERVER_TIMESTAMP)
    now = datetime.now(UTC)
    read(now)
    put(client, 1, SERVER_TIMESTAMP, title="changed")
    assert titles(read(now)) == ["changed"]


@pytest.mark.parametrize("updated_at", [None, "2026-02-05T10:00:00Z", 7])
def test_documents_without_a_time_of_change_are_read_every_hour(
    client: Client, read: Read, caplog: pytest.LogCaptureFixture, updated_at: Any
) -> None:
    put(client, 1)
    put(client, 2, updated_at)
    read()
    put(client, 2, updated_at, title="changed")
    assert titles(read(T0 + MINUTE)) == ["Number 1", "Number 2"]
    assert titles(read(T0 + HOUR)) == ["Number 1", "changed"]
    assert "1 documents have no updated_at (timestamp)" in caplog.text


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


def test_an_apps_own_documents_are_read_as_its_schema_says(
    client: Client, firestore_project: str, cache: FolderBuildCache, counted: CountingProxy
) -> None:
    schema = parse_schema(b"""
    [episodes]
    path = "podcasts/{podcast}/episodes/{id}"
    condition = {field = "status", equals = "live"}
    updated_at = {field = "changed-at", unit = "iso"}
    title = "name"
    series = {id = "show", document_name = "label.en"}
    """)

    notes: list[str] = []

    def read(minute: int) -> dict[str, Any]:
        source = FirestoreEpisodes(firestore_project, table=schema.episodes)
        at = T0 + minute * MINUTE
        found = list(IncrementalEpisodes(source, cache, clock=lambda: at).read())
        notes[:] = [one.reason for one in found if isinstance(one, SourceProblem) and one.is_note]
        found = found[: len(found) - len(notes)]
        return {one.where: getattr(one, "reason", "") or one.fields for one in found}  # type: ignore[union-attr]

    def write(path: str, minute: int, **fields: Any) -> None:
        at = T0 + minute * MINUTE
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        made = {"name": path, "published_at": at, "status": "live", "changed-at": stamp}
        client.document(path).set({**made, **fields})

    show = client.document("shows/s")
    show.set({"label": {"en": "A Show"}})
    write("podcasts/p/episodes/a", 0, show=show)
    write("podcasts/q/episodes/b", 0, show=show)
    write("podcasts/q/episodes/c", 0, status="draft")
    write("drafts/x/episodes/d", 0)
    found = read(1)
    assert sorted(found) == ["podcasts/p/episodes/a", "podcasts/q/episodes/b"]
    assert found["podcasts/q/episodes/b"]["series"] == {"id": "s", "name": "A Show"}
    assert notes == [
        "documents left out because they are elsewhere: 1",
        "documents left out because they do not meet the condition: 1",
    ]
    assert read(2) == found
    write("podcasts/p/episodes/a", 2, status="withdrawn")
    write("podcasts/q/episodes/c", 2, published_at="soon")
    write("podcasts/q/episodes/e", 2)
    client.document("podcasts/q/episodes/b").delete()
    assert read(3) == {
        "podcasts/q/episodes/c": "published_at is no timestamp",
        "podcasts/q/episodes/e": {
            "id": "e",
            "title": "podcasts/q/episodes/e",
            "published_at": "2026-02-05T10:02:00Z",
        },
    }
    before = counted.reads_billed
    read(9)
    assert counted.reads_billed - before <= 4
