"""The contract of stores of conversations. An adapter passes by a subclass that opens it."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.firestore.connection import Connection
from adapters.firestore.conversations import FirestoreConversations
from adapters.firestore.schema.schema import PLAIN
from adapters.sqlite import connection
from adapters.sqlite.conversations import SqliteConversations
from feed.model.timestamps import to_us
from feed.ports.conversations import Conversations, ListedConversation
from feed.ports.errors import Conflict
from feed.ports.language_model import Turn
from tests.support.catalogs import NOW
from tests.support.emulators import FirestoreDocuments

Open = Callable[[], Conversations]
NOW_US = to_us(NOW)
LATER_US = NOW_US + 1_000_000
TURNS = (Turn("user", "What is a Saft?"), Turn("model", "Juice \U0001f34e [1]"))


async def written(
    store: Conversations, turns: tuple[Turn, ...], revision: str | None = None, *, name: str = "a"
) -> str:
    return await store.write(
        "u", name, turns, now_us=NOW_US, expires_us=LATER_US, revision=revision
    )


class ConversationsContract:
    """The suite. `open_store` opens the same store again, as another process would."""

    async def test_what_is_written_is_read_until_it_expires(self, open_store: Open) -> None:
        assert await open_store().read("u", "a", NOW_US) is None
        revision = await written(open_store(), TURNS)
        stored = await open_store().read("u", "a", LATER_US - 1)
        assert stored is not None
        assert (stored.turns, stored.revision) == (TURNS, revision)
        expired = await open_store().read("u", "a", LATER_US)
        assert expired is not None
        assert (expired.turns, expired.revision) == ((), revision)
        assert await open_store().read("v", "a", NOW_US) is None
        assert await open_store().read("u", "b", NOW_US) is None

    async def test_a_write_that_follows_no_stored_revision_is_refused(
        self, open_store: Open
    ) -> None:
        first = await written(open_store(), TURNS[:1])
        second = await written(open_store(), TURNS, first)
        for late in (None, first):
            with pytest.raises(Conflict):
                await written(open_store(), TURNS[:1], late)
        stored = await open_store().read("u", "a", NOW_US)
        assert stored is not None
        assert (stored.turns, stored.revision) == (TURNS, second)

    async def test_of_writers_that_follow_one_revision_one_succeeds(self, open_store: Open) -> None:
        first = await written(open_store(), TURNS)
        late = [
            written(open_store(), (*TURNS, Turn("user", f"{number}")), first) for number in range(4)
        ]
        results = await asyncio.gather(*late, return_exceptions=True)
        assert sum(isinstance(one, str) for one in results) == 1

    async def test_a_page_has_what_a_deletion_deletes_of_one_user_also_what_has_expired(
        self, open_store: Open
    ) -> None:
        store = open_store()
        assert await store.page("u", 2) == []
        names = ("b", "c", "a")
        for name in names:
            await written(store, TURNS, name=name)
        await store.write("v", "a", TURNS, now_us=NOW_US, expires_us=LATER_US, revision=None)
        found: list[ListedConversation] = []
        while page := await store.page("u", 2, found[-1].id if found else ""):
            assert len(page) <= 2
            found += page
        assert found == [ListedConversation(name, TURNS, LATER_US) for name in sorted(names)]
        assert await store.delete_all("u") == len(found)
        assert await store.page("u", 2) == []

    async def test_a_writer_that_comes_after_a_deletion_restores_nothing(
        self, open_store: Open
    ) -> None:
        store = open_store()
        revisions = {name: await written(store, TURNS, name=name) for name in ("a", "b")}
        kept = await store.write("v", "a", TURNS, now_us=NOW_US, expires_us=LATER_US, revision=None)
        assert await store.delete_all("u") == 2
        assert await store.delete_all("u") == 0
        for name, revision in revisions.items():
            with pytest.raises(Conflict):
                await written(open_store(), TURNS, revision, name=name)
            assert await open_store().read("u", name, NOW_US) is None
        other = await store.read("v", "a", NOW_US)
        assert other is not None
        assert other.revision == kept


class TestSqliteConversations(ConversationsContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Open:
        self.path = tmp_path / "users.db"
        return lambda: SqliteConversations(connection.Connection(self.path))

    async def test_what_has_expired_is_deleted_by_the_next_write(self, open_store: Open) -> None:
        await written(open_store(), TURNS)
        await open_store().write(
            "v", "b", TURNS, now_us=LATER_US, expires_us=LATER_US + 1, revision=None
        )
        with sqlite3.connect(self.path) as db:
            assert db.execute("SELECT uid FROM conversations").fetchall() == [("v",)]


class TestFirestoreConversations(ConversationsContract):
    @pytest.fixture
    def open_store(self, firestore_project: str) -> Open:
        return lambda: FirestoreConversations(
            Connection(firestore_project, "(default)", 5.0), PLAIN
        )

    async def test_the_document_has_the_time_at_which_the_database_deletes_it(
        self, open_store: Open, documents: FirestoreDocuments
    ) -> None:
        await written(open_store(), TURNS)
        path = "users/u/earshot/conversations/earshot_conversations/a"
        assert documents.read(path)["expires_at"] == {"timestampValue": "2026-02-06T00:00:01Z"}
        documents.write(path, {"turns": {"stringValue": "no turns"}})
        stored = await open_store().read("u", "a", NOW_US)
        assert stored is not None
        assert stored.turns == ()
        assert await open_store().page("u", 9) == [ListedConversation("a", (), None)]
