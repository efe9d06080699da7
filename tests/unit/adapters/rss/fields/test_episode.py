"""The fields of an episode, from its item and its channel."""

import pytest

from adapters.rss.fields.episode import duration_s, primary_language
from tests.support.feed_documents import entries, item, rss_feed

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
GROUP = f"""<media:group {MEDIA}><media:content url="/1.mp3"/>
  <media:content url="/2.mp3" isDefault="true"/></media:group>"""
LIVE = """<podcast:liveItem status="live"><title>Live</title><guid>live</guid>
  <pubDate>Mon, 05 Jan 2015 10:00:00 GMT</pubDate><itunes:explicit>yes</itunes:explicit>
  <itunes:image href="https://a.example/live.jpg"/><link>https://a.example/live</link>
  <enclosure url="https://a.example/live.mp3" type="audio/mpeg"/></podcast:liveItem>"""


def only(more: str, head: str = "<title>A show</title>", title: str = "a") -> dict[str, object]:
    return entries(rss_feed(item(title, "1", more), head=head))[0]


@pytest.mark.parametrize(
    "attributes",
    [
        *("", 'type=""', 'type="mp3"', 'type="x-audio/mp3"', 'type=" audio/mpeg "'),
        *('type="AUDIO/MPEG"', 'type="application/octet-stream"'),
        *('type="image/jpeg"', 'type="text/html"'),
    ],
)
def test_an_enclosure_that_is_named_as_audio_plays_whatever_its_type(attributes: str) -> None:
    enclosure = f'<enclosure url="https://a.example/1.mp3?x" {attributes}/>'
    assert only(enclosure)["audio_url"] == "https://a.example/1.mp3?x"


@pytest.mark.parametrize(
    ("enclosures", "plays"),
    [
        ('<enclosure url="/1.m4v" type="video/x-m4v"/>', "/1.m4v"),
        ('<enclosure url="/1.mp4"/><enclosure url="/1.mp3"/>', "/1.mp3"),
        ('<enclosure url="/1.jpg" type="image/jpeg"/><enclosure url="/1.mp3"/>', "/1.mp3"),
        ('<enclosure url="/1.m3u8" type="application/x-mpegURL"/><enclosure url="/1"/>', "/1.m3u8"),
        ('<enclosure url="/1.mp3"/><enclosure url="/1.m4a"/>', "/1.mp3"),
        ('<enclosure url=""/><enclosure url="/1.mp3"/>', "/1.mp3"),
        ('<enclosure url="/play?id=1"/>', "/play?id=1"),
        ('<enclosure url="/1.torrent" type="application/x-bittorrent"/>', None),
        ('<enclosure url="/v/1" type="application/x-shockwave-flash"/>', None),
        ('<enclosure url="/1.pdf" type="application/pdf"/>', None),
        (f'<media:content {MEDIA} url="/1.mp3"/>', "/1.mp3"),
        (f'<media:content {MEDIA} url="/1" medium="audio"/>', "/1"),
        (f'<media:content {MEDIA} url="/1" medium="image"/>', None),
        (f'<media:group {MEDIA}><media:content url="/1.mp4"/></media:group>', "/1.mp4"),
        (GROUP, "/2.mp3"),
    ],
)
def test_of_several_enclosures_one_is_taken_that_plays(enclosures: str, plays: str | None) -> None:
    expected = f"https://show.example{plays}" if plays else None
    assert only(enclosures).get("audio_url") == expected


@pytest.mark.parametrize(
    ("address", "absolute"),
    [
        ("https://a.example/a b.mp3", "https://a.example/a b.mp3"),
        ("HTTPS://A.example/1.mp3?", "HTTPS://A.example/1.mp3?"),
        (" //a.example/1.mp3\n", "https://a.example/1.mp3"),
        ("1.mp3", "https://show.example/1.mp3"),
    ],
)
def test_an_address_is_made_absolute_and_else_left_as_it_is(address: str, absolute: str) -> None:
    assert only(f'<enclosure url="{address}" type="audio/mpeg"/>')["audio_url"] == absolute


def test_relative_addresses_start_from_xml_base() -> None:
    assert only('<link xml:base="https://b.example/x/">1</link>')["url"] == "https://b.example/x/1"


