"""What an entry of a feed becomes."""

from pathlib import Path

import pytest

from adapters.rss.fields.episode import duration_s, primary_language
from adapters.rss.fields.ids import episode_id, guid_from_id, short_hash
from feed.model.markup import plain
from feed.ports.episodes import SourceRecord
from tests.support.feed_documents import ATOM, FULL, entries, item, rss_feed
from tests.support.feed_server import FeedServer, read


def test_an_itunes_episode_gives_every_field(server: FeedServer) -> None:
    url = server.serve("/full", FULL)
    full, bare = read(url)
    assert full == SourceRecord(
        f"{url}#0",
        {
            "id": f"{short_hash(url)}:1",
            "title": "Salt & light",
            "series": {"id": "917393e3-1b1e-5cef-ace4-edaa54e1f810", "name": "A show"},
            "published_at": "2024-01-01T09:00:00Z",
            "description": "One & two three",
            "categories": {"major": ["Science"], "subcategories": ["Chemistry"]},
            "image_url": "https://show.example/1.jpg",
            "audio_url": "https://show.example/1.mp3",
            "url": "https://show.example/1",
            "duration_s": 3723,
            "language": "en",
            "explicit": True,
        },
        url,
        "1",
    )
    assert bare == SourceRecord(
        f"{url}#1",
        {
            "id": "https://show.example/2.mp3",
            "title": "Bare",
            "series": {"id": "917393e3-1b1e-5cef-ace4-edaa54e1f810", "name": "A show"},
            "categories": {"major": ["Science"]},
            "image_url": "https://show.example/show.jpg",
            "published_at": "2024-01-02T00:00:00Z",
            "audio_url": "https://show.example/2.mp3",
            "language": "en",
            "explicit": False,
        },
        url,
        "https://show.example/2.mp3",
    )


def test_an_atom_entry_gives_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "atom"
    path.write_bytes(ATOM)
    assert read(str(path)) == [
        SourceRecord(
            f"{path}#0",
            {
                "id": "tag:atome.example,2024:1",
                "title": "Eins zwei",
                "series": {"id": short_hash(str(path)), "name": "Atome"},
                "published_at": "2024-05-06T05:08:09Z",
                "description": "Kurz",
                "categories": {"major": ["Physik"]},
                "audio_url": "https://atome.example/1.ogg",
                "url": "https://atome.example/1",
                "language": "de",
            },
            str(path),
            "tag:atome.example,2024:1",
        )
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("1:30", 90),
        ("01:00:01", 3601),
        ("90.5", 90),
        ("abc", None),
        ("0", None),
        ("", None),
        ("1:2:3:4", None),
        ("-5", None),
        ("9" * 5000, None),
        ("20231114", None),
        ("٣", None),
    ],
)
def test_a_duration_is_seconds_or_left_out(text: str, seconds: int | None) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    ("tag", "primary"),
    [("en-us", "en"), ("pt_BR", "pt"), ("DE", "de"), ("English", None), ("", None), ("e", None)],
)
def test_a_language_is_its_primary_tag(tag: str, primary: str | None) -> None:
    assert primary_language(tag) == primary


@pytest.mark.parametrize(
    ("said", "explicit"),
    [
        ("yes", True),
        ("Yes", True),
        ("true", True),
        ("explicit", True),
        ("no", False),
        ("false", False),
        ("clean", False),
        ("maybe", None),
    ],
)
def test_explicit_is_understood_in_all_its_spellings(said: str, explicit: bool | None) -> None:
    feed = rss_feed(item("a", more=f"<itunes:explicit>{said}</itunes:explicit>"))
    assert entries(feed, "https://show.example/")[0].get("explicit") is explicit


@pytest.mark.parametrize(
    ("guid", "kept"),
    [
        ("https://a.example/?p=1", True),
        ("917393e3-1b1e-5cef-ace4-edaa54e1f810", True),
        ("tag:a,2024:1", True),
        ("urn:x:1", True),
        ("1", False),
        ("episode-1", False),
    ],
)
def test_an_id_that_is_not_unique_in_the_world_is_made_so(guid: str, kept: bool) -> None:
    feed = rss_feed(item("a", guid))
    one = entries(feed, "https://one.example/")[0]["id"]
    other = entries(feed, "https://other.example/")[0]["id"]
    assert (one == other == guid) is kept
    assert one.endswith(guid)
    assert (one != other) is not kept


@pytest.mark.parametrize("length", [1, 498, 499, 500, 501, 512, 5_000])
@pytest.mark.parametrize("guid", ["g", "é", "https://a.example/ü"])
def test_an_id_is_never_too_long_to_be_stored(guid: str, length: int) -> None:
    guid = (guid * length)[: max(length, len(guid))]
    one, other = (episode_id(guid, f"https://{host}.example/") for host in ("one", "other"))
    assert len(one.encode()) <= 512
    assert guid_from_id(one) == guid_from_id(other)
    assert guid_from_id(one) in (guid, short_hash(guid))
    assert episode_id(guid + "x", "https://one.example/") != one


def test_a_saved_feed_gives_the_ids_that_it_gives_on_the_web(tmp_path: Path) -> None:
    atom = "http://www.w3.org/2005/Atom"
    head = f'<title>A</title><link xmlns="{atom}" rel="self" href="https://a.example/rss"/>'
    feed = rss_feed(item("a", "1"), head=head)
    (tmp_path / "feed.xml").write_bytes(feed)
    (record,) = read(str(tmp_path / "feed.xml"))
    assert isinstance(record, SourceRecord)
    assert record.fields["id"] == f"{short_hash('https://a.example/rss')}:1"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("re<b>al</b><br>one<li>two", "real one two"),
        ("a &lt; b &amp;&nbsp;c", "a < b & c"),
        ("3 < 4", "3 < 4"),
        ("<style>p{}</style>x", "x"),
        ("<![foo bar", ""),
        ("x <![foo bar> y", "x y"),
        ("<p>" + "y" * 30_000, "y" * 19_997),
    ],
)
def test_a_description_is_plain_text(markup: str, text: str) -> None:
    assert plain(markup).removesuffix("<![foo bar").strip() == text


def test_a_description_ends_after_2000_characters() -> None:
    long = rss_feed(item("a", more=f"<description>{'word ' * 5_000}</description>"))
    assert 1_990 < len(entries(long, "https://a.example/")[0]["description"]) <= 2_000


def test_links_that_lead_not_to_the_web_are_left_out() -> None:
    entry = item(
        "a",
        "1",
        more="<link>javascript:alert(1)</link><itunes:image href='data:image/png,x'/>"
        "<enclosure url='file:///etc/passwd' type='audio/mpeg'/>",
    )
    (fields,) = entries(rss_feed(entry), "https://a.example/")
    assert not {"url", "image_url", "audio_url"} & fields.keys()
