"""Limits in bytes, of the API and of documents that an app writes itself."""

import asyncio
from typing import Any

import msgspec
import pytest

from feed.model.engagement import Engagement, Profile
from functions.auth.pseudonyms import Pseudonyms
from tests.support.cloud import Cloud
from tests.support.rules import encoded
from tests.support.server import DEFAULTS, Server, problem

EMOJI = "\N{HEADPHONE}"
"""one character, four bytes"""
LIKE = {"episode_id": "episode-3", "type": "like"}


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/api/me/engagements", LIKE | {"id": EMOJI * 33}, "id"),
        ("POST", "/api/me/engagements", LIKE | {"id": "é" * 65}, "id"),
        ("POST", "/api/me/engagements", LIKE | {"episode_id": EMOJI * 129}, "episode_id"),
        ("POST", "/api/sessions/1/engage", LIKE | {"episode_id": "é" * 257}, "episode_id"),
        ("PATCH", "/api/me", {"muted_series": ["a", EMOJI * 129]}, "muted_series[1]"),
        ("PATCH", "/api/me", {"languages": ["é" * 257]}, "languages[0]"),
    ],
)
def test_a_text_of_too_many_bytes_is_refused_by_name(
    server: Server, user: str, method: str, path: str, body: Any, field: str
) -> None:
    document = problem(server.call(method, path, body, user), 400, field)
    assert "bytes" in document["expected"]


@pytest.mark.parametrize("name", ["", ".", "..", "__a__", "a/b", "a\n", "a\x7f", "x" * 129])
def test_an_id_that_no_document_can_have_is_refused(server: Server, user: str, name: str) -> None:
    problem(server.call("POST", "/api/me/engagements", LIKE | {"id": name}, user), 400, "id")


@pytest.mark.parametrize("uid", [".", "..", "__a__", "____"])
def test_a_user_id_that_cannot_name_a_document_is_refused(server: Server, uid: str) -> None:
    for method, path in (("GET", "/api/me"), ("POST", "/api/sessions/create")):
        problem(server.call(method, path, {}, uid), 400, "X-Demo-User")


def test_the_longest_texts_allowed_are_taken(server: Server, user: str) -> None:
    entries = [EMOJI * 127 + f"{i:04}" for i in range(200)]
    no_texts = {"display_name", "languages"}  # a name, and tags
    lists = [name for name in Profile.__struct_fields__ if name not in no_texts]
    for name in lists:
        body = msgspec.json.encode({name: entries})
        assert server.call("PATCH", "/api/me", body, user).status_code == 200
    sent = LIKE | {"id": EMOJI * 32, "episode_id": EMOJI * 128, "progress": 0.5}
    server.engage(user, **sent)
    assert not {what for what in server.create(user)["degraded"] if "summary" in what}
    profile = server.call("GET", "/api/me", user=user).json()
    assert all(profile[name] == entries for name in lists)


def test_documents_that_are_too_large_are_left_out_and_logged(cloud: Cloud, user: str) -> None:
    like = {name: encoded(value) for name, value in LIKE.items()}
    like["timestamp"] = {"timestampValue": "2026-01-01T00:00:00Z"}
    for name in ("good", "e" * 1400):
        cloud.emulator.write(cloud.project, f"users/{user}/engagements/{name}", like)
    cloud.emulator.write(cloud.project, f"users/{user}/engagements/odd", {})
    series = ["s" * 900_000, *(f"series-{i}" for i in range(300))]
    profile = {"followed_series": encoded(series), "plan": encoded("pro")}
    cloud.emulator.write(cloud.project, f"users/{user}/earshot/profile", profile)
    cloud.quiet()
    assert set(cloud.bridge.statuses) == {200}
    stored = asyncio.run(cloud.store.read_summary(user))
    assert stored is not None
    assert stored.summary is not None
    assert [one.id for one in stored.summary.engagements] == ["good"]
    assert list(stored.summary.profile.followed_series) == series[1:201]
    for name in ("followed_series", "e" * 40):
        lines = cloud.trigger.logged(lambda line, name=name: name in line.get("left_out", ()))
        assert {line["severity"] for line in lines} == {"WARNING"}
    pseudonym = Pseudonyms(DEFAULTS["CURSOR_KEYS"].encode()).of(user)
    assert f"users/{pseudonym}/engagements/odd" in cloud.trigger.output  # as a session's log says
    assert user not in cloud.trigger.output


def test_an_event_that_can_never_be_handled_is_acknowledged_and_logged(cloud: Cloud) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "//firestore.googleapis.com/projects/p/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.written",
        "ce-document": "users/__x__/engagements/a",
    }
    assert cloud.trigger.client.post("/", headers=headers, content=b"").status_code == 200
    assert cloud.trigger.logged(
        lambda line: line["severity"] == "ERROR" and "acknowledged" in line["message"]
    )


def test_a_profile_and_its_deletion_leave_what_the_app_keeps_beside_it(
    cloud: Cloud, user: str
) -> None:
    def read(path: str) -> Any:
        return cloud.emulator.read(cloud.project, path)

    own = {"plan": encoded("pro"), "history": encoded("x" * 1_000_000)}
    places = (
        f"users/{user}/devices/d",
        f"users/{user}/engagements/one/notes/n",
        f"users/{user}-other",
    )
    for path in (*places, f"users/{user}"):
        cloud.emulator.write(cloud.project, path, own)
    assert cloud.call("PATCH", "/api/me", {"languages": ["en"]}, user).status_code == 200
    assert cloud.call("GET", "/api/me", None, user).json()["languages"] == ["en"]
    like = Engagement(id="one", episode_id="episode-3", type="like", timestamp_us=1)
    asyncio.run(cloud.store.put_engagement(user, like))
    question = {"question": "What is said about chess?", "conversation": "one"}
    for _ in range(2):
        assert '"stored":true' in cloud.call("POST", "/api/ask", question, user).text
    talk = f"users/{user}/earshot/conversations/earshot_conversations/one"
    assert len(read(talk)["turns"]["arrayValue"]["values"]) == 4
    receipt = cloud.call("DELETE", "/api/me", None, user).json()
    assert receipt["deleted"]["conversations"] == 1
    assert receipt["deleted"]["engagements"] == 1
    assert receipt["deleted"]["profile"] is True
    cloud.quiet()
    for path in (*places, f"users/{user}"):
        assert read(path) == own, path
    for path in (f"users/{user}/engagements/one", f"users/{user}/earshot/summary", talk):
        assert read(path) is None, path
    assert cloud.call("DELETE", "/api/me", None, user).json()["deleted"]["profile"] is False