def test_what_is_said_in_a_nested_element_is_said_of_nothing_else() -> None:
    nested = (
        LIVE
        + "<textInput><title>Search</title><link>https://a.example/s</link></textInput>"
        + "<image><title>Picture</title><url>https://a.example/p.jpg</url></image>"
        + '<source url="https://b.example/"><title>Other</title></source>'
    )
    found = only(nested, head=nested + "<title>A show</title><link>https://a.example/</link>")
    assert found["title"] == "a"
    assert found["series"]["name"] == "A show"  # type: ignore[index]
    assert found["image_url"] == "https://a.example/p.jpg"
    assert not {"audio_url", "explicit", "url", "published_at"} & found.keys()


@pytest.mark.parametrize(
    ("explicit", "flags"),
    [
        (True, ["yes", " Yes ", "true", "TRUE", "<![CDATA[true]]>", "\nexplicit\n"]),
        (False, ["no", "false", "clean"]),
        (None, ["maybe", ""]),
    ],
)
def test_explicit_is_understood_in_all_its_spellings(
    explicit: bool | None, flags: list[str]
) -> None:
    feed = rss_feed(*(item(x, more=f"<itunes:explicit>{x}</itunes:explicit>") for x in flags))
    assert [one.get("explicit") for one in entries(feed)] == [explicit] * len(flags)


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "http://www.itunes.com/DTDs/Podcast-1.0.dtd",
        "https://www.itunes.com/dtds/podcast-1.0.dtd/",
    ],
)
def test_namespaces_count_in_all_their_spellings_and_prefixes_do_not(namespace: str) -> None:
    feed = f"""<rss xmlns:ns0="{namespace}" xmlns:itunes="https://other.example/"><channel><item>
      <title>a</title><ns0:explicit>yes</ns0:explicit><itunes:explicit>no</itunes:explicit>
      </item></channel></rss>"""
    assert entries(feed)[0]["explicit"] is True


def test_keywords_are_no_categories_and_case_and_space_make_no_second_one() -> None:
    head = (
        "<title>A</title><itunes:keywords>sea, salt</itunes:keywords>"
        '<itunes:category text="Arts"><itunes:category text="Visual  Arts"/></itunes:category>'
        "<category>ARTS </category><category><![CDATA[visual arts]]></category>"
    )
    assert only("", head)["categories"] == {"major": ["Arts", "Visual Arts"]}


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        ("<title></title><itunes:title>Ropes</itunes:title>", "Ropes"),
        ("<itunes:title>Ropes</itunes:title><title>Knots</title>", "Knots"),
        ("<description>&lt;p&gt;Waves, in short.&lt;/p&gt;</description>", "Waves, in short."),
        (f"<description>{'word ' * 40}</description>", f"{'word ' * 15}word…"),
        ("<title>Tides &lt;i&gt;now&lt;/i&gt;</title>", "Tides now"),
        ("<title><![CDATA[Tides <i>now</i> &amp; then]]></title>", "Tides now & then"),
        ("<title>C++ &lt;vector&gt;</title>", "C++ <vector>"),
        ("<title>AT&amp;amp;T &amp;section 5</title>", "AT&T &section 5"),
        ("<title>It&#146;s</title>", "It\u2019s"),
        ("<title>Tides <i>now</i></title>", "Tides now"),
    ],
)
def test_a_title_is_text_and_never_missing_while_something_is_said(titles: str, title: str) -> None:
    feed = rss_feed(f"<item><guid>1</guid>{titles}</item>")
    assert entries(feed)[0]["title"] == title


@pytest.mark.parametrize(
    "notes",
    [
        "&lt;p&gt;Salt &amp;amp; light&lt;/p&gt;",
        "&lt;p&gt;Salt &amp;amp;<br> &lt;i&gt;light&lt;/i&gt;",
        "<p>Salt &amp;amp; &lt;b>light",
        "<![CDATA[<p>Salt &amp;]]><br/>light",
    ],
)
def test_notes_are_text_though_some_of_their_html_is_escaped_and_some_is_not(notes: str) -> None:
    assert only(f"<description>{notes}</description>")["description"] == "Salt & light"


