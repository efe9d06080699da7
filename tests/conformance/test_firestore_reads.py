"""The documents that are read, and billed, for each call of the store."""

import asyncio
from pathlib import Path

import httpx
from google.cloud import firestore

from adapters.firestore.users import FirestoreStore
from feed.model.degradation import Degradation
from feed.model.engagement import MAX_ENGAGEMENTS, Profile, Summary
from feed.model.impressions import Impression
from feed.summary.writer import refresh_summary
from functions.api.application import api
from functions.settings import read_settings
from functions.telemetry import Timings
from functions.wiring.service import wire
from tests.conformance.test_summary_store import engagement, summary_of
from tests.support.app import SCHEMA
from tests.support.catalogs import NOW, catalog_of, episodes, publish_to
from tests.support.counting_proxy import CountingProxy


async def test_a_summary_is_one_document_in_one_call(
    firestore_project: str, counted: CountingProxy
) -> None:
    store = FirestoreStore(firestore_project)
    whole = summary_of(*(f"{i}" for i in range(MAX_ENGAGEMENTS)))
    await store.write_summary("u", whole, None)
    assert (counted.calls, counted.documents_read) == ({"Commit": 1}, 0)
    await store.read_summary("u")
    assert (counted.calls, counted.documents_read) == ({"Commit": 1, "BatchGetDocuments": 1}, 1)


async def test_a_session_reads_one_document_and_writes_one_if_it_brings_what_was_seen(
    firestore_project: str, counted: CountingProxy, tmp_path: Path
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
    service = wire(settings)
    store = service.store
    service.holder.load()
    one = engagement("a", episode_id="episode-7", at=1_767_225_600_000_000, type="like")
    await store.put_engagement("u", one)
    await refresh_summary(store, "u", ["a"])
    before, calls = counted.documents_read, counted.calls.copy()
    seen = {"episode_id": "episode-9", "session_id": "s", "at": "2026-01-01T00:00:00Z"}
    heard = {"id": "b", "episode_id": "episode-9", "type": "click"}
    transport = httpx.ASGITransport(api(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        client.headers["X-Demo-User"] = "u"
        response = await client.post("/api/sessions/create", json={})
        assert response.status_code == 200, response.text
        session = response.json()
        assert not [name for name in session["degraded"] if name.startswith("summary")]
        assert session["episodes"]
        assert session["user_vector_episodes"] == 1
        assert counted.documents_read - before == 1
        assert counted.calls - calls == {"BatchGetDocuments": 1}
        await client.post("/api/sessions/create", json={"seen": [seen]})
        assert counted.documents_read - before == 2
        assert counted.calls - calls == {"BatchGetDocuments": 2, "Commit": 1}
        seen["episode_id"] = "episode-8"
        recorded = await client.post("/api/me/engagements", json=heard | {"seen": [seen]})
        assert recorded.status_code == 201, recorded.text
    commits = counted.calls["Commit"]
    assert commits - calls["Commit"] == 3  # with the engagement, the summary is written once
    await refresh_summary(store, "u", ["b"])
    assert counted.calls["Commit"] == commits  # its event finds nothing to write


async def test_who_has_only_preferences_of_the_app_gets_a_session_by_them_for_three_documents(
    firestore_project: str, counted: CountingProxy, tmp_path: Path
) -> None:
    (tmp_path / "schema.toml").write_text(SCHEMA)
    service = wire(
        read_settings(
            {
                "SHELF": str(tmp_path / "shelf"),
                "STORE": "firestore",
                "FIREBASE_PROJECT": firestore_project,
                "SCHEMA": str(tmp_path / "schema.toml"),
                "AUTH": "demo",
            }
        )
    )
    members = firestore.Client(project=firestore_project).collection("members")
    members.document("ada").set({"prefs": {"topics": ["News"]}})
    before = counted.documents_read
    summary, degraded = await service.summaries.read("ada", Timings())
    assert summary == Summary(profile=Profile(category_interests=("News",)))
    assert counted.documents_read - before == 3
    assert degraded == ()
    assert not await service.summaries.record_seen("ada", [Impression("x", "", 5)])
    members.document("ada").set({"prefs": {"topics": ["Art"]}})
    summary, degraded = await service.summaries.read("ada", Timings())
    assert summary
    assert (summary.profile, bool(summary.seen)) == (Profile(category_interests=("Art",)), True)
    assert await service.summaries.read("bob", Timings()) == (None, (Degradation.SUMMARY_MISSING,))


async def test_connecting_reads_nothing(firestore_project: str, counted: CountingProxy) -> None:
    store = FirestoreStore(firestore_project)
    await store.connect()
    channel = (await store.connection.open())._firestore_api.transport.grpc_channel
    async with asyncio.timeout(5):
        await channel.channel_ready()
    assert not counted.calls


async def test_the_newest_cost_one_query_and_one_document_more(
    firestore_project: str, counted: CountingProxy
) -> None:
    store = FirestoreStore(firestore_project)
    for i in range(12):
        await store.put_engagement("u", engagement(f"{i}", at=i))
    await store.newest_engagements("u", 10)
    assert (counted.calls["RunQuery"], counted.documents_read) == (1, 11)


async def test_to_list_users_costs_a_document_each_and_to_count_them_none(
    firestore_project: str, counted: CountingProxy
) -> None:
    store = FirestoreStore(firestore_project)
    for uid in "abc":
        await store.update_profile(uid, {"languages": ("en",)})
        for i in range(5):
            await store.put_engagement(uid, engagement(f"{i}"))
    before = counted.documents_read
    assert await store.users(2) == ["a", "b"]
    assert counted.documents_read - before == 2
    assert (await store.count()).engagements == 15
    assert counted.documents_read - before == 2
