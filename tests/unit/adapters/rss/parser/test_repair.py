"""XML that is not well formed is repaired."""

import pytest

from tests.support.feed_documents import ITUNES, entries, item, rss_feed

GOOD = item(
    "Next", "2", "<author><![CDATA[A]]></author><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>"
)


def read(first: str, head: str = "<title>A show</title>") -> list[dict[str, object]]:
    return entries(rss_feed(first, GOOD, head=head))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("R & D", "R & D"),
        ("R&D", "R&D"),
        ("caf&eacute;&nbsp;talk", "café talk"),
        ("?a=1&lang=2&copy=3", "?a=1&lang=2&copy=3"),
        ("a &unknown; b", "a &unknown; b"),
        ("a < b <3", "a < b <3"),
        ("mail <me@a.example>", "mail <me@a.example>"),
        ("a ]]> b", "a ]]> b"),
        ("a&#0;&#x1F;b", "ab"),
        ("a<br>b", "ab"),
        ("<![CDATA[a & b]]> & c", "a & b & c"),
    ],
)
def test_a_title_says_what_was_meant(written: str, meant: str) -> None:
    first, second = read(item(written, "1"))
    assert (first["title"], second["title"]) == (meant, "Next")


@pytest.mark.parametrize(
    "fault",
    [
        *("<description>one <p>two <br> three</description>", "<description>not closed <b>"),
        *("<description>closed </i> too often</p></description>", "<itunes:author>not closed"),
        "<description><![CDATA[a]]> & b ]]></description>",
        "<description><![CDATA[its end is missing</description>",
        "<description><![CDATA[its end is broken]></description>",
        *("<foo:bar>of no namespace</foo:bar>", '<category domain="a" domain="b">twice</category>'),
        *("<category domain=bare>unquoted</category>", "<?php echo 1 ?>", "<!DOCTYPE html>"),
        *("<!-- -- -->", "\x0b\x00"),
    ],
)
def test_no_fault_of_one_item_touches_what_follows_it(fault: str) -> None:
    first, second = read(item("First", "1", fault + "<link>https://a.example/1</link>"))
    clean, same = read(item("First", "1", "<link>https://a.example/1</link>"))
    assert second == same
    assert first["id"] == clean["id"]


def test_an_item_never_holds_another() -> None:
    missing = "<item><guid>1</guid><title>First</title>"
    assert [entry["title"] for entry in read(missing)] == ["First", "Next"]


def test_attributes_are_read_as_they_were_meant() -> None:
    enclosure = "<enclosure type=audio/mpeg url='https://a.example/1.mp3?a=1&b&#x3D;2' url='x'/>"
    assert read(item("a", "1", enclosure))[0]["audio_url"] == "https://a.example/1.mp3?a=1&b=2"


def test_prefixes_that_are_declared_nowhere_stand_for_what_goes_by_them() -> None:
    feed = "<rss><channel><item><title>a</title><itunes:explicit>yes</itunes:explicit></item>"
    assert entries(feed + "</channel></rss>")[0]["explicit"] is True


def test_what_the_end_cuts_off_is_no_address_and_no_id() -> None:
    whole = item("a", "https://a.example/1234", "<link>https://a.example/1234</link>")
    feed = f'<rss xmlns:itunes="{ITUNES}"><channel>{GOOD}{whole}'
    in_link, in_guid = (feed.index("</link>") - 2, feed.index("</guid>", feed.index("1234")) - 2)
    urls = [entry.get("url") for entry in entries(feed[:in_link])]
    assert urls == [None, "https://a.example/1234"]
    assert [entry["title"] for entry in entries(feed[:in_guid])] == ["Next"]


def test_nothing_that_stands_before_the_root_matters() -> None:
    before = "\n<br />\n<b>Warning</b>: <!-- <rss> --> <!DOCTYPE rss [<!ENTITY a '<feed>'>]>\n"
    feed = "<rss><channel><item><title>x&a;y</title></item></channel></rss>"
    assert entries(before + feed)[0]["title"] == "x&a;y"
