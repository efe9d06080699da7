"""What every archive of summaries does."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from google.cloud.firestore import SERVER_TIMESTAMP, Client, Query

from adapters.firestore import summary_archive as firestore_archive
from adapters.firestore.documents import shard_of
from adapters.firestore.summary_archive import FirestoreArchive
from adapters.firestore.users import FirestoreStore
from adapters.sqlite import summary_archive as sqlite_archive
from adapters.sqlite.summary_archive import SqliteArchive
from adapters.sqlite.users import SqliteStore
from feed.model.engagement import Engagement, Summary
from feed.model.impressions import Impression, merge
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryArchive, SummaryPages, SummaryStore
from feed.summary.document import to_document
from tests.support.emulators import FirestoreDocuments

USERS = 60
ALPHABET = "0389ADYZagkmtuz_é"


def summary(number: int) -> Summary:
    one = Engagement(id="e", episode_id=f"episode-{number}", type="like", timestamp_us=number)
    return Summary(engagements=(one,))


def uid(number: int) -> str:
    """An id; together they begin with every kind of first character."""
    return f"{ALPHABET[number % len(ALPHABET)]}{number}"


async def tick() -> int:
    """A moment later than all writes before it and earlier than those after it."""
    await asyncio.sleep(0.01)
    moment_us = time.time_ns() // 1000
    await asyncio.sleep(0.01)
    return moment_us


class ArchiveWithPages(SummaryArchive, SummaryPages, Protocol):
    """What both archives are."""


class SummaryArchiveContract:
    """The suite. `store` writes what `archive` reads."""

    async def test_every_summary_comes_once(
        self, store: SummaryStore, archive: SummaryArchive
    ) -> None:
        numbers = range(USERS)
        await asyncio.gather(*(store.write_summary(uid(n), summary(n), None) for n in numbers))
        found = sorted(one.engagements[0].timestamp_us for one in archive.summaries())
        assert found == list(range(USERS))

    async def test_what_was_written_since_a_moment_comes_again_once(
        self, store: SummaryStore, archive: SummaryArchive
    ) -> None:
        numbers = range(USERS)
        revisions = await asyncio.gather(
            *(store.write_summary(uid(n), summary(n), None) for n in numbers)
        )
        moment_us = await tick()
        for n in range(0, USERS, 3):
            await store.write_summary(uid(n), summary(USERS + n), revisions[n])
        await store.write_summary("new", summary(1000), None)
        await store.delete_summary(uid(1), revisions[1])
        seen = merge(b"", [Impression("x", "", 5)])  # no news to whoever counts choices
        saw = msgspec.structs.replace(summary(2), seen=seen)
        await store.write_seen(uid(2), saw, revisions[2])
        assert (await store.read_summary(uid(2))).summary == saw  # type: ignore[union-attr]
        found = sorted(one.engagements[0].timestamp_us for one in archive.changed_since(moment_us))
        assert found == [*(USERS + n for n in range(0, USERS, 3)), 1000]
        assert list(archive.changed_since(await tick())) == []

    async def test_pages_hold_every_summary_once_by_user_id_and_go_on_from_any_of_them(
        self, store: SummaryStore, archive: ArchiveWithPages
    ) -> None:
        names = [uid(number) for number in range(20)]
        for number, name in enumerate(names):
            await store.write_summary(name, summary(number), None)
            if number % 3 == 0:  # beside the summary
                await store.update_profile(name, {"languages": ("en",)})
        pages, positions = [], [""]
        while (page := archive.page(positions[-1])).position:
            pages.append(page)
            positions.append(page.position)
        pages.append(page)
        found = [one for page in pages for one in page.summaries]
        assert found == [(name, summary(names.index(name))) for name in sorted(names)]
        assert sum(page.reads for page in pages) == archive.count_reads()
        middle = len(positions) // 2
        assert archive.page(positions[middle]) == pages[middle]

    def test_without_users_there_are_none(self, archive: ArchiveWithPages) -> None:
        assert list(archive.summaries()) == []
        assert list(archive.changed_since(0)) == []
        assert archive.page()[::2] == ([], "")

    async def test_reading_that_stops_early_leaves_nothing_running(
        self, store: SummaryStore, archive: SummaryArchive
    ) -> None:
        await store.write_summary("u", summary(1), None)
        reading = iter(archive.summaries())
        assert next(reading) == summary(1)
        del reading


class TestSqliteArchive(SummaryArchiveContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> SummaryStore:
        return SqliteStore(tmp_path / "users.db")

    @pytest.fixture
    def archive(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArchiveWithPages:
        monkeypatch.setattr(sqlite_archive, "PAGE", 7)
        return SqliteArchive(tmp_path / "users.db")

    async def test_a_file_of_an_earlier_version_gets_update_times(self, tmp_path: Path) -> None:
        old = sqlite3.connect(tmp_path / "users.db")
        old.execute("CREATE TABLE summaries (uid TEXT PRIMARY KEY, document BLOB, revision TEXT)")
        document = msgspec.msgpack.encode(to_document(summary(1)))
        old.execute("INSERT INTO summaries VALUES ('u', ?, 'r')", (document,))
        old.commit()
        old.close()
        archive = SqliteArchive(tmp_path / "users.db")
        assert list(archive.changed_since(9)) == [summary(1)]
        await SqliteStore(tmp_path / "users.db").write_summary("v", summary(2), None)
        assert list(archive.changed_since(9)) == [summary(2)]
        assert len(list(archive.summaries())) == 2

    def test_a_file_that_is_none_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "users.db").write_bytes(b"nothing of the kind" * 100)
        with pytest.raises(Unavailable, match=r"users\.db"):
            list(SqliteArchive(tmp_path / "users.db").summaries())


class TestFirestoreArchive(SummaryArchiveContract):
    @pytest.fixture
    def store(self, firestore_project: str) -> SummaryStore:
        return FirestoreStore(firestore_project)

    @pytest.fixture
    def archive(self, firestore_project: str, monkeypatch: pytest.MonkeyPatch) -> ArchiveWithPages:
        monkeypatch.setattr(firestore_archive, "PAGE", 2)
        return FirestoreArchive(firestore_project)

    async def test_what_is_no_summary_is_left_out(
        self, documents: FirestoreDocuments, store: SummaryStore, archive: SummaryArchive
    ) -> None:
        await store.write_summary("u", summary(3), None)
        spoiled = {"engagements": {"stringValue": "?"}}
        documents.write("users/v/earshot/summary", spoiled)
        assert list(archive.summaries()) == [summary(3)]

    async def test_a_summary_that_is_written_while_changes_are_read_comes_once(
        self,
        firestore_project: str,
        store: SummaryStore,
        archive: SummaryArchive,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        names = [name for name in map(uid, range(200)) if shard_of(name) == 0][:4]
        for number, name in enumerate(names):
            await store.write_summary(name, summary(number), None)
        first = Client(project=firestore_project).document("users", names[0], "earshot", "summary")
        read_page = FirestoreArchive._page

        def page(archive: FirestoreArchive, query: Query) -> list[Any]:
            found = read_page(archive, query)
            if any(one.reference.path == first.path for one in found):
                first.update({"change.at": SERVER_TIMESTAMP})
            return found

        monkeypatch.setattr(FirestoreArchive, "_page", page)
        found = sorted(one.engagements[0].timestamp_us for one in archive.changed_since(0))
        assert found == [0, 1, 2, 3]

    @pytest.mark.usefixtures("unreachable_firestore")
    def test_out_of_reach_is_unavailable(self) -> None:
        with pytest.raises(Unavailable):
            list(FirestoreArchive("demo-nowhere", timeout_s=1, patience_s=0.5).summaries())