def test_in_xhtml_what_is_escaped_is_text() -> None:
    notes = "<content type='xhtml'><div>Close &lt;p&gt; or <i>not</i></div></content>"
    assert only(notes)["description"] == "Close <p> or not"


@pytest.mark.parametrize(
    ("images", "image"),
    [
        ("<media:thumbnail {m} url='/t.jpg'/><itunes:image href='/i.jpg'/>", "/i.jpg"),
        ("<itunes:image href=''/><media:thumbnail {m} url='/t.jpg'/>", "/t.jpg"),
        ("<image><url>/p.jpg</url></image><media:thumbnail {m} url='/t.jpg'/>", "/t.jpg"),
        ("<image><url>/p.jpg</url></image>", "/p.jpg"),
        ("<itunes:image>/i.jpg</itunes:image>", "/i.jpg"),
        ("<itunes:image><url>/i.jpg</url></itunes:image>", "/i.jpg"),
        ("<media:content {m} url='/author.jpg' medium='image'/>", "/show.jpg"),
        ("", "/show.jpg"),
    ],
)
def test_the_cover_is_that_of_itunes_then_others_then_the_show_s(images: str, image: str) -> None:
    head = "<image><url>/logo.jpg</url></image><itunes:image href='/show.jpg'/><title>A</title>"
    found = only(images.format(m=MEDIA), head)
    assert found["image_url"] == f"https://show.example{image}"


def test_people_transcripts_chapters_and_numbers_are_read() -> None:
    more = """<podcast:person role="guest">Ada  Byron</podcast:person>
      <podcast:person>ada byron</podcast:person>
      <podcast:transcript url="/1.html" type="text/html"/>
      <podcast:transcript url="/1.vtt" type="text/vtt"/>
      <podcast:chapters url="/1.json" type="application/json+chapters"/>
      <itunes:season>1</itunes:season><podcast:season name="Two">2</podcast:season>
      <podcast:episode>3.5</podcast:episode>"""
    found = only(more, "<title>A</title><podcast:person>Host</podcast:person>")
    assert found["people"] == ["Ada Byron"]
    assert found["transcript_url"] == "https://show.example/1.vtt"
    assert found["chapters_url"] == "https://show.example/1.json"
    assert (found["season_number"], found["episode_number"]) == (2, 3.5)
    assert only("", "<title>A</title><podcast:person>Host</podcast:person>")["people"] == ["Host"]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (3723, ["1:02:03", "62:03", " 1 : 02 : 03 ", "3723.5", "1h 2m 3s", "PT1H2M3S"]),
        (3720, ["1 hr 2 min", "62 minutes"]),
        (3601, ["01:00:01"]),
        (90, ["1:30", "90"]),
        (None, ["0", "", "1:2:3:4", "9" * 5000, "٣", "-5", "-1:02:03", "20231114", "long", "PT"]),
    ],
)
def test_a_duration_is_read_in_all_its_forms(seconds: int | None, written: list[str]) -> None:
    assert [duration_s(text) for text in written] == [seconds] * len(written)


@pytest.mark.parametrize(
    ("item", "show", "authors"),
    [
        ("<itunes:author>Ann Lee, Bo Ek</itunes:author>", "", ["Ann Lee, Bo Ek"]),
        ("<author>ann@example.com (Ann Lee)</author>", "", ["Ann Lee"]),
        ("<author>ann@example.com</author>", "<author>Radio</author>", ["Radio"]),
        ("<author><name>Ann Lee</name><email>a@b.example</email></author>", "", ["Ann Lee"]),
        ("<dc:creator>Ann Lee</dc:creator>", "<itunes:author>Radio</itunes:author>", ["Ann Lee"]),
        ("", "", None),
    ],
)
def test_authors_are_those_of_the_item_or_else_of_the_show(
    item: str, show: str, authors: list[str] | None
) -> None:
    assert only(item, f"<title>A</title>{show}").get("authors") == authors


