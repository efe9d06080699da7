"""The feed on emulated Firebase: real functions, the real Firestore emulator, real events.

Events are delivered as Eventarc does it, or worse: twice, late, and in any order.
"""

import asyncio
import base64
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest

from adapters.firestore import FirestoreStore
from adapters.gcs import GcsShelf
from catalog_builder.publishing import publish
from emulators.event_bridge import EventBridge, register
from emulators.firestore import FirestoreEmulator, emulator_jar, new_project
from emulators.process import MissingError
from emulators.storage import StrictStorage
from feed.engagement import TYPES, Engagement, newest, pack
from tests.support.catalogs import catalog_of, episodes
from tests.support.server import Server, until

Start = Callable[..., Server]
MANY = 300
OTHERS = 40


@pytest.fixture(scope="module")
def bridge() -> Iterator[EventBridge]:
    bridge = EventBridge().start()
    yield bridge
    bridge.stop()


@pytest.fixture(scope="module")
def emulator(bridge: EventBridge) -> Iterator[FirestoreEmulator]:
    """Firestore with triggers: an emulator whose events go to the bridge."""
    try:
        emulator_jar()
    except MissingError as missing:
        pytest.skip(str(missing))
    emulator = FirestoreEmulator(functions_emulator=f"127.0.0.1:{bridge.port}")
    try:
        yield emulator.start()
    finally:
        emulator.stop()


@dataclass
class Cloud:
    """A project: its session function, its trigger, and a store beside them to look with."""

    project: str
    feed: Server
    trigger: Server
    bridge: EventBridge

    def token(self, uid: str) -> str:
        """An ID token as the Auth emulator makes them: unsigned."""
        now = int(time.time())
        issuer = f"https://securetoken.google.com/{self.project}"
        claims = {"iss": issuer, "aud": self.project, "sub": uid, "user_id": uid}
        claims |= {"iat": now, "exp": now + 3600, "auth_time": now}
        parts = (msgspec.json.encode(part) for part in ({"alg": "none"}, claims))
        return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."

    def call(self, method: str, path: str, body: Any, uid: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(uid)}"}
        return self.feed.client.request(method, path, json=body, headers=headers)

    def create(self, uid: str) -> dict[str, Any]:
        answer = self.call("POST", "/api/sessions/create", {"limit": 50}, uid)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    def quiet(self) -> None:
        """Until every event is delivered."""
        until(lambda: self.bridge.idle, 90)
        time.sleep(0.3)
        until(lambda: self.bridge.idle, 90)


@pytest.fixture
def cloud(
    start_server: Start,
    emulator: FirestoreEmulator,
    bridge: EventBridge,
    storage: StrictStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> Cloud:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator.host)
    project, bucket = new_project(), storage.make_bucket("catalogs")
    publish(GcsShelf(bucket), catalog_of(episodes(300)), force=True)
    settings = {
        "SHELF": f"gs://{bucket}",
        "STORE": "firestore",
        "AUTH": "emulator",
        "FIREBASE_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": emulator.host,
        "STORAGE_EMULATOR_HOST": storage.url,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    trigger = start_server("update_summary", **settings)
    bridge.reset({"engagements": trigger.url, "profiles": trigger.url})
    register(emulator.host, project, "engagements", "users/{uid}/engagements/{id}")
    register(emulator.host, project, "profiles", "users/{uid}")
    return Cloud(project, start_server(**settings), trigger, bridge)


def test_an_engagement_reaches_the_next_session_within_a_second(cloud: Cloud) -> None:
    first = cloud.create("ada")
    assert first["degraded"] == ["summary_missing"]
    liked = first["episodes"][0]["id"]
    answer = cloud.call("POST", "/api/me/engagements", {"episode_id": liked, "type": "like"}, "ada")
    assert answer.status_code == 201, answer.text
    began = time.monotonic()
    second = until(lambda: (s := cloud.create("ada"))["user_vector_episodes"] and s, 5)
    assert time.monotonic() - began < 1
    assert liked not in [one["id"] for one in second["episodes"]]
    assert second["degraded"] == []


def test_what_a_profile_mutes_is_gone_from_the_next_session(cloud: Cloud) -> None:
    def shown() -> str:
        return str([one.get("categories") for one in cloud.create("ada")["episodes"]])

    assert "Chess" in shown()
    changed = cloud.call("PATCH", "/api/me", {"muted_categories": ["Chess"]}, "ada")
    assert changed.status_code == 200, changed.text
    until(lambda: "Chess" not in shown())


def test_names_of_any_alphabet_reach_the_summary(cloud: Cloud) -> None:
    names = ("plain", "é x", "a%20b", "50%", "🎧")
    uid = "ü%41 ß"

    async def write(store: FirestoreStore) -> None:
        for name in names:
            one = Engagement(id=name, episode_id="episode-1", type="like", timestamp_us=1)
            await store.put_engagement(uid, one)

    asyncio.run(write(FirestoreStore(cloud.project)))
    cloud.quiet()
    stored = asyncio.run(FirestoreStore(cloud.project).read_summary(uid))
    assert stored is not None
    assert stored.summary is not None
    assert {one.id for one in stored.summary.engagements} == set(names)


@pytest.mark.parametrize("encode", [quote, lambda path: quote(path, safe="/ ")])
def test_a_path_that_is_percent_encoded_names_its_document_too(
    cloud: Cloud, encode: Callable[[str], str]
) -> None:
    one = Engagement(id="é 50%", episode_id="episode-1", type="like", timestamp_us=1)
    cloud.bridge.reset({})  # the emulator's own event goes nowhere
    asyncio.run(FirestoreStore(cloud.project).put_engagement("ü", one))
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.written",
        "ce-document": encode("users/ü/engagements/é 50%"),
    }
    assert cloud.trigger.client.post("/", headers=headers, content=b"").status_code == 200
    stored = asyncio.run(FirestoreStore(cloud.project).read_summary("ü"))
    assert stored is not None
    assert stored.summary is not None
    assert stored.summary.engagements == (one,)


