"""The store of users in an app's Firestore: its own collections, read through a schema."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud import firestore

from adapters.firestore.preferences import refresh_preferences
from adapters.firestore.sample import sample_documents
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Engagement, Profile, newest, newest_first
from feed.ports.errors import Unstorable
from feed.ports.users import StoreCounts
from feed.summary.writer import refresh_summary
from tests.conformance.test_summary_store import OpenStore, SummaryStoreContract, engagement
from tests.support.app import APP, document_of, listen
from tests.support.counting_proxy import CountingProxy
from tests.support.emulators import FirestoreDocuments

NOW_US = time.time_ns() // 1_000_000 * 1000


class TestStoreOfAnApp(SummaryStoreContract):
    """The suite in the app's database: what the API writes goes to Earshot's own collections."""

    remembers_deletions = True

    @pytest.fixture
    def open_store(self, firestore_project: str) -> OpenStore:
        return lambda: FirestoreStore(firestore_project, APP)

    @pytest.fixture(autouse=True)
    def _documents(self, documents: FirestoreDocuments) -> None:
        self.documents = documents

    def spoil_summary(self, data: bytes) -> None:
        fields = {"engagements": {"stringValue": repr(data)}}
        self.documents.write("users/u/earshot/summary", fields)


@pytest.fixture
def store(firestore_project: str) -> FirestoreStore:
    return FirestoreStore(firestore_project, APP)


def history(count: int) -> Iterator[Engagement]:
    """Engagements of every source, many at equal times, some of them hours and days apart."""
    draw = random.Random(7)
    for number in range(count):
        source = draw.choice(["", "listens/", "likes/", "ratings/"])
        kind = {"listens/": "bookmark", "likes/": "like"}.get(source, "not_interested")
        ago_us = draw.choice([0, 1, 2, 3]) * draw.choice([1_000, 1_000_000, 3_600_000_000])
        yield engagement(
            f"{source}{'xy' if number % 3 else ''}{number:02}",
            NOW_US - ago_us,
            type=kind,
            progress=0.75 if source == "listens/" else None,
        )


async def keep(
    store: FirestoreStore, client: firestore.Client, uid: str, some: list[Engagement]
) -> None:
    batch = client.batch()
    for one in some:
        if "/" in one.id:
            path, fields = document_of(client, uid, one)
            batch.set(client.document(path), fields)
        else:
            await store.put_engagement(uid, one)
    batch.commit()


async def test_engagements_of_all_sources_are_one_list_newest_first(
    store: FirestoreStore, client: firestore.Client
) -> None:
    some = list(history(24))
    await keep(store, client, "u", some)
    await keep(store, client, "v", [engagement("listens/v", NOW_US, type="listen")])
    for limit in (1, 5, 100):
        listed: list[Engagement] = []
        after = None
        while page := await store.newest_engagements("u", limit, after):
            assert len(page) <= limit
            listed += page
            after = (page[-1].timestamp_us, page[-1].id)
        assert listed == sorted(some, key=newest_first)
    found = await store.read_engagements("u", [one.id for one in some] + ["listens/v", "x/y"])
    assert found == {one.id: one for one in some} | {"listens/v": None, "x/y": None}
    await refresh_summary(store, "u", rebuild=True)
    stored = await store.read_summary("u")
    assert stored
    assert stored.summary
    assert stored.summary.engagements == newest(some)
    assert await store.users(10) == ["u", "v"]
    assert await store.users(10, "u") == ["v"]
    assert await store.count() == StoreCounts(profiles=0, summaries=1, engagements=25)


async def test_what_an_app_keeps_outlives_a_deletion_and_does_not_count_any_more(
    store: FirestoreStore, client: firestore.Client
) -> None:
    some = list(history(20))
    some.append(engagement("likes/again", NOW_US, type="like"))
    some.append(engagement("listens/ahead", NOW_US + 10**9, type="listen", progress=0.75))
    await keep(store, client, "u", some)
    places = dict(document_of(client, "u", one) for one in some if "/" in one.id)
    await refresh_summary(store, "u", rebuild=True)
    removed = await store.delete_engagements("u")
    gone = {one.id for one in some if one.id.startswith("ratings/") or "/" not in one.id}
    assert set(removed.ids) == gone
    assert await store.newest_engagements("u", 100) == []
    assert not any((await store.read_engagements("u", [one.id for one in some])).values())
    for path, fields in places.items():
        left = client.document(path).get().to_dict()
        assert left == (None if path.startswith("ratings/") else fields)
    await refresh_summary(store, "u", rebuild=True)
    assert await store.read_summary("u") is None

    later_us = removed.until_us // 1000 * 1000 + 10**6
    late, replayed = listen("u", later_us), listen("u", NOW_US)
    client.document("listens/late").set(late)
    client.document("listens/replayed").set(replayed)
    again = document_of(client, "u", engagement("likes/again", later_us, type="like"))
    client.document(again[0]).set(again[1])
    found_ids = {one.id for one in await store.newest_engagements("u", 100)}
    assert found_ids == {"listens/late", "likes/again"}
    found = await store.read_engagements("u", ["listens/late", "listens/replayed"])
    assert [name for name, one in found.items() if one] == ["listens/late"]


async def test_one_engagement_is_deleted_only_where_the_schema_gives_it_to_earshot(
    store: FirestoreStore, client: firestore.Client
) -> None:
    owned = engagement("ratings/a", NOW_US, type="like")
    await keep(store, client, "u", [owned, engagement("likes/a", NOW_US, type="like")])
    await keep(store, client, "u", [engagement("listens/a", NOW_US, type="listen")])
    assert not await store.delete_engagement("v", "ratings/a")
    assert not await store.delete_engagement("v", "listens/a")
    assert await store.delete_engagement("u", "ratings/a")
    for name in ("likes/a", "listens/a"):
        with pytest.raises(Unstorable, match="the app keeps"):
            await store.delete_engagement("u", name)
    assert len(await store.newest_engagements("u", 9)) == 2


async def test_what_is_not_understood_is_counted_by_reason_with_an_example(
    store: FirestoreStore, client: firestore.Client
) -> None:
    good = listen("u", NOW_US)
    odd: dict[str, dict[str, Any]] = {
        "a": good | {"action": "skip"},
        "b": good | {"action": "skip"},
        "c": good | {"media": {}},
        "d": good,
    }
    for name, fields in odd.items():
        client.document(f"listens/{name}").set(fields)
    assert [one.id for one in await store.newest_engagements("u", 9)] == ["listens/d"]
    unknown = "listens", "action has a value that the schema does not name"
    assert store.refusals.counts == {unknown: 2, ("listens", "media.ref is missing"): 1}
    assert store.refusals.examples[unknown] in {"listens/a", "listens/b"}
    client.document("listens/e").set(good | {"userId": None})
    client.document("members/u/likes/f").set({"episode": "x"})
    number, refusals = await sample_documents(client.project, APP, 50)
    assert number == 6
    assert refusals.counts == store.refusals.counts + Counter(
        {("listens", "userId is missing"): 1, ("likes", "created is missing"): 1}
    )
    assert refusals.examples["likes", "created is missing"] == "members/u/likes/f"


async def test_preferences_of_the_app_count_before_those_of_the_api(
    store: FirestoreStore, client: firestore.Client
) -> None:
    await store.update_profile("u", {"category_interests": ("api",), "languages": ("en",)})
    assert (await store.read_profile("u")).category_interests == ("api",)
    kept = {"prefs": {"topics": ["app"]}, "lastSeen": 1}
    client.document("members/u").set(kept)
    expected = Profile(category_interests=("app",), languages=("en",))
    assert await store.read_profile("u") == expected
    assert await store.delete_profile("u")
    assert await store.read_profile("u") == Profile(category_interests=("app",))
    assert client.document("members/u").get().to_dict() == kept


async def test_preferences_that_changed_without_an_engagement_are_in_the_summary_by_the_next_day(
    store: FirestoreStore, client: firestore.Client
) -> None:
    for uid in ("u", "v"):
        await keep(store, client, uid, [engagement(f"listens/{uid}", NOW_US, type="listen")])
        client.document(f"members/{uid}").set({"prefs": {"topics": ["art"]}})
        await refresh_summary(store, uid, profile=True, rebuild=True)
    client.document("members/u").set({"prefs": {"topics": ["war"]}})
    assert await refresh_preferences(client.project, APP) == 1
    assert await refresh_preferences(client.project, APP) == 0
    for uid, topic in (("u", "war"), ("v", "art")):
        stored = await store.read_summary(uid)
        assert stored
        assert stored.summary
        assert stored.summary.profile.category_interests == (topic,)
        assert len(stored.summary.engagements) == 1


async def test_an_engagement_costs_five_reads_and_nine_with_preferences(
    client: firestore.Client, counted: CountingProxy
) -> None:
    store = FirestoreStore(client.project, APP)
    for uid, preferences, reads in (("u", False, 5), ("v", True, 9)):
        client.document("listens/a").set(listen(uid, NOW_US))
        before = counted.documents_read
        await refresh_summary(store, uid, ["listens/a"], profile=preferences)
        assert counted.documents_read - before == reads
