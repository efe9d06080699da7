import asyncio
import base64
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.firestore import PAGE, FirestoreStore
from feed.clock import to_us
from feed.engagement import KEPT, Engagement, Profile, Summary, newest, newest_first
from feed.ports import Conflict, SummaryStore, Unavailable
from feed.writer import update_summary
from functions.routes import api
from functions.settings import read_settings
from functions.wiring import wire
from tests.conformance.test_summary_store import (
    Open,
    SummaryStoreContract,
    engagement,
    summary_of,
)
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.firestore import CountingProxy, FirestoreEmulator, free_port

ROOT = Path(__file__).parents[2]
TIMESTAMP = {"timestampValue": "2026-01-01T00:00:00Z"}
GOOD: dict[str, Any] = {
    "episode_id": {"stringValue": "x"},
    "type": {"stringValue": "like"},
    "timestamp": TIMESTAMP,
}
MALFORMED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no-timestamp": {k: v for k, v in GOOD.items() if k != "timestamp"},
    "timestamp-is-text": GOOD | {"timestamp": {"stringValue": "2099-01-01T00:00:00Z"}},
    "timestamp-is-a-number": GOOD | {"timestamp": {"integerValue": "1767225600000"}},
    "timestamp-is-a-map": GOOD | {"timestamp": {"mapValue": {"fields": {}}}},
    "unknown-type": GOOD | {"type": {"stringValue": "adore"}},
    "type-is-null": GOOD | {"type": {"nullValue": None}},
    "no-episode": {k: v for k, v in GOOD.items() if k != "episode_id"},
    "empty-episode": GOOD | {"episode_id": {"stringValue": ""}},
    "huge-episode": GOOD | {"episode_id": {"stringValue": "x" * 513}},
    "episode-is-a-number": GOOD | {"episode_id": {"integerValue": "7"}},
    "too-much-progress": GOOD | {"progress": {"doubleValue": 1.5}},
    "progress-is-nan": GOOD | {"progress": {"doubleValue": "NaN"}},
    "progress-is-true": GOOD | {"progress": {"booleanValue": True}},
    "title-is-a-list": GOOD | {"episode_title": {"arrayValue": {}}},
}


@pytest.fixture
def proxy(firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    proxy = CountingProxy(firestore_emulator.host)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", proxy.host)
    yield proxy
    proxy.stop()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Firestore that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{server.getsockname()[1]}")
        yield


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Firestore that is not there."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")


Call = Callable[[SummaryStore], Any]
CALLS: dict[str, Call] = {
    "read_summary": lambda s: s.read_summary("u"),
    "create_summary": lambda s: s.write_summary("u", summary_of("a"), None),
    "write_summary": lambda s: s.write_summary("u", summary_of("a"), "2026-01-01T00:00:00Z"),
    "delete_summary": lambda s: s.delete_summary("u", "2026-01-01T00:00:00Z"),
    "read_engagements": lambda s: s.read_engagements("u", ["a"]),
    "newest_engagements": lambda s: s.newest_engagements("u", 10, (5, "a")),
    "put_engagement": lambda s: s.put_engagement("u", engagement("a")),
    "delete_engagement": lambda s: s.delete_engagement("u", "a"),
    "delete_engagements": lambda s: s.delete_engagements("u"),
    "read_profile": lambda s: s.read_profile("u"),
    "update_profile": lambda s: s.update_profile("u", {"display_name": "Ada"}),
    "delete_profile": lambda s: s.delete_profile("u"),
}


