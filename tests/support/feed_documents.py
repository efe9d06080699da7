"""Feed documents for tests: complete, minimal and hostile."""

import zlib
from typing import Any

from adapters.rss.parser.document import Feed, parse_document

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"


def rss_feed(*items: str, head: str = "<title>A show</title>") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:itunes="{ITUNES}" '
        f'xmlns:podcast="{PODCAST}"><channel>{head}{"".join(items)}</channel></rss>'
    ).encode()


def item(title: str, guid: str | None = None, more: str = "") -> str:
    guid = f"https://show.example/{title}" if guid is None else guid
    return f"<item><title>{title}</title><guid>{guid}</guid>{more}</item>"


def entries(
    body: bytes | str, url: str = "https://show.example/feed", **options: Any
) -> list[dict[str, Any]]:
    """Fields of each episode of a feed, in its order."""
    found = parse_document(body.encode() if isinstance(body, str) else body, url, **options)
    assert isinstance(found, Feed)
    return found.entries


def raw_deflate(body: bytes) -> bytes:
    """A deflated body without zlib's header, as some servers send it."""
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(body) + deflate.flush()


FULL = rss_feed(
    """<item><title>Salt &amp; light</title><guid isPermaLink="false">1</guid>
      <link>https://show.example/1</link><pubDate>Mon, 01 Jan 2024 10:00:00 +0100</pubDate>
      <description>&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;three&lt;/p&gt;
        &lt;script&gt;evil()&lt;/script&gt;</description>
      <category>Chemistry</category><category>chemistry</category>
      <enclosure url="https://show.example/1.mp3" type="audio/mpeg" length="1"/>
      <itunes:duration>1:02:03</itunes:duration><itunes:explicit>true</itunes:explicit>
      <itunes:image href="https://show.example/1.jpg"/></item>""",
    """<item><title>Bare</title><enclosure url="ftp://show.example/2.mp3" type="audio/mpeg"/>
      <enclosure url="https://show.example/2.mp4" type="video/mp4"/>
      <enclosure url="https://show.example/2.mp3" type="audio/mpeg"/>
      <itunes:duration>abc</itunes:duration><pubDate>2024-01-02</pubDate></item>""",
    head="""<title>A show</title><language>en-us</language><itunes:explicit>no</itunes:explicit>
      <podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
      <itunes:category text="Science"/><itunes:keywords>salt, light</itunes:keywords>
      <itunes:image href="https://show.example/show.jpg"/>""",
)

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de-DE"><title>Atome</title>
  <category term="Physik"/>
  <entry><id>tag:atome.example,2024:1</id><title type="html">Eins &lt;b&gt;zwei&lt;/b&gt;</title>
    <updated>2024-05-06T07:08:09+02:00</updated><summary>Kurz</summary>
    <link rel="alternate" href="https://atome.example/1"/>
    <link rel="enclosure" type="audio/ogg" href="https://atome.example/1.ogg"/></entry></feed>"""

ENTITY_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    + "]><rss version='2.0'><channel><title>&k;</title></channel></rss>"
).encode()
