"""Documents that apps wrote into Firestore, valid or not."""

import logging
from datetime import UTC, datetime
from typing import Any
from unittest.mock import ANY

import pytest
from google.cloud import firestore

from adapters.firestore.reads import DocumentReference, get_documents, query_documents
from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Profile, Summary
from feed.model.timestamps import to_us
from feed.ports.errors import Unstorable
from feed.ports.users import StoredSummary
from feed.summary.writer import refresh_summary
from tests.conformance.test_summary_store import OpenStore, engagement
from tests.support.emulators import FirestoreDocuments
from tests.support.rules import encoded

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


async def test_documents_are_decoded_as_they_were_written(firestore_project: str) -> None:
    client = firestore.AsyncClient(project=firestore_project)
    values: dict[str, Any] = {
        "scalars": [None, True, -(2**63), 0.1, "ä", b"\x00", datetime(9999, 1, 2, tzinfo=UTC)],
        "early": datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        "map.with a dot": {"empty": {}, "deep": [{"place": firestore.GeoPoint(1, 2)}]},
    }
    written = await client.document("a/b").set(values | {"show": client.document("shows/s")})
    (one,) = await get_documents(client, ["a/b", "a/missing"], {"timeout": 5})
    assert one.fields == values | {"show": DocumentReference("shows/s")}
    assert (one.id, one.updated_us) == ("b", to_us(written.update_time))
    (found,) = await query_documents(client.collection("a").limit(2), {"timeout": 5})
    assert found == one._replace(read_at=found.read_at)
    assert found.read_at >= written.update_time


@pytest.fixture
def open_store(firestore_project: str) -> OpenStore:
    return lambda: FirestoreStore(firestore_project)


async def test_malformed_engagements_fail_no_others_and_are_logged(
    documents: FirestoreDocuments, open_store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    for name, fields in (MALFORMED | {"good": GOOD}).items():
        documents.write(f"users/u/engagements/{name}", fields)
    good = engagement("good", at=1_767_225_600_000_000, type="like")
    store = open_store()
    with caplog.at_level(logging.WARNING, "adapters.firestore.refusals"):
        assert await store.newest_engagements("u", 1) == [good]
        assert await store.newest_engagements("u", 500) == [good]
        found = await store.read_engagements("u", [*MALFORMED, "good"])
    assert found == dict.fromkeys(MALFORMED) | {"good": good}
    await refresh_summary(store, "u", [*MALFORMED, "good"])
    assert await store.read_summary("u") == StoredSummary(Summary(engagements=(good,)), ANY)
    assert sorted((await store.delete_engagements("u")).ids) == sorted([*MALFORMED, "good"])
    for name in MALFORMED:
        assert f"users/u/engagements/{name} is malformed" in caplog.text
    assert "users/u/engagements/good is" not in caplog.text


async def test_null_and_foreign_fields_and_whole_numbers_of_an_app_are_taken(
    documents: FirestoreDocuments, open_store: OpenStore
) -> None:
    fields = {
        "progress": {"integerValue": "1"},
        "episode_title": {"nullValue": None},
        "device": {"stringValue": "phone"},
    }
    documents.write("users/u/engagements/a", GOOD | fields)
    found = await open_store().read_engagements("u", ["a"])
    assert found == {"a": engagement("a", at=1_767_225_600_000_000, type="like", progress=1.0)}


async def test_a_profile_keeps_what_the_app_has_there_and_ignores_what_is_malformed(
    documents: FirestoreDocuments, open_store: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {
        "avatar": {"stringValue": "cat"},
        "display_name": {"stringValue": "Ada"},
        "languages": {"arrayValue": {"values": [{"integerValue": "7"}]}},
        "muted_series": {"nullValue": None},
    }
    documents.write("users/u/earshot/profile", fields)
    profile = await open_store().update_profile("u", {"followed_series": ("s",)})
    assert profile == Profile(display_name="Ada", followed_series=("s",))
    assert "users/u/earshot/profile: languages is malformed" in caplog.text
    assert documents.read("users/u/earshot/profile")["avatar"] == {"stringValue": "cat"}


async def test_what_firestore_can_never_take_is_told_from_what_it_cannot_take_now(
    documents: FirestoreDocuments, open_store: OpenStore
) -> None:
    own = {"history": encoded("x" * 600_000)}  # an app's own field
    documents.write("users/u/earshot/profile", own)
    entries = tuple(f"{'x' * 508}{i:04}" for i in range(200))
    lists = ("category_interests", "followed_series", "muted_series", "muted_categories")
    for name in lists:
        await open_store().update_profile("u", {name: entries})
    with pytest.raises(Unstorable, match="does not take"):
        await open_store().update_profile("u", {"languages": entries})
    large = Summary(profile=Profile(languages=("x" * 1_048_576,)))
    with pytest.raises(Unstorable, match="does not take"):
        await open_store().write_summary("u", large, None)
