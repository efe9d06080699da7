"""The account: a user's engagements and profile, for that user alone."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogs import NOW
from tests.support.server import Server, problem

ENGAGEMENTS = "/api/me/engagements"
EMPTY: dict[str, Any] = {
    "display_name": "",
    "category_interests": [],
    "followed_series": [],
    "muted_series": [],
    "muted_categories": [],
    "languages": [],
}


def listed(server: Server, user: str, query: str = "") -> list[dict[str, Any]]:
    response = server.call("GET", ENGAGEMENTS + query, user=user)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["engagements"]
    return found


def test_an_engagement_is_recorded_as_it_was_sent(server: Server, user: str) -> None:
    sent = {
        "id": "my own id",
        "episode_id": "episode-3",
        "type": "listen",
        "timestamp": "2026-02-05T12:00:00.25Z",
        "progress": 0.5,
        "episode_title": "Bread",
        "series_name": "Loaves",
    }
    recorded = server.engage(user, **sent)
    assert recorded == sent | {"timestamp": "2026-02-05T12:00:00.250000Z"}
    assert listed(server, user) == [recorded]


def test_an_engagement_gets_an_id_and_the_time_if_it_has_none(server: Server, user: str) -> None:
    one, other = (server.engage(user, episode_id="episode-3", type="like") for _ in range(2))
    assert one["id"] != other["id"]
    assert listed(server, user) == [other, one]  # the later is newer, on a still clock too
    for engagement in (one, other):
        age = datetime.fromisoformat(engagement["timestamp"]) - NOW
        assert timedelta(0) <= age < timedelta(seconds=1)


def test_engagements_are_listed_newest_first_page_by_page(server: Server, user: str) -> None:
    for number in (3, 1, 4, 0, 2, 5):
        at = f"2026-02-0{1 + number // 2}T00:00:00Z"  # two at each time
        server.engage(user, id=str(number), episode_id="episode-3", type="click", timestamp=at)
    pages, query = [], "?limit=2"
    while True:
        answer = server.call("GET", ENGAGEMENTS + query, user=user).json()
        pages.append([e["id"] for e in answer["engagements"]])
        if not answer["next_cursor"]:
            break
        query = f"?limit=2&cursor={answer['next_cursor']}"
    assert pages == [["4", "5"], ["2", "3"], ["0", "1"]]


def test_a_removed_engagement_no_longer_counts(server: Server, user: str) -> None:
    for name in ("stays", "goes: a?b#c%"):
        server.engage(user, id=name, episode_id=f"episode-{len(name)}", type="like")
    path = f"{ENGAGEMENTS}/goes:%20a%3Fb%23c%25"
    assert server.call("DELETE", path, user=user).json() == {"removed": "goes: a?b#c%"}
    assert [e["id"] for e in listed(server, user)] == ["stays"]
    assert server.create(user)["user_vector_episodes"] == 1
    problem(server.call("DELETE", path, user=user), 404)


def test_a_reset_starts_the_feed_again_and_keeps_the_profile(server: Server, user: str) -> None:
    server.call("PATCH", "/api/me", {"category_interests": ["Chess"]}, user)
    for number in range(3):
        server.engage(user, episode_id=f"episode-{number}", type="like")
    answer = server.call("DELETE", ENGAGEMENTS, user=user).json()
    assert answer["removed"] == 3
    assert listed(server, user) == []
    page = server.create(user)
    assert page["user_vector_episodes"] == 0
    assert not page["cold_start"]
    assert server.call("GET", "/api/me", user=user).json()["category_interests"] == ["Chess"]
    again = server.call("DELETE", ENGAGEMENTS, user=user).json()
    assert again["removed"] == 0
    assert datetime.fromisoformat(again["until"]) > datetime.fromisoformat(answer["until"])


def test_a_change_of_the_profile_leaves_other_fields_as_they_are(server: Server, user: str) -> None:
    assert server.call("GET", "/api/me", user=user).json() == {"user_id": user} | EMPTY
    first = {"display_name": "Änne ☕", "languages": ["de", "en-GB"]}
    changed = server.call("PATCH", "/api/me", first, user).json()
    assert changed == {"user_id": user} | EMPTY | first
    second = {"display_name": "", "muted_series": ["series-Bread-1"]}
    changed = server.call("PATCH", "/api/me", second, user).json()
    assert changed == {"user_id": user} | EMPTY | first | second
    assert server.call("PATCH", "/api/me", {}, user).json() == changed
    assert server.call("GET", "/api/me", user=user).json() == changed


def test_interests_mutes_and_languages_change_the_next_session(server: Server, user: str) -> None:
    def topics() -> list[str]:
        return [e["title"].split()[0] for e in server.create(user)["episodes"]]

    server.call("PATCH", "/api/me", {"category_interests": ["Dance"]}, user)
    assert topics().count("Dance") >= 5
    server.call("PATCH", "/api/me", {"muted_categories": ["Dance"]}, user)
    assert [e for e in server.create(user)["episodes"] if _in(e, "Dance")] == []
    server.call("PATCH", "/api/me", {"muted_categories": [], "languages": ["de"]}, user)
    queue = server.queue(server.create(user), user)
    assert {e.get("language") for e in queue} == {"de", None}
    server.call("PATCH", "/api/me", {"category_interests": ["Chess"]}, user)
    assert topics().count("Chess") >= 5


def test_a_language_is_stored_in_its_standard_form_or_refused(server: Server, user: str) -> None:
    said = {"languages": ["ger", "en_gb", "de", " de "]}
    assert server.call("PATCH", "/api/me", said, user).json()["languages"] == ["de", "en-GB"]
    refused = server.call("PATCH", "/api/me", {"languages": ["en", "English"]}, user)
    assert "BCP 47" in problem(refused, 400, "languages[1]")["expected"]
    assert server.call("GET", "/api/me", user=user).json()["languages"] == ["de", "en-GB"]


def _in(episode: dict[str, Any], category: str) -> bool:
    return category in episode.get("categories", {}).get("major", [])


def test_everything_known_of_a_user_is_deleted_with_a_receipt(
    server: Server, folder: Path, user: str
) -> None:
    server.call("PATCH", "/api/me", {"display_name": "Anna"}, user)
    for number in range(3):
        server.engage(user, episode_id=f"episode-{number}", type="like")
    asked = datetime.now(UTC)
    receipt = server.call("DELETE", "/api/me", user=user).json()
    assert receipt["user_id"] == user
    assert receipt["deleted"] == {
        "engagements": 3,
        "profile": True,
        "summary": True,
        "conversations": 0,
    }
    again = server.call("DELETE", "/api/me", user=user).json()
    assert again["deleted"] == {
        "engagements": 0,
        "profile": False,
        "summary": False,
        "conversations": 0,
    }
    assert asked < datetime.fromisoformat(receipt["until"]) < datetime.now(UTC)  # no fixed clock's
    assert receipt["at"] == NOW.isoformat().replace("+00:00", "Z")
    with sqlite3.connect(folder / "users.db") as db:
        for table in ("engagements", "profiles", "summaries", "events"):
            query = f"SELECT count(*) FROM {table} WHERE uid = ?"
            assert db.execute(query, (user,)).fetchone() == (0,), table
    for name in ("users.db", "users.db-wal", "users.db-shm"):
        assert user.encode() not in (folder / name).read_bytes(), name
    assert listed(server, user) == []
    assert server.call("GET", "/api/me", user=user).json() == {"user_id": user} | EMPTY
    assert server.create(user)["cold_start"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ENGAGEMENTS),
        ("POST", ENGAGEMENTS),
        ("DELETE", ENGAGEMENTS),
        ("DELETE", f"{ENGAGEMENTS}/one"),
        ("GET", "/api/me"),
        ("PATCH", "/api/me"),
        ("DELETE", "/api/me"),
        ("POST", "/api/sessions/0123456789abcdef/engage"),
    ],
)
def test_an_account_needs_a_user(server: Server, method: str, path: str) -> None:
    body = {"episode_id": "episode-1", "type": "click"} if method == "POST" else None
    problem(server.call(method, path, body), 401, "Authorization")


def test_no_user_reads_or_changes_the_account_of_another(server: Server, user: str) -> None:
    server.call("PATCH", "/api/me", {"display_name": "Anna"}, user)
    server.engage(user, id="one", episode_id="episode-3", type="like")
    other = f"{user}.other"
    assert listed(server, other) == []
    assert server.call("GET", "/api/me", user=other).json()["display_name"] == ""
    problem(server.call("DELETE", f"{ENGAGEMENTS}/one", user=other), 404)
    server.engage(other, id="one", episode_id="episode-5", type="share")
    assert server.call("DELETE", "/api/me", user=other).status_code == 200
    assert [e["episode_id"] for e in listed(server, user)] == ["episode-3"]
    assert server.call("GET", "/api/me", user=user).json()["display_name"] == "Anna"


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "1904-01-01T00:00:00Z", "2026-02-06T01:00:00Z"]
)
def test_an_engagement_may_be_of_the_distant_past_and_an_hour_ahead(
    server: Server, user: str, at: str
) -> None:
    server.engage(user, episode_id="episode-3", type="like", timestamp=at)
    server.engage(f"{user}.other", episode_id="episode-5", type="like")
    assert len(listed(server, user)) == 1
    assert server.create(user)["user_vector_episodes"] == 1


def test_an_engagement_sent_again_stays_where_it_first_was(server: Server, user: str) -> None:
    first = server.engage(user, id="a", episode_id="episode-1", type="like")
    server.engage(user, id="b", episode_id="episode-2", type="like")
    again = server.engage(user, id="a", episode_id="episode-1", type="like")
    assert again["timestamp"] == first["timestamp"]
    assert [one["id"] for one in listed(server, user)] == ["b", "a"]
