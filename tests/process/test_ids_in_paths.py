"""Ids of any alphabet in the path of an address."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from tests.support.catalogs import catalog_of, episodes, publish_to
from tests.support.server import Server, problem

IDS = (
    "x/similar",
    "x",
    "a\nb",
    "a\n",
    "\n",
    "..",
    "../etc/passwd",
    "%2F",
    "?a=1#b",
    "https://a.example/?p=1&q=2",
    "https://a.example/b",
    "a b+c",
    "Zoë 🎧",
    "/",
    "//x//",
    "similar",
    "x" * 512,
)


def _sent(name: str) -> str:
    return quote(name, safe="").replace(".", "%2E")


def test_every_id_has_an_address(start_server: Callable[..., Server], tmp_path: Path) -> None:
    named = [
        msgspec.structs.replace(episode, id=name)
        for name, episode in zip(IDS, episodes(len(IDS)), strict=True)
    ]
    publish_to(tmp_path / "shelf", catalog_of(named))
    server = start_server()
    for name in IDS:
        card = server.call("GET", f"/api/episodes/{_sent(name)}")
        assert (card.status_code, card.json()["id"]) == (200, name)
        similar = server.call("GET", f"/api/episodes/{_sent(name)}/similar")
        assert (similar.status_code, similar.json()["episode_id"]) == (200, name)
    for path in ("/api/episodes/https://a.example/b", "/%61pi/episodes/https:%2f/a.example/b"):
        assert server.call("GET", path).json()["id"] == "https://a.example/b"  # not encoded


def test_an_engagement_with_any_id_can_be_removed(server: Server, user: str) -> None:
    for name in ("a/b", "a\nb", "..", "x\n", "%2F", "🎧"):
        answer = problem(
            server.call("DELETE", f"/api/me/engagements/{_sent(name)}", user=user), 404
        )
        assert "you have no engagement" in answer["detail"]
    server.engage(user, id="? #%2F🎧", episode_id="episode-1", type="like")
    gone = server.call("DELETE", f"/api/me/engagements/{_sent('? #%2F🎧')}", user=user)
    assert gone.json() == {"removed": "? #%2F🎧"}
