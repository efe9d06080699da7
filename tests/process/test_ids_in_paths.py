"""Ids of any alphabet in the path of an address."""

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from adapters.folder.shelf import FolderShelf
from tests.support.catalogs import episodes
from tests.support.notes import publish_notes
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
    "x/notes",
    "notes",
    "x" * 512,
)


def _sent(name: str) -> str:
    return quote(name, safe="").replace(".", "%2E")


def test_every_id_has_an_address(start_server: Callable[..., Server], tmp_path: Path) -> None:
    named = [
        msgspec.structs.replace(episode, id=name)
        for name, episode in zip(IDS, episodes(len(IDS)), strict=True)
    ]
    publish_notes(
        FolderShelf(tmp_path / "shelf"), [f"<p>Notes of {n!r}" for n in IDS[:-1]] + [None], named
    )
    server = start_server()
    for name in IDS:
        card = server.call("GET", f"/api/episodes/{_sent(name)}")
        assert (card.status_code, card.json()["id"]) == (200, name)
        similar = server.call("GET", f"/api/episodes/{_sent(name)}/similar")
        assert (similar.status_code, similar.json()["episode_id"]) == (200, name)
        if name == "notes":
            continue  # read below
        notes = server.call("GET", f"/api/episodes/{_sent(name)}/notes")
        if name == IDS[-1]:
            assert (notes.json()["html"], notes.json()["text"]) == ("", "")
        else:
            assert (notes.json()["episode_id"], notes.json()["text"]) == (
                name,
                f"Notes of {name!r}",
            )
            assert notes.headers["cache-control"] == "public, max-age=60"
    for path in ("/api/episodes/https://a.example/b", "/%61pi/episodes/https:%2f/a.example/b"):
        assert server.call("GET", path).json()["id"] == "https://a.example/b"  # not encoded
    shutil.rmtree(tmp_path / "shelf" / "notes")
    lost = server.call("GET", "/api/episodes/notes/notes")
    assert problem(lost, 503)["type"] == "urn:earshot:problem:notes-unavailable"
    assert lost.headers["retry-after"] == "5"
    assert server.call("GET", "/api/episodes/x/notes").status_code == 200  # it is kept


def test_an_engagement_with_any_id_can_be_removed(server: Server, user: str) -> None:
    for name in ("a/b", "a\nb", "..", "x\n", "%2F", "🎧"):
        answer = problem(
            server.call("DELETE", f"/api/me/engagements/{_sent(name)}", user=user), 404
        )
        assert "you have no engagement" in answer["detail"]
    server.engage(user, id="? #%2F🎧", episode_id="episode-1", type="like")
    gone = server.call("DELETE", f"/api/me/engagements/{_sent('? #%2F🎧')}", user=user)
    assert gone.json() == {"removed": "? #%2F🎧"}