@pytest.mark.parametrize(
    ("written", "kind"), [("Trailer", "trailer"), ("bonus", "bonus"), ("full", None), ("x", None)]
)
def test_a_trailer_or_bonus_is_told_from_an_episode(written: str, kind: str | None) -> None:
    found = only(f"<itunes:episodeType>{written}</itunes:episodeType>")
    assert found.get("episode_type") == kind


@pytest.mark.parametrize(
    ("block", "is_read"),
    [
        ("<itunes:block>Yes</itunes:block>", False),
        ("<itunes:block> YES\n</itunes:block>", False),
        ("<itunes:block>no</itunes:block>", True),
        ("<podcast:block>yes</podcast:block>", False),
        ('<podcast:block id="amazon">yes</podcast:block>', True),
    ],
)
def test_what_asks_to_be_in_no_directory_is_left_out(block: str, is_read: bool) -> None:
    episode, show = rss_feed(item("a", more=block)), rss_feed(item("a"), head=block)
    assert [bool(entries(feed)) for feed in (episode, show)] == [is_read, is_read]
    assert all(entries(feed, include_blocked=True) for feed in (episode, show))


def test_rss_1_with_its_items_beside_the_channel_is_read() -> None:
    feed = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel><title>A</title><dc:language>ja</dc:language></channel>
      <image><url>https://a.example/i.jpg</url></image>
      <item><title>x</title><link>https://a.example/1</link>
      <dc:date>2026-01-05T10:00:00+09:00</dc:date></item></rdf:RDF>"""
    (found,) = entries(feed)
    assert found["id"] == found["url"] == "https://a.example/1"
    assert found["published_at"] == "2026-01-05T01:00:00Z"
    assert found["image_url"] == "https://a.example/i.jpg"
    assert (found["series"]["name"], found["language"]) == ("A", "ja")


def test_an_xhtml_title_of_atom_is_text() -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry>
      <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Tides <i>now</i></div></title>
      <id>tag:a.example,2026:1</id><published>2026-01-05T10:00:00Z</published>
      <updated>2026-01-06T10:00:00Z</updated></entry></feed>"""
    (found,) = entries(feed)
    assert (found["title"], found["published_at"]) == ("Tides now", "2026-01-05T10:00:00Z")


@pytest.mark.parametrize(
    ("tag", "primary"),
    [("en-us", "en"), ("pt_BR", "pt"), ("DE", "de"), ("English", None), ("", None), ("e", None)],
)
def test_a_language_is_its_primary_tag(tag: str, primary: str | None) -> None:
    assert primary_language(tag) == primary


def test_a_description_ends_after_2000_characters() -> None:
    (found,) = entries(rss_feed(item("a", more=f"<description>{'word ' * 5_000}</description>")))
    assert 1_990 < len(found["description"]) <= 2_000


def test_links_that_lead_not_to_the_web_are_left_out() -> None:
    links = "<link>javascript:alert(1)</link><itunes:image href='data:image/png,x'/>"
    found = only(links + "<enclosure url='file:///etc/passwd' type='audio/mpeg'/>")
    assert not {"url", "image_url", "audio_url"} & found.keys()


ENCODED = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
HTML = '<p>All of it, with <a href="https://a.example/">a link</a>.</p>'


@pytest.mark.parametrize(
    ("more", "notes"),
    [
        ("<description>In short.</description>", None),
        ("<description>In short\n00:12 and long.</description>", "In short\n00:12 and long."),
        (f"<description><![CDATA[{HTML}]]></description>", HTML),
        (
            (
                "<description>In short.</description>"
                f"<content:encoded {ENCODED}><![CDATA[{HTML}]]></content:encoded>"
            ),
            HTML,
        ),
        (
            (
                f"<description>{'word ' * 30}</description>"
                f"<content:encoded {ENCODED}>&lt;p&gt;word&lt;/p&gt;</content:encoded>"
            ),
            None,
        ),
    ],
)
def test_notes_are_the_longest_description_if_the_card_lacks_some_of_it(
    more: str, notes: str | None
) -> None:
    assert only(more).get("notes") == notes


def test_all_of_a_long_description_is_in_the_notes() -> None:
    (found,) = entries(rss_feed(item("a", more=f"<description>{'word ' * 5_000}</description>")))
    assert found["notes"] == ("word " * 5_000).strip()
