"""An entry of a feed becomes a record."""

from pathlib import Path

from adapters.rss.fields.ids import short_hash
from feed.ports.episodes import SourceRecord
from tests.support.feed_documents import ATOM, FULL, item, rss_feed
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
            "notes": "<p>One &amp; two</p><p>three</p>\n        <script>evil()</script>",
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


def test_a_saved_feed_gives_the_ids_that_it_gives_on_the_web(tmp_path: Path) -> None:
    atom = "http://www.w3.org/2005/Atom"
    head = f'<title>A</title><link xmlns="{atom}" rel="self" href="https://a.example/rss"/>'
    feed = rss_feed(item("a", "1"), head=head)
    (tmp_path / "feed.xml").write_bytes(feed)
    (record,) = read(str(tmp_path / "feed.xml"))
    assert isinstance(record, SourceRecord)
    assert record.fields["id"] == f"{short_hash('https://a.example/rss')}:1"
