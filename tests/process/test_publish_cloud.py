"""The scheduled function in the emulated cloud: a collection in Firestore, a bucket."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.firestore import SERVER_TIMESTAMP, Client

from adapters.firestore.documents import shard_of
from adapters.gcs.shelf import GcsShelf
from catalog_builder.publish.publisher import verify
from emulators.firestore import FirestoreEmulator
from emulators.storage.server import StorageEmulator
from feed.model.engagement import Engagement, Summary
from feed.model.timestamps import to_us
from feed.summary.document import to_document
from tests.process.test_publish_catalog import episodes, publish
from tests.support.catalogs import NOW
from tests.support.counting_proxy import CountingProxy
from tests.support.server import Server, problem

Start = Callable[..., Server]


class Cloud:
    """A collection of episodes in Firestore, a bucket, and the function beside them."""

    def __init__(self, project: str, bucket: str) -> None:
        self.client = Client(project=project)
        self.shelf = GcsShelf(bucket, "feeds")

    def put(self, **changes: Any) -> None:
        stamp = NOW - timedelta(days=2)
        for one in episodes(60):
            made = {**one, "published_at": NOW - timedelta(days=3), "updated_at": stamp, **changes}
            self.client.document("episodes", one["id"]).set(made)


@pytest.fixture
def bucket(storage: StorageEmulator, firestore_project: str) -> str:
    return storage.make_bucket(f"b-{firestore_project}")


@pytest.fixture
def cloud(firestore_project: str, bucket: str) -> Cloud:
    cloud = Cloud(firestore_project, bucket)
    cloud.put()
    return cloud


@pytest.fixture
def in_the_cloud(
    start_server: Start,
    firestore_emulator: FirestoreEmulator,
    firestore_project: str,
    storage: StorageEmulator,
    bucket: str,
) -> Callable[..., Server]:
    def start(**settings: str) -> Server:
        given = {
            "EPISODES": "firestore",
            "SHELF": f"gs://{bucket}/feeds",
            "FIREBASE_PROJECT": firestore_project,
            "FIRESTORE_EMULATOR_HOST": firestore_emulator.host,
            "STORAGE_EMULATOR_HOST": storage.url,
            "GOOGLE_CLOUD_PROJECT": firestore_project,
            **settings,
        }
        return start_server("publish_catalog", **given)

    return start


def test_the_next_build_reads_only_what_changed(
    cloud: Cloud,
    in_the_cloud: Callable[..., Server],
    firestore_emulator: FirestoreEmulator,
) -> None:
    proxy = CountingProxy(firestore_emulator.host)
    try:
        settings = {"FIRESTORE_EMULATOR_HOST": proxy.host}
        report = publish(in_the_cloud(**settings))
        assert (report["episodes"], verify(cloud.shelf).version) == (60, report["version"])
        first = proxy.documents_read
        assert first >= 60
        cloud.client.document("episodes", "episode-7").update(
            {"title": "Seven anew", "updated_at": SERVER_TIMESTAMP}
        )
        cloud.client.document("episodes", "episode-8").delete()
        tomorrow = (NOW + timedelta(days=1)).isoformat()
        later = in_the_cloud(**settings, NOW=tomorrow)  # a new instance, which remembers nothing
        report = publish(later)
        catalog = verify(cloud.shelf)
        assert report["episodes"] == 59
        assert catalog.title(int(catalog.rows(("episode-7",))[0])) == "Seven anew"
        assert proxy.documents_read - first <= 60 + 10  # the ids are listed to find what is gone
        again = proxy.documents_read
        publish(later)
        assert proxy.documents_read - again <= 3
        before = proxy.documents_read
        publish(later, full=True)
        assert proxy.documents_read - before >= 59
    finally:
        proxy.stop()


def test_a_build_of_the_same_day_reads_only_the_summaries_that_changed(
    cloud: Cloud, in_the_cloud: Callable[..., Server]
) -> None:
    def choose(user: str, hours: float) -> None:
        at = NOW + timedelta(hours=hours)
        like = Engagement(id="e", episode_id="episode-3", type="like", timestamp_us=to_us(at))
        change = {"shard": shard_of(user), "at": at}
        document = to_document(Summary(engagements=(like,))) | {"change": change}
        cloud.client.document("users", user, "earshot", "summary").set(document)

    def publish_at(hours: float) -> tuple[int, int]:
        now = (NOW + timedelta(hours=hours)).isoformat()
        report = publish(in_the_cloud(STORE="firestore", NOW=now))
        catalog = verify(cloud.shelf)
        row = int(catalog.rows(("episode-3",))[0])
        return report["summaries"], int(catalog.signals.listeners[row])

    for number in range(5):
        choose(f"user-{number}", -1)
    assert publish_at(1) == (5, 5)
    choose("new", 1.5)
    assert publish_at(2) == (1, 6)


def test_an_unreachable_bucket_is_retried(
    cloud: Cloud, in_the_cloud: Callable[..., Server], storage: StorageEmulator
) -> None:
    server = in_the_cloud()
    version = publish(server)["version"]
    storage.fail_next("status", times=10_000, status=403)
    assert problem(server.call("POST", "/"), 503)["type"].endswith(":source-unavailable")
    storage.clear_faults()
    publish(server)
    assert verify(cloud.shelf).version == version


def test_an_answer_that_is_lost_leaves_the_pointer_right(
    cloud: Cloud, in_the_cloud: Callable[..., Server], storage: StorageEmulator
) -> None:
    storage.fail_next("status", times=2, status=503, method="POST", after=True)
    report = publish(in_the_cloud())
    assert verify(cloud.shelf).version == report["version"]
    assert len(cloud.shelf.entries(9)) == 1
