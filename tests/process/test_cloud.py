"""The feed on emulated Firebase: real functions, the real Firestore emulator, real events."""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from adapters.firestore.users import FirestoreStore
from feed.model.engagement import Engagement
from tests.support.cloud import Cloud
from tests.support.server import until


def test_an_engagement_reaches_the_next_session_within_a_second(cloud: Cloud, user: str) -> None:
    first = cloud.create(user)
    assert first["degraded"] == ["summary_missing"]
    liked = first["episodes"][0]["id"]
    answer = cloud.call("POST", "/api/me/engagements", {"episode_id": liked, "type": "like"}, user)
    assert answer.status_code == 201, answer.text
    began = time.monotonic()
    second = until(lambda: (s := cloud.create(user))["user_vector_episodes"] and s, 5)
    assert time.monotonic() - began < 1
    assert liked not in [one["id"] for one in second["episodes"]]
    assert second["degraded"] == []


def test_a_muted_category_is_gone_from_the_next_session(cloud: Cloud, user: str) -> None:
    def shown() -> str:
        return str([one.get("categories") for one in cloud.create(user)["episodes"]])

    assert "Chess" in shown()
    changed = cloud.call("PATCH", "/api/me", {"muted_categories": ["Chess"]}, user)
    assert changed.status_code == 200, changed.text
    until(lambda: "Chess" not in shown())


def test_names_of_any_alphabet_reach_the_summary(cloud: Cloud) -> None:
    names = ("plain", "é x", "a%20b", "50%", "🎧")
    uid = "ü%41 ß"

    async def write(store: FirestoreStore) -> None:
        for name in names:
            one = Engagement(id=name, episode_id="episode-1", type="like", timestamp_us=1)
            await store.put_engagement(uid, one)

    asyncio.run(write(cloud.store))
    cloud.quiet()
    assert {one.id for one in cloud.summary(uid).engagements} == set(names)


@pytest.mark.parametrize("encode", [quote, lambda path: quote(path, safe="/ ")])
def test_a_path_that_is_percent_encoded_names_its_document_too(
    cloud: Cloud, user: str, encode: Callable[[str], str]
) -> None:
    uid = f"ü {user}"
    one = Engagement(id="é 50%", episode_id="episode-1", type="like", timestamp_us=1)
    cloud.bridge.reset({})  # the emulator's own event goes nowhere
    asyncio.run(cloud.store.put_engagement(uid, one))
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.written",
        "ce-document": encode(f"users/{uid}/engagements/é 50%"),
    }
    assert cloud.trigger.client.post("/", headers=headers, content=b"").status_code == 200
    assert cloud.summary(uid).engagements == (one,)


def test_a_token_of_another_project_names_no_user(cloud: Cloud, user: str) -> None:
    foreign = dataclasses.replace(cloud, project="demo-other")
    assert foreign.call("GET", "/api/me", None, user).status_code == 401
    assert cloud.feed.call("GET", "/api/me", user=user).status_code == 401
