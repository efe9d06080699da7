"""The scheduled function in the emulated cloud: a collection in Firestore, a bucket."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
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


SCHEMA = """
[episodes]
path = "podcasts/{podcast}/episodes/{id}"
condition = {field = "status", equals = "live"}
updated_at = "modified"
title = "name"
series = {id = "{podcast}"}
"""


def test_a_look_reads_and_publishes_only_what_changed_of_an_apps_own_documents(
    firestore_project: str,
    bucket: str,
    in_the_cloud: Callable[..., Server],
    firestore_emulator: FirestoreEmulator,
    tmp_path: Path,
) -> None:
    cloud, proxy = Cloud(firestore_project, bucket), CountingProxy(firestore_emulator.host)

    def write(one: dict[str, Any], **changes: Any) -> None:
        made = {"name": one["title"], "published_at": NOW - timedelta(days=3), "status": "live"}
        place = f"podcasts/p{one['id'][-1]}/episodes/{one['id']}"
        changed = {"modified": NOW - timedelta(days=2), **changes}
        cloud.client.document(place).set({**one, **made, **changed})

    def look(server: Server, **asked: Any) -> tuple[dict[str, Any], int]:
        before = proxy.reads_billed
        return publish(server, **asked), proxy.reads_billed - before

    *some, new = episodes(61)
    for one in some:
        write(one)
    (tmp_path / "schema.toml").write_text(SCHEMA)
    settings = {
        "FIRESTORE_EMULATOR_HOST": proxy.host,
        "STORE": "firestore",
        "SCHEMA": str(tmp_path / "schema.toml"),
    }
    try:
        report, reads = look(in_the_cloud(**settings))
        assert (report["episodes"], verify(cloud.shelf).version) == (60, report["version"])
        assert reads >= 60
        later = (NOW + timedelta(hours=1)).isoformat()
        server = in_the_cloud(**settings, NOW=later)  # a new instance, which remembers nothing
        report, reads = look(server)  # at the signals, too
        assert (report["status"], report["version"]) == ("unchanged", verify(cloud.shelf).version)
        assert reads <= 5
        write(new, modified=SERVER_TIMESTAMP)
        write(some[7], modified=SERVER_TIMESTAMP, name="Seven anew")
        write(some[9], modified=SERVER_TIMESTAMP, status="withdrawn")
        cloud.client.document("podcasts/p8/episodes/episode-8").delete()
        report, reads = look(server)
        assert (report["status"], report["episodes"]) == ("published", 59)
        catalog = verify(cloud.shelf)
        assert catalog.title(int(catalog.rows(("episode-7",))[0])) == "Seven anew"
        found = catalog.rows((new["id"], "episode-8", "episode-9"))
        assert (found >= 0).tolist() == [True, False, False]
        assert reads <= 60 + 10  # the ids are listed to find what is gone
        report, reads = look(server)
        assert (report["status"], verify(cloud.shelf).version) == ("unchanged", catalog.version)
        assert reads <= 5
        _, reads = look(server, full=True)
        assert reads >= 60
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
