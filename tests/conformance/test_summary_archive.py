"""What an archive of all users' summaries must do."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.firestore.summary_archive import FirestoreArchive
from adapters.firestore.users import FirestoreStore
from adapters.sqlite.summary_archive import SqliteArchive
from adapters.sqlite.users import SqliteStore
from emulators.firestore import FirestoreEmulator
from emulators.process import free_port
from feed.model.engagement import Engagement, Summary
from feed.ports.errors import Unavailable
from feed.ports.users import SummaryArchive, SummaryStore

USERS = 700
ALPHABET = "0389ADYZagkmtuz_é"


def summary(number: int) -> Summary:
    one = Engagement(id="e", episode_id=f"episode-{number}", type="like", timestamp_us=number)
    return Summary(engagements=(one,))


def uid(number: int) -> str:
    """Ids that begin with all that ids begin with."""
    return f"{ALPHABET[number % len(ALPHABET)]}{number}"


class SummaryArchiveContract:
    """The suite. `store` writes what `archive` reads."""

    def test_every_summary_comes_once(
        self, store: Callable[[], SummaryStore], archive: SummaryArchive
    ) -> None:
        async def write() -> None:
            opened = store()
            for start in range(0, USERS, 50):
                await asyncio.gather(
                    *(
                        opened.write_summary(uid(number), summary(number), None)
                        for number in range(start, min(start + 50, USERS))
                    )
                )

        asyncio.run(write())
        found = sorted(one.engagements[0].timestamp_us for one in archive.summaries())
        assert found == list(range(USERS))

    def test_nobody_has_none(self, archive: SummaryArchive) -> None:
        assert list(archive.summaries()) == []

    def test_who_stops_early_leaves_nothing_running(
        self, store: Callable[[], SummaryStore], archive: SummaryArchive
    ) -> None:
        asyncio.run(store().write_summary("u", summary(1), None))
        reading = iter(archive.summaries())
        assert next(reading) == summary(1)
        del reading


class TestSqliteArchive(SummaryArchiveContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Callable[[], SummaryStore]:
        return lambda: SqliteStore(tmp_path / "users.db")

    @pytest.fixture
    def archive(self, tmp_path: Path) -> SummaryArchive:
        return SqliteArchive(tmp_path / "users.db")

    def test_a_file_that_is_none_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "users.db").write_bytes(b"nothing of the kind" * 100)
        with pytest.raises(Unavailable, match=r"users\.db"):
            list(SqliteArchive(tmp_path / "users.db").summaries())


class TestFirestoreArchive(SummaryArchiveContract):
    @pytest.fixture
    def store(self, firestore_project: str) -> Callable[[], SummaryStore]:
        return lambda: FirestoreStore(firestore_project)

    @pytest.fixture
    def archive(self, firestore_project: str) -> SummaryArchive:
        return FirestoreArchive(firestore_project)

    def test_what_is_no_summary_is_left_out(
        self,
        firestore_emulator: FirestoreEmulator,
        firestore_project: str,
        store: Callable[[], SummaryStore],
        archive: SummaryArchive,
    ) -> None:
        asyncio.run(store().write_summary("u", summary(3), None))
        spoiled = {"engagements": {"stringValue": "?"}}
        firestore_emulator.write(firestore_project, "users/v/summaries/engagement", spoiled)
        assert list(archive.summaries()) == [summary(3)]

    def test_out_of_reach_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
        with pytest.raises(Unavailable):
            list(FirestoreArchive("demo-nowhere", timeout_s=1, patience_s=0.5).summaries())