def test_nobody_reads_anothers(cloud: Cloud) -> None:
    cloud.call("POST", "/api/me/engagements", {"episode_id": "e", "type": "like"}, "ada")
    assert cloud.call("GET", "/api/me/engagements", None, "ben").json()["engagements"] == []
    foreign = Cloud("demo-other", cloud.feed, cloud.trigger, cloud.bridge)
    assert foreign.call("GET", "/api/me", None, "ada").status_code == 401
    assert cloud.feed.call("GET", "/api/me", user="ada").status_code == 401


def test_everything_known_of_a_user_is_forgotten_and_no_late_event_brings_it_back(
    cloud: Cloud,
) -> None:
    cloud.bridge.copies, cloud.bridge.delay_s = 3, 1.0
    for number in range(5):
        body = {"id": f"{number}", "episode_id": f"episode-{number}", "type": "like"}
        assert cloud.call("POST", "/api/me/engagements", body, "ada").status_code == 201
    receipt = cloud.call("DELETE", "/api/me", None, "ada").json()
    assert receipt["deleted"]["engagements"] == 5
    cloud.quiet()
    assert asyncio.run(FirestoreStore(cloud.project).read_summary("ada")) is None
    assert cloud.create("ada")["degraded"] == ["summary_missing"]


def test_bursts_delivered_twice_and_shuffled_leave_every_summary_exact(cloud: Cloud) -> None:
    cloud.bridge.copies, cloud.bridge.delay_s = 2, 1.5
    rng = random.Random(1)

    def made(number: int) -> Engagement:
        return Engagement(
            id=f"e{number}",
            episode_id=f"episode-{rng.randrange(300)}",
            type=rng.choice(TYPES),
            timestamp_us=1_770_000_000_000_000 + rng.randrange(50) * 1_000_000,
            progress=rng.random(),
        )

    users = {"ada": [made(i) for i in range(MANY)]}
    users |= {f"u{i}": [made(j) for j in range(6)] for i in range(OTHERS)}

    async def write(store: FirestoreStore) -> None:
        for uid, some in users.items():
            await asyncio.gather(*(store.put_engagement(uid, one) for one in some))

    async def delete(store: FirestoreStore) -> None:
        for uid, some in users.items():
            gone = some[::3]
            await asyncio.gather(*(store.delete_engagement(uid, one.id) for one in gone))
            users[uid] = [one for one in some if one not in gone]

    async def check(store: FirestoreStore) -> None:
        for uid, some in users.items():
            stored = await store.read_summary(uid)
            assert stored is not None, uid
            assert stored.summary is not None
            exist = await store.newest_engagements(uid, 500)
            assert pack(stored.summary.engagements) == pack(newest(exist)) == pack(newest(some))
            assert not stored.summary.incomplete

    for change in (write, delete):
        asyncio.run(change(FirestoreStore(cloud.project)))
        cloud.quiet()
        asyncio.run(check(FirestoreStore(cloud.project)))
    assert cloud.bridge.statuses.keys() <= {200}
    assert cloud.bridge.received >= MANY + 6 * OTHERS
