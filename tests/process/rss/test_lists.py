"""Lists of feeds, as apps and people write them."""

from pathlib import Path

import pytest

from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, titles

HEAD = '<?xml version="1.0"?>\n<opml version="2.0"><head><title>Mine</title></head><body>'
END = "</body></opml>"


def test_lists_include_lists_and_end(server: FeedServer, tmp_path: Path) -> None:
    inner = '<outline type="include" url="outer.opml"/><outline xmlUrl="one"/>'
    (tmp_path / "inner.opml").write_text(HEAD + inner + END)
    outer = '<outline type="include" url="inner.opml"/><outline type="include" url="/list"/>'
    (tmp_path / "outer.opml").write_text(HEAD + outer.replace("/list", f"{server.url}/list") + END)
    (tmp_path / "one").write_bytes(rss_feed(item("one")))
    server.serve("/list", (HEAD + '<outline xmlUrl="two"/>' + END).encode())
    server.serve("/two", rss_feed(item("two")))
    assert titles(read(str(tmp_path / "outer.opml"))) == ["one", "two"]


def test_lists_that_never_end_are_left(server: FeedServer) -> None:
    for n in range(9):
        server.serve(f"/{n}", f'{HEAD}<outline type="include" url="/{n + 1}"/>{END}'.encode())
    good = server.serve("/good", rss_feed(item("good")))
    results = read(f"{server.url}/0", good)
    assert titles(results) == ["good"]
    assert [problem.reason for problem in problems(results)] == [
        "lists are nested more than 3 deep"
    ]


@pytest.mark.parametrize(
    "address",
    [
        *("feed://{}", "feed:http://{}", "FEED:{}", "itpc://{}", "pcast://{}"),
        *(" http://{}\n", "feed://http//{}"),
    ],
)
def test_an_address_that_apps_subscribe_by_is_fetched(server: FeedServer, address: str) -> None:
    server.serve("/feed", rss_feed(item("a")))
    named = address.format(server.url.removeprefix("http://") + "/feed")
    opml = f'{HEAD}<outline xmlUrl="{named}"/>{END}'
    assert titles(read(server.serve("/opml", opml.encode()))) == ["a"]
    assert titles(read(named)) == ["a"]


def test_a_feed_listed_twice_is_read_once(server: FeedServer) -> None:
    url = server.serve("/feed", rss_feed(item("a")))
    named = (
        url,
        f"{url}#x",
        url.replace("http:", "feed:"),
        f" {url} ",
        url.replace("http", "HTTP"),
    )
    opml = HEAD + "".join(f'<outline xmlUrl="{one}"/>' for one in named) + END
    assert titles(read(server.serve("/opml", opml.encode()))) == ["a"]
    assert [path for path, _ in server.requests] == ["/opml", "/feed"]


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "windows-1252"])
def test_a_list_is_read_in_its_own_charset(charset: str, tmp_path: Path) -> None:
    text = (
        f'<?xml version="1.0" encoding="{charset}"?><opml><outline text="é" xmlUrl="é.xml"/></opml>'
    )
    (tmp_path / "list.opml").write_bytes(text.encode(charset))
    (tmp_path / "é.xml").write_bytes(rss_feed(item("a")))
    assert titles(read(str(tmp_path / "list.opml"))) == ["a"]