class TestFirestoreStore(SummaryStoreContract):
    @pytest.fixture
    def opened(self, firestore_project: str) -> Open:
        return lambda: FirestoreStore(firestore_project)

    def test_what_is_stored_is_what_apps_and_rules_expect(
        self, firestore_project: str, firestore_emulator: FirestoreEmulator, opened: Open
    ) -> None:
        one = engagement(
            "a", at=1_767_225_600_123_456, progress=0.5, episode_title="T", series_name="S"
        )

        async def work() -> None:
            await opened().put_engagement("u", one)
            await opened().put_engagement("u", engagement("bare"))
            await opened().update_profile("u", {"languages": ("en",)})
            await opened().write_summary("u", summary_of("a"), None)

        self.run(work())

        def read(path: str) -> Any:
            return firestore_emulator.read(firestore_project, path)

        assert read("users/u/engagements/a") == {
            "episode_id": {"stringValue": "x"},
            "type": {"stringValue": "click"},
            "timestamp": {"timestampValue": "2026-01-01T00:00:00.123456Z"},
            "progress": {"doubleValue": 0.5},
            "episode_title": {"stringValue": "T"},
            "series_name": {"stringValue": "S"},
        }
        assert set(read("users/u/engagements/bare")) == {"episode_id", "type", "timestamp"}
        assert read("users/u") == {"languages": {"arrayValue": {"values": [{"stringValue": "en"}]}}}
        summary = read("users/u/summaries/engagement")
        assert set(summary["engagements"]) == {"bytesValue"}
        assert summary["counts"] == {"mapValue": {"fields": {"click": {"integerValue": "1"}}}}

    def test_timestamps_keep_every_microsecond(self, opened: Open) -> None:
        first = to_us(datetime.min.replace(tzinfo=UTC))
        last = to_us(datetime.max.replace(tzinfo=UTC))
        instants = [first, -1, 0, 1, 999_999, 1_767_225_600_000_001, last]
        some = [engagement(f"{i}", at=us) for i, us in enumerate(instants)]

        async def work() -> None:
            store = opened()
            for one in some:
                await store.put_engagement("u", one)
            assert await store.newest_engagements("u", 10) == sorted(some, key=newest_first)

        self.run(work())

    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
    def test_equal_times_are_listed_by_id_wherever_a_page_cuts_them(
        self, opened: Open, limit: int
    ) -> None:
        some = [engagement(f"é{i}" if i % 3 else f"{i:02}", at=i // 5) for i in range(12)]

        async def work() -> None:
            store = opened()
            await asyncio.gather(*(store.put_engagement("u", one) for one in some))
            listed: list[Engagement] = []
            after = None
            while page := await store.newest_engagements("u", limit, after):
                listed += page
                after = (page[-1].timestamp_us, page[-1].id)
            assert listed == sorted(some, key=newest_first)

        self.run(work())

    def test_a_list_is_of_one_instant_though_it_takes_several_queries(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        some = [engagement(f"{i}", at=i // 4) for i in range(8)]
        ask = FirestoreStore._of_instant

        async def ask_late(store: FirestoreStore, *arguments: Any) -> Any:
            await store.put_engagement("u", engagement("!", at=0))
            await store.put_engagement("u", engagement("0", at=9))
            return await ask(store, *arguments)

        async def work() -> None:
            store = opened()
            for one in some:
                await store.put_engagement("u", one)
            monkeypatch.setattr(FirestoreStore, "_of_instant", ask_late)
            found = await store.newest_engagements("u", 6)
            assert found == sorted(some, key=newest_first)[:6]

        self.run(work())

    @pytest.mark.parametrize("name", ["", "a/b", "..", "__a__", "x" * 1501, "\ud800"])
    def test_ids_that_no_document_can_have_are_of_nobody(self, opened: Open, name: str) -> None:
        async def work() -> None:
            store = opened()
            await store.put_engagement("u", engagement("a", at=5))
            assert await store.read_engagements("u", [name]) == {name: None}
            assert not await store.delete_engagement("u", name)
            with pytest.raises(ValueError, match="named"):
                await store.put_engagement("u", engagement(name))
            for at, expected in ((2**62, ["a"]), (6, ["a"]), (4, []), (-(2**62), [])):
                found = await store.newest_engagements("u", 5, (at, name))
                assert [one.id for one in found] == expected
            with pytest.raises(Unavailable, match="named"):
                await store.read_summary(name)

        self.run(work())

    def test_500_engagements_go_and_come_back(self, opened: Open) -> None:
        some = [
            engagement(f"{i:03}", at=1_767_225_600_000_000 + i * 7 % 100, progress=i / 500)
            for i in range(500)
        ]

        async def work() -> None:
            store = opened()
            await asyncio.gather(*(store.put_engagement("u", one) for one in some))
            in_order = sorted(some, key=newest_first)
            assert await store.newest_engagements("u", 500) == in_order
            assert await store.newest_engagements("u", PAGE + 1) == in_order
            found = await store.read_engagements("u", [one.id for one in some] + ["nowhere"])
            assert found == {one.id: one for one in some} | {"nowhere": None}
            await update_summary(store, "u", rebuild=True)
            stored = await store.read_summary("u")
            assert stored is not None
            assert stored.summary == Summary(engagements=newest(some))
            await store.put_engagement("u", engagement("late", at=0))
            assert sorted(await store.delete_engagements("u")) == sorted([*[*found][:-1], "late"])
            assert await store.newest_engagements("u", 500) == []

        self.run(work())

    def test_20_writers_of_one_summary_at_once_leave_it_exact(self, opened: Open) -> None:
        some = [engagement(f"{i:02}", at=i % 3) for i in range(20)]

        async def engage(one: Engagement) -> None:
            store = opened()
            await store.put_engagement("u", one)
            await update_summary(store, "u", [one.id])

        async def work() -> None:
            await asyncio.gather(*map(engage, some))
            stored = await opened().read_summary("u")
            assert stored is not None
            assert stored.summary == Summary(engagements=newest(some))

        self.run(work())

    def test_of_20_writes_over_one_revision_one_wins(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            for revision in (None, await store.write_summary("v", summary_of("first"), None)):
                uid = "u" if revision is None else "v"
                results = await asyncio.gather(
                    *(store.write_summary(uid, summary_of(f"{i}"), revision) for i in range(20)),
                    return_exceptions=True,
                )
                won = [i for i, result in enumerate(results) if isinstance(result, str)]
                lost = [result for result in results if isinstance(result, Conflict)]
                stored = await store.read_summary(uid)
                assert stored is not None
                assert (len(won), len(lost)) == (1, 19)
                assert stored.summary == summary_of(f"{won[0]}")
                assert stored.revision == results[won[0]]

        self.run(work())

    def test_malformed_engagements_fail_no_others_and_are_logged(
        self,
        firestore_project: str,
        firestore_emulator: FirestoreEmulator,
        opened: Open,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        for name, fields in (MALFORMED | {"good": GOOD}).items():
            firestore_emulator.write(firestore_project, f"users/u/engagements/{name}", fields)
        good = engagement("good", at=1_767_225_600_000_000, type="like")

        async def work() -> None:
            store = opened()
            with caplog.at_level(logging.WARNING, "adapters.firestore"):
                assert await store.newest_engagements("u", 1) == [good]
                assert await store.newest_engagements("u", 500) == [good]
                found = await store.read_engagements("u", [*MALFORMED, "good"])
            assert found == dict.fromkeys(MALFORMED) | {"good": good}
            await update_summary(store, "u", [*MALFORMED, "good"])
            stored = await store.read_summary("u")
            assert stored is not None
            assert stored.summary == Summary(engagements=(good,))
            assert sorted(await store.delete_engagements("u")) == sorted([*MALFORMED, "good"])

        self.run(work())
        for name in MALFORMED:
            assert f"users/u/engagements/{name} is malformed" in caplog.text
        assert "users/u/engagements/good is" not in caplog.text

    def test_null_and_foreign_fields_and_whole_numbers_of_an_app_are_taken(
        self, firestore_project: str, firestore_emulator: FirestoreEmulator, opened: Open
    ) -> None:
        fields = {
            "progress": {"integerValue": "1"},
            "episode_title": {"nullValue": None},
            "device": {"stringValue": "phone"},
        }
        firestore_emulator.write(firestore_project, "users/u/engagements/a", GOOD | fields)
        found = self.run(opened().read_engagements("u", ["a"]))
        assert found == {"a": engagement("a", at=1_767_225_600_000_000, type="like", progress=1.0)}

    def test_a_profile_keeps_what_the_app_has_there_and_ignores_what_is_malformed(
        self,
        firestore_project: str,
        firestore_emulator: FirestoreEmulator,
        opened: Open,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        fields = {
            "avatar": {"stringValue": "cat"},
            "display_name": {"stringValue": "Ada"},
            "languages": {"arrayValue": {"values": [{"integerValue": "7"}]}},
            "muted_series": {"nullValue": None},
        }
        firestore_emulator.write(firestore_project, "users/u", fields)
        profile = self.run(opened().update_profile("u", {"followed_series": ("s",)}))
        assert profile == Profile(display_name="Ada", followed_series=("s",))
        assert "users/u: languages is malformed" in caplog.text
        stored = firestore_emulator.read(firestore_project, "users/u")
        assert stored is not None
        assert stored["avatar"] == {"stringValue": "cat"}

    @pytest.mark.parametrize("packed", [b"", b"\x00", b"\x01\xff", b"\x01\x91\x95\xa1a"])
    def test_a_spoiled_summary_is_read_as_unreadable_and_rebuilt(
        self,
        firestore_project: str,
        firestore_emulator: FirestoreEmulator,
        opened: Open,
        packed: bytes,
    ) -> None:
        async def work() -> None:
            store = opened()
            await store.put_engagement("u", engagement("a"))
            spoiled = await store.read_summary("u")
            assert spoiled is not None
            assert spoiled.summary is None
            await update_summary(store, "u", ["a"])
            stored = await store.read_summary("u")
            assert stored is not None
            assert stored.summary == summary_of("a")
            with pytest.raises(Conflict):
                await store.delete_summary("u", spoiled.revision)

        fields = {"engagements": {"bytesValue": base64.b64encode(packed).decode()}}
        firestore_emulator.write(firestore_project, "users/u/summaries/engagement", fields)
        self.run(work())

    def test_one_store_serves_one_event_loop_after_another(self, opened: Open) -> None:
        store = opened()
        for number in range(3):
            self.run(store.put_engagement("u", engagement(f"{number}")))
        assert len(self.run(store.newest_engagements("u", 10))) == 3

    def test_a_closed_store_opens_again(self, opened: Open) -> None:
        async def work() -> None:
            store = opened()
            await store.close()
            await store.put_engagement("u", engagement("a"))
            await store.close()
            assert len(await store.newest_engagements("u", 10)) == 1

        self.run(work())

    def test_a_store_made_before_a_fork_works_on_both_sides(
        self, firestore_project: str, firestore_emulator: FirestoreEmulator
    ) -> None:
        code = f"""
import asyncio, os, threading
from adapters.firestore import FirestoreStore
store = FirestoreStore({firestore_project!r})
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
            env={"FIRESTORE_EMULATOR_HOST": firestore_emulator.host},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == "here\n", done.stderr


class TestReads:
    """What is billed, counted between the client and the real emulator."""

    def test_a_summary_is_one_document_in_one_call(
        self, firestore_project: str, proxy: CountingProxy
    ) -> None:
        async def work() -> None:
            store = FirestoreStore(firestore_project)
            whole = summary_of(*(f"{i}" for i in range(KEPT)))
            await store.write_summary("u", whole, None)
            assert (proxy.calls, proxy.documents_read) == ({"Commit": 1}, 0)
            await store.read_summary("u")
            assert (proxy.calls, proxy.documents_read) == ({"Commit": 1, "BatchGetDocuments": 1}, 1)

        asyncio.run(work())

    def test_a_session_reads_one_document(
        self, firestore_project: str, proxy: CountingProxy, tmp_path: Path
    ) -> None:
        publish_to(tmp_path / "shelf", catalog_of(episodes(200)))
        settings = read_settings(
            {
                "SHELF": str(tmp_path / "shelf"),
                "STORE": "firestore",
                "FIREBASE_PROJECT": firestore_project,
                "AUTH": "demo",
                "NOW": NOW.isoformat(),
            }
        )

        async def work() -> None:
            service = wire(settings)
            store = service.store
            service.holder.load()
            one = engagement("a", episode_id="episode-7", at=1_767_225_600_000_000, type="like")
            await store.put_engagement("u", one)
            await update_summary(store, "u", ["a"])
            before, calls = proxy.documents_read, proxy.calls.copy()
            transport = httpx.ASGITransport(api(service))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                response = await client.post(
                    "/api/sessions/create", json={}, headers={"X-Demo-User": "u"}
                )
            assert response.status_code == 200, response.text
            session = response.json()
            assert not [name for name in session["degraded"] if name.startswith("summary")]
            assert session["episodes"]
            assert session["user_vector_episodes"] == 1
            assert proxy.documents_read - before == 1
            assert proxy.calls - calls == {"BatchGetDocuments": 1}

        asyncio.run(work())

    def test_connecting_reads_nothing(self, firestore_project: str, proxy: CountingProxy) -> None:
        async def work() -> None:
            store = FirestoreStore(firestore_project)
            await store.connect()
            channel = (await store._open())._firestore_api.transport.grpc_channel
            async with asyncio.timeout(5):
                await channel.channel_ready()
            assert not proxy.calls

        asyncio.run(work())

    def test_the_newest_cost_one_query_and_one_document_more(
        self, firestore_project: str, proxy: CountingProxy
    ) -> None:
        async def work() -> None:
            store = FirestoreStore(firestore_project)
            for i in range(12):
                await store.put_engagement("u", engagement(f"{i}", at=i))
            await store.newest_engagements("u", 10)
            assert (proxy.calls["RunQuery"], proxy.documents_read) == (1, 11)

        asyncio.run(work())


class TestOutOfReach:
    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    @pytest.mark.usefixtures("hanging")
    def test_a_hanging_firestore_is_unavailable_within_the_timeout(self, call: Call) -> None:
        async def work() -> None:
            store = FirestoreStore("demo-nowhere", timeout_s=0.3)
            started = time.monotonic()
            with pytest.raises(Unavailable, match="Firestore cannot"):
                await call(store)
            assert 0.2 < time.monotonic() - started < 4

        asyncio.run(work())

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    @pytest.mark.usefixtures("refusing")
    def test_a_refused_connection_is_unavailable_at_once(self, call: Call) -> None:
        async def work() -> None:
            started = time.monotonic()
            with pytest.raises(Unavailable, match="Firestore cannot"):
                await call(FirestoreStore("demo-nowhere"))
            assert time.monotonic() - started < 4

        asyncio.run(work())

    @pytest.mark.usefixtures("hanging")
    def test_a_session_that_waits_no_longer_leaves_a_store_that_works(
        self, firestore_emulator: FirestoreEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work() -> None:
            store = FirestoreStore("demo-nowhere")
            started = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.25):
                    await store.read_summary("u")
            assert time.monotonic() - started < 1
            monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
            await store.close()
            assert await store.read_summary("u") is None

        asyncio.run(work())

    def test_without_credentials_it_is_unavailable_and_tried_again(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))

        async def work() -> None:
            store = FirestoreStore("demo-nowhere", timeout_s=1)
            for _ in range(2):
                with pytest.raises(Unavailable, match=r"none\.json"):
                    await store.read_summary("u")

        asyncio.run(work())
