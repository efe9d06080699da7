"""The store of users in Firestore: its contract, its documents, and its connection."""

import asyncio
import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.firestore import newest, pages, users
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import newest_first
from feed.model.timestamps import to_us
from feed.ports.errors import Unstorable
from tests.conformance.test_summary_store import (
    OpenStore,
    SummaryStoreContract,
    engagement,
    summary_of,
)
from tests.support.emulators import FirestoreDocuments

ROOT = Path(__file__).parents[2]


class TestFirestoreStore(SummaryStoreContract):
    @pytest.fixture
    def open_store(self, firestore_project: str) -> OpenStore:
        return lambda: FirestoreStore(firestore_project)

    @pytest.fixture(autouse=True)
    def _documents(self, documents: FirestoreDocuments) -> None:
        self.documents = documents

    def spoil_summary(self, data: bytes) -> None:
        fields = {"engagements": {"bytesValue": base64.b64encode(data).decode()}}
        self.documents.write("users/u/earshot/summary", fields)

    async def test_what_is_stored_is_what_apps_and_rules_expect(
        self, documents: FirestoreDocuments, open_store: OpenStore
    ) -> None:
        one = engagement(
            "a", at=1_767_225_600_123_456, progress=0.5, episode_title="T", series_name="S"
        )
        await open_store().put_engagement("u", one)
        await open_store().put_engagement("u", engagement("bare"))
        await open_store().update_profile("u", {"languages": ("en",)})
        await open_store().write_summary("u", summary_of("a"), None)

        assert documents.read("users/u/engagements/a") == {
            "episode_id": {"stringValue": "x"},
            "type": {"stringValue": "click"},
            "timestamp": {"timestampValue": "2026-01-01T00:00:00.123456Z"},
            "progress": {"doubleValue": 0.5},
            "episode_title": {"stringValue": "T"},
            "series_name": {"stringValue": "S"},
        }
        bare = documents.read("users/u/engagements/bare")
        assert bare.keys() == {"episode_id", "type", "timestamp"}
        languages = {"arrayValue": {"values": [{"stringValue": "en"}]}}
        assert documents.read("users/u/earshot/profile") == {"languages": languages}
        assert documents.read("users/u") is None
        summary = documents.read("users/u/earshot/summary")
        assert set(summary["engagements"]) == {"bytesValue"}
        assert summary["counts"] == {"mapValue": {"fields": {"click": {"integerValue": "1"}}}}

    async def test_timestamps_keep_every_microsecond(self, open_store: OpenStore) -> None:
        first = to_us(datetime.min.replace(tzinfo=UTC))
        last = to_us(datetime.max.replace(tzinfo=UTC))
        instants = [first, -1, 0, 1, 999_999, 1_767_225_600_000_001, last]
        some = [engagement(f"{i}", at=us) for i, us in enumerate(instants)]
        store = open_store()
        for one in some:
            await store.put_engagement("u", one)
        assert await store.newest_engagements("u", 10) == sorted(some, key=newest_first)

    async def test_a_list_is_of_one_instant_though_it_takes_several_queries(
        self, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        some = [engagement(f"{i}", at=i // 4) for i in range(8)]
        ask = pages._of_instant

        async def ask_late(*arguments: Any) -> Any:
            await open_store().put_engagement("u", engagement("!", at=0))
            await open_store().put_engagement("u", engagement("0", at=9))
            return await ask(*arguments)

        store = open_store()
        for one in some:
            await store.put_engagement("u", one)
        monkeypatch.setattr(pages, "_of_instant", ask_late)
        found = await store.newest_engagements("u", 6)
        assert found == sorted(some, key=newest_first)[:6]

    @pytest.mark.parametrize("name", ["", "a/b", "..", "__a__", "x" * 1501, "\ud800"])
    async def test_invalid_document_ids_have_no_documents(
        self, open_store: OpenStore, name: str
    ) -> None:
        store = open_store()
        await store.put_engagement("u", engagement("a", at=5))
        assert await store.read_engagements("u", [name]) == {name: None}
        assert not await store.delete_engagement("u", name)
        with pytest.raises(Unstorable, match="no document of Firestore can"):
            await store.put_engagement("u", engagement(name))
        for at, expected in ((2**62, ["a"]), (6, ["a"]), (4, []), (-(2**62), [])):
            found = await store.newest_engagements("u", 5, (at, name))
            assert [one.id for one in found] == expected
        for work in (store.read_summary(name), store.put_engagement(name, engagement("a"))):
            with pytest.raises(Unstorable, match="no document of Firestore can"):
                await work

    async def test_only_what_lies_under_users_is_a_user(
        self, documents: FirestoreDocuments, open_store: OpenStore
    ) -> None:
        longest = "x" * 1500
        paths = ("episodes/e", "episodes/e/engagements/x", "user/a", "users2/a", "zzz/a")
        for path in (*paths, "users/has-devices/devices/d", f"users/{longest}/summaries/old"):
            documents.write(path, {})
        store = open_store()
        await store.put_engagement("u", engagement("a"))
        assert await store.users(10) == ["has-devices", "u", longest]

    async def test_answers_of_several_calls_are_whole(
        self, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(users, "BATCH", 5)
        monkeypatch.setattr(newest, "PAGE", 4)
        await self.test_engagements_are_read_by_id_and_deleted_together(open_store)

    def test_one_store_serves_one_event_loop_after_another(self, open_store: OpenStore) -> None:
        store = open_store()
        for number in range(3):
            asyncio.run(store.put_engagement("u", engagement(f"{number}")))
        assert len(asyncio.run(store.newest_engagements("u", 10))) == 3

    async def test_a_closed_store_opens_again(self, open_store: OpenStore) -> None:
        store = open_store()
        await store.close()
        await store.put_engagement("u", engagement("a"))
        await store.close()
        assert len(await store.newest_engagements("u", 10)) == 1

    def test_a_store_made_before_a_fork_works_on_both_sides(
        self, documents: FirestoreDocuments
    ) -> None:
        code = f"""
import asyncio, os, threading
from adapters.firestore.users import FirestoreStore
store = FirestoreStore({documents.project!r})
assert threading.active_count() == 1
child = os.fork()
asyncio.run(store.update_profile("child" if child == 0 else "parent", {{"display_name": "here"}}))
os._exit(0) if child == 0 else None
assert os.waitpid(child, 0)[1] == 0
print(asyncio.run(store.read_profile("child")).display_name)
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"FIRESTORE_EMULATOR_HOST": documents.emulator.host},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == "here\n", done.stderr
