"""An empty feed says why, and unreadable languages empty none."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sqlite.users import SqliteStore
from tests.support.catalogs import NOW, TOPICS, catalog_of, episodes, publish_to
from tests.support.server import Server

Start = Callable[..., Server]


@pytest.fixture
def _shelf(tmp_path: Path) -> None:
    """A catalog whose every episode has a language and a category."""
    named = [one for one in episodes(200) if one.language and one.categories]
    publish_to(tmp_path / "shelf", catalog_of(named))


@pytest.mark.usefixtures("_shelf")
def test_an_empty_feed_names_the_field_of_the_profile_that_empties_it(
    start_server: Start, tmp_path: Path
) -> None:
    for user, stored in {
        "anna": ("English",),
        "bert": ("eng", "nonsense"),
        "cleo": ("en ",),
    }.items():
        store = SqliteStore(tmp_path / "users.db")
        asyncio.run(store.update_profile(user, {"languages": stored}))
    server = start_server()
    everything = server.create("anna", limit=50)
    assert everything["degraded"][0] == "languages_unreadable"
    assert {one["language"][:2] for one in everything["episodes"]} == {"en", "de"}
    for user in ("bert", "cleo"):
        page = server.create(user, limit=50)
        assert "languages_unreadable" not in page["degraded"]
        assert {one["language"][:2] for one in page["episodes"]} == {"en"}

    server.call("PATCH", "/api/me", {"languages": ["tlh"]}, "anna")
    page = server.create("anna")
    assert (page["episodes"], page["next_cursor"]) == ([], None)
    assert page["degraded"][-1] == "no_language_match"
    assert server.create("anna", scenario="baseline")["degraded"] == ["no_language_match"]
    server.call("PATCH", "/api/me", {"languages": [], "muted_categories": [*TOPICS]}, "anna")
    assert server.create("anna")["degraded"][-1] == "all_muted"


@pytest.mark.usefixtures("_shelf")
def test_a_clock_before_every_publication_is_named(start_server: Start) -> None:
    server = start_server(NOW=(NOW - timedelta(days=20_000)).isoformat())
    page = server.create()
    assert page["episodes"] == []
    assert page["degraded"][-1] == "none_published"
    server.mark()  # by a second session
    (line,) = [line for line in server.log_lines if line.get("cause") == "none_published"]
    assert line["severity"] == "ERROR"
