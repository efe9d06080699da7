"""What holds for all feeds.

Of a well-formed feed we say what lxml and podcastparser agree on, but for the exceptions that
docs/adr/0015-feeds.md lists with their reasons.
"""

import contextlib
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import mktime_tz, parsedate_tz
from typing import Any

import podcastparser
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.rss.fields.ids import guid_from_id
from adapters.rss.parser.document import NotAFeedError, parse_document
from tests.support.feed_documents import ITUNES, entries
from tests.support.feed_strategies import NAMESPACES, feeds, items

URL = "https://feeds.example/show"
EXPLICIT = dict.fromkeys(("yes", "true", "explicit"), True)
EXPLICIT |= dict.fromkeys(("no", "clean", "false"), False)
FAULTS = [
    *("&", "&nbsp;", "&lang=", "&#0;", "a < b", "<3", "<br>", "<p>", "</p>", "<b", "]]>", "\x0b"),
    *("<x@y.z>", "<img src='a' src=b>", "<a href=x>", "</i>", "<?php ?>"),
    *("<![CDATA[&]]>&", "<u:v/>"),
]


@given(data=st.data(), fault=st.sampled_from(FAULTS))
@settings(max_examples=150, deadline=None)
def test_a_fault_in_the_notes_of_one_item_changes_nothing_else(
    data: st.DataObject, fault: str
) -> None:
    before, after = data.draw(items(1)), data.draw(items(3))
    sound = data.draw(items(2, notes="NOTES"))

    def read(notes: str) -> list[dict[str, Any]]:
        body = before + sound.replace("NOTES", notes) + after
        feed = f"<rss {NAMESPACES}><channel><title>A</title>{body}</channel></rss>"
        found = entries(feed, URL)
        for name in ("description", "notes"):
            found[1].pop(name, None)
        return found

    assert read(f"one {fault} two") == read("one two")


@given(feed=feeds())
@settings(max_examples=150, deadline=None)
def test_of_a_sound_feed_we_say_what_lxml_and_podcastparser_agree_on(feed: str) -> None:
    ours = entries(feed, URL)
    theirs = podcastparser.parse(URL, io.BytesIO(feed.encode()))
    by_id = {one["guid"]: one for one in theirs["episodes"]}
    for found, plainly in zip(ours, _plainly(feed), strict=True):
        other = by_id[plainly["id"]]
        assert guid_from_id(found["id"]) == plainly["id"]
        assert found["title"] == plainly["title"] == other["title"]
        if plainly["at"] == other["published"]:
            assert datetime.fromisoformat(found["published_at"]).timestamp() == plainly["at"]
        if plainly["image"] and plainly["image"] == other.get("episode_art_url"):
            assert found["image_url"] == plainly["image"]
        if plainly["explicit"] is not None:
            assert found["explicit"] == plainly["explicit"] == other["explicit"]
        played = {one["url"] for one in other["enclosures"]} & plainly["played"]
        assert found.get("audio_url") in (played or {None})


def _plainly(feed: str) -> Iterator[Mapping[str, Any]]:
    """Each item as anybody would read it with lxml."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, remove_comments=True)
    for item in etree.fromstring(feed.encode(), parser).findall("channel/item"):
        said = {child.tag: child for child in reversed(item)}
        image = said.get(f"{{{ITUNES}}}image")
        written = parsedate_tz(said["pubDate"].text.strip())
        flag = " ".join((said[f"{{{ITUNES}}}explicit"].text or "").split()).lower()
        yield {
            "id": said["guid"].text.strip(),
            "title": re.sub(r"\s+", " ", said["title"].text.strip()),
            "at": mktime_tz(written) if written else None,
            "explicit": EXPLICIT.get(flag),
            "image": image.get("href").strip() if image is not None else None,
            "played": {
                one.get("url").strip()
                for one in item.findall("enclosure")
                if one.get("type") != "image/jpeg"
            },
        }


PIECES = (
    b"<rss>|<channel>|<item>|</item>|<title>|<guid>1</guid>|<opml>|<![CDATA[|<!DOCTYPE x [|"
    b"<!ENTITY a 'b'>|&a;|]]>|<!--|<feed>|<entry>|<link href='//['/>|<outline xmlUrl='//['/>|"
    b"<pubDate>99</pubDate>|<enclosure url='http://[' type='audio/x'/>|<image>|<category>|"
    b"\xff\xfe|<itunes:duration>|<itunes:image href='\x00'/>|&#xd800;|&#99999999;|<summary>|"
    b"<content type='xhtml'>|<description>|&lt;![x|<language>"
).split(b"|")
HOSTILE = st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


@given(body=HOSTILE)
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_become_entries_or_a_problem(body: bytes) -> None:
    with contextlib.suppress(NotAFeedError):
        parse_document(body, "https://a.example/", lines_allowed=True)
