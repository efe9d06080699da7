"""A feed's chapters and transcripts, from its server to an answer that leads to the minute."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.rss.http.files import open_files
from catalog_builder.__main__ import main
from feed.ports.errors import Unavailable
from feed.ports.web import Validators, WebFile
from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer
from tests.support.server import Server

SAID = "We talk about the weather for a while. "
VTT = "WEBVTT\n\n" + "\n".join(
    f"00:{n:02}:00.000 --> 00:{n:02}:59.000\n<v Ada>"
    + ("A good starter needs rye flour. Rye ferments." if n == 42 else 9 * SAID)
    + "\n"
    for n in range(60)
)
CHAPTERS = {"version": "1.2.0", "chapters": [{"startTime": 2520, "title": "Bread"}]}


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    server = FeedServer()
    yield server
    server.http.shutdown()
    server.http.server_close()


def test_a_file_in_a_private_network_is_fetched_only_if_that_is_allowed(feeds: FeedServer) -> None:
    url = feeds.serve("/t", b"Some words.", ETag='"1"')

    async def get(known: Validators | None, *, allow_private: bool) -> WebFile | None:
        async with open_files(allow_private=allow_private) as files:
            return await files.get(url, known)

    with pytest.raises(Unavailable, match="no public address"):
        asyncio.run(get(None, allow_private=False))
    assert not feeds.requests
    found = asyncio.run(get(None, allow_private=True))
    assert found == WebFile(b"Some words.", Validators('"1"', None))
    assert asyncio.run(get(found.validators, allow_private=True)) is None


def test_an_answer_leads_to_the_minute_in_which_it_is_said(
    feeds: FeedServer,
    start_server: Callable[..., Server],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    vtt = feeds.serve("/1.vtt", VTT.encode(), ETag='"1"', Content_Type="text/plain")
    chapters = feeds.serve("/1.json", json.dumps(CHAPTERS).encode())
    audio = '<enclosure url="https://show.example/1.mp3" type="audio/mpeg"/>'
    named = f'<podcast:transcript url="{vtt}" type="text/vtt"/><podcast:chapters url="{chapters}"/>'
    dated = "<pubDate>Mon, 01 Jan 2024 10:00:00 GMT</pubDate>"
    sourdough = item("Sourdough", more=dated + audio + named)
    other = item("Clouds", more=dated + audio)
    feed = feeds.serve("/feed", rss_feed(sourdough, other))
    shelf = tmp_path / "shelf"
    publish = ["publish", "--feeds", feed, "--allow-private-feeds", "--cache", str(tmp_path / "c")]
    publish += ["--shelf", str(shelf), "--force"]
    for _ in range(2):  # the second build fetches neither file
        assert not main([*publish, "--transcripts"])
    assert feeds.statuses[200] == 4
    assert not main(["verify", "--shelf", str(shelf)])
    capsys.readouterr()
    server = start_server(SHELF=str(shelf))
    (found,) = server.call("GET", "/api/search?q=sourdough").json()["episodes"]
    address = f"/api/episodes/{found['id']}/transcript"
    transcript = server.call("GET", address).json()
    assert transcript["chapters"] == [{"start_s": 2520, "title": "Bread"}]
    assert transcript["parts"][0]["speaker"] == "Ada"
    (said,) = server.call("GET", "/api/search?q=rye").json()["episodes"]  # no card has the word
    assert (said["id"], said["matched"]) == (found["id"], [])
    (other,) = server.call("GET", "/api/search?q=clouds").json()["episodes"]
    without = server.call("GET", f"/api/episodes/{other['id']}/transcript").json()
    assert (without["chapters"], without["parts"]) == ([], [])
    question = {"question": "Which rye does the sourdough need?"}
    as_json = {"Accept": "application/json"}
    asked = server.client.post("/api/ask", json=question, headers=as_json).json()
    (source, *_) = asked["sources"]
    assert "rye flour" in source["passages"][0]
    assert 2400 <= source["at_s"] == source["starts_s"][0] <= 2520
