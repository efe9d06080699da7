"""Inputs of `RssSource`: feeds, lists, files and URLs."""

from pathlib import Path

from tests.support.feed_documents import item, rss_feed
from tests.support.feed_server import FeedServer, problems, read, refusal, titles


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
