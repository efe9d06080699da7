"""Inputs of `RssSource`: feeds, compressed or not, and lists of them, as apps write them."""

import gzip
import zlib
from pathlib import Path

import pytest

from tests.support.feed_documents import item, raw_deflate, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles

HEAD = '<?xml version="1.0"?>\n<opml version="2.0"><head><title>Mine</title></head><body>'
END = "</body></opml>"
FEED = rss_feed(item("one"), item("two"), item("three"))
HALVES = gzip.compress(FEED[:250]) + gzip.compress(FEED[250:])


def test_lists_and_opml_are_recognised_by_content_and_read_from_their_folder(
    server: FeedServer, tmp_path: Path
) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "one").write_bytes(rss_feed(item("one")))
    (tmp_path / "list.xml").write_text(f"# mine\n\nfeeds/one\n{server.url}/subscriptions\n")
    server.serve("/two", rss_feed(item("two")))
    three = server.serve("/three", rss_feed(item("three")))
    nested = '<outline text="f"><outline xmlUrl="/two"/></outline>'
    opml = f'<opml><body>{nested}<outline xmlUrl="{three}"/></body></opml>'
    server.serve("/subscriptions", opml.encode())
    assert titles(read(str(tmp_path / "list.xml"))) == ["one", "two", "three"]


def test_a_list_from_the_network_cannot_name_our_files(server: FeedServer, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(rss_feed(item("secret")))
    places = [str(secret), f"file://{secret}", f"FILE:{secret}", "ftp://a.example/", "data:,x"]
    opml = "".join(f'<outline xmlUrl="{place}"/>' for place in places)
    url = server.serve("/opml", f"<opml>{opml}</opml>".encode())
    good = server.serve("/good", rss_feed(item("good")))
    results = read(url, good)
    assert titles(results) == ["good"]
    assert [problem.reason for problem in problems(results)] == [
        "HTTP 404",
        *["only http, https and paths of files can be read"] * 4,
    ]


def test_a_text_from_the_network_is_no_list(server: FeedServer) -> None:
    assert "not a feed" in refusal(server.serve("/list", b"https://a.example/feed"))


def test_a_list_that_names_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("list\nfeed\n./feed\n")
    (tmp_path / "feed").write_bytes(rss_feed(item("a")))
    assert titles(read(str(tmp_path / "list"))) == ["a"]


def test_a_broken_opml_gives_what_it_named_before(server: FeedServer, tmp_path: Path) -> None:
    feed = server.serve("/feed", rss_feed(item("a")))
    (tmp_path / "opml").write_text(f'<opml><outline xmlUrl="{feed}"/><oops & </opml>')
    results = read(str(tmp_path / "opml"))
    assert titles(results) == ["a"]
    assert "broken off" in problems(results)[0].reason


def test_records_come_in_the_order_of_the_inputs_whichever_server_answers_first(
    server: FeedServer,
) -> None:
    urls = [
        server.serve(f"/{n}", rss_feed(item(f"{n}a"), item(f"{n}b")), delay_s=0.25 - n * 0.05)
        for n in range(5)
    ]
    done: list[str] = []
    expected = [f"{n}{part}" for n in range(5) for part in "ab"]
    assert titles(read(*urls, max_workers=3, on_feed=done.append)) == expected
    assert done == urls


def test_a_password_in_a_url_is_sent_and_never_shown(server: FeedServer) -> None:
    server.serve("/feed", rss_feed(item("a", "1")))
    results = read(server.url.replace("//", "//me:Secret@") + "/feed")
    assert server.requests[0][1]["Authorization"].startswith("Basic ")
    assert "Secret" not in repr(results)
    assert results[0].where == f"{server.url}/feed#0"


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


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(FEED), {}),
        (gzip.compress(FEED), {"Content_Type": "application/x-gzip"}),
        (HALVES, {"Content_Encoding": "gzip"}),
        (HALVES + b"\0" * 512, {"Content_Encoding": "x-gzip"}),
        (gzip.compress(gzip.compress(FEED)), {"Content_Encoding": "gzip"}),
        (FEED, {"Content_Encoding": "gzip"}),
        (zlib.compress(FEED), {"Content_Encoding": "deflate"}),
        (raw_deflate(FEED), {"Content_Encoding": "deflate"}),
        (FEED, {"Content_Encoding": "deflate"}),
    ],
)
def test_a_feed_is_read_however_it_is_compressed(
    server: FeedServer, body: bytes, headers: dict[str, str]
) -> None:
    assert titles(read(server.serve("/feed", body, **headers))) == ["one", "two", "three"]


def test_a_file_may_be_compressed_too(tmp_path: Path) -> None:
    (tmp_path / "feed.xml.gz").write_bytes(HALVES)
    assert titles(read(str(tmp_path / "feed.xml.gz"))) == ["one", "two", "three"]
