"""Hypothesis strategies for well-formed feeds, in the variations that publishers use."""

from hypothesis import strategies as st

NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
TITLES = [
    *("Salt & light", "C++ <vector>, explained", "  spaced \n out ", "日本語のタイトル", "R&D"),
    *("☕ 5", "a < b > c", "100% & more", "<3", "&section 5", "Q&A &copy me"),
    *("foo\u00a0bar", "\u200bzero"),
]
GUIDS = [
    *("abc-{n}", "https://a.example/?p={n}&q=2", "tag:a.example,2010:tracks/{n}"),
    *("{n} at http://x", "gid://art19/V0/{n}", "http://a.example/A B {n}"),
    *("https://a.example/{n}?", "https://é.example/{n}"),
]
DATES = [
    *("Mon, 05 Jan 2026 10:00:00 GMT", "Mon, 5 Jan 2026 10:00:00 -0500", "05 Jan 2026 10:00 +0100"),
    *("Mon, 05 Jan 26 10:00:00 PDT", "2026-01-05T10:00:00+02:00", "Mon, 05 Jan 2026 10:00:00"),
    *("Monday, 05 January 2026 10:00:00 UT", "Mon Jan  5 10:00:00 2026", "2026-01-05T10:00:00Z"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 31 Feb 2026 10:00:00 GMT"),
    "Mon, 05-Jan-2026 10:00:00 GMT",
]
ENCLOSURES = [
    '<enclosure url="https://c.example/{n}.mp3?a=1&amp;b=2" length="1" type="audio/mpeg"/>',
    '<enclosure url=" https://c.example/a b {n}.mp3 " type="audio/mpeg"></enclosure>',
    '<enclosure url="https://c.example/{n}.m4v" type="video/x-m4v"/>',
    '<enclosure url="https://c.example/{n}"/>',
    (
        '<enclosure url="https://c.example/{n}.jpg" type="image/jpeg"/>'
        '<enclosure url="https://c.example/{n}.mp3" type="audio/mpeg"/>'
    ),
    (
        '<media:content url="https://c.example/{n}.mp3" type="audio/mpeg"/>'
        '<enclosure url="https://c.example/{n}.mp3" type="audio/mpeg"/>'
    ),
    "",
]
IMAGES = [
    '<itunes:image href="https://i.example/{n}.jpg?a=1&amp;b=2"/>',
    '<itunes:image href=" https://i.example/{n}.jpg "></itunes:image>',
    '<media:content url="https://i.example/author.png" medium="image"/>',
    '<itunes:image href=""/>',
    "",
]
FLAGS = [
    *("yes", "no", "true", "false", "clean", "Yes", " NO ", "explicit", "maybe", "<![CDATA[yes]]>"),
]
NESTED = [
    (
        "<podcast:liveItem><title>Live</title><guid>live</guid><itunes:explicit>yes</itunes:explicit>"
        '<enclosure url="https://c.example/live.mp3" type="audio/mpeg"/></podcast:liveItem>'
    ),
    '<source url="https://b.example/"><title>Other</title></source>',
    "<textInput><title>Search</title><link>https://t.example/</link></textInput>",
    "<media:group><media:title>Part</media:title></media:group>",
    "<dc:date>2001-01-01</dc:date><dc:title>Other</dc:title>",
    "",
]
OF_SHOW = [
    "<image><url>https://i.example/logo.jpg</url><title>Logo</title></image>",
    '<itunes:image href="https://i.example/show.jpg"/>',
    "<itunes:explicit>no</itunes:explicit>",
    "<language>en-us</language>",
    "<link>https://a.example/</link>",
    '<atom:link rel="self" href="https://a.example/feed" type="application/rss+xml"/>',
]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def _text(draw: st.DrawFn, text: str) -> str:
    forms = [_escaped(text), f"<![CDATA[{text}]]>", f"\n  <![CDATA[{text}]]>\n"]
    forms += [_escaped(text[:3]) + f"<![CDATA[{text[3:]}]]>", f"<!-- x -->{_escaped(text)}"]
    return draw(st.sampled_from(forms))


@st.composite
def items(draw: st.DrawFn, number: int, notes: str | None = None) -> str:
    """An item, of which nothing is the same as of one of another number but its form."""

    def chosen(values: list[str]) -> str:
        return draw(st.sampled_from(values))

    notes = draw(_text("Notes, <p>of course</p>")) if notes is None else notes
    title, guid = chosen(TITLES), chosen(GUIDS).format(n=number)
    parts = [
        f"<title>{draw(_text(title))}</title>",
        f'<guid isPermaLink="false">{draw(_text(guid))}</guid>',
        f"<pubDate>{draw(_text(chosen(DATES)))}</pubDate>",
        f"<itunes:explicit>{chosen(FLAGS)}</itunes:explicit>",
        f"<description>{notes}</description>",
        chosen(ENCLOSURES).format(n=number),
        chosen(IMAGES).format(n=number),
        chosen(NESTED),
    ]
    return f"<item>{''.join(draw(st.permutations(parts)))}</item>"


@st.composite
def feeds(draw: st.DrawFn) -> str:
    """A whole feed of one to three items."""
    of_show = draw(st.lists(st.sampled_from(OF_SHOW), unique=True))
    title = f"<title>{draw(_text(draw(st.sampled_from(TITLES))))}</title>"
    head = "".join(draw(st.permutations([title, *of_show])))
    body = "".join(draw(items(n)) for n in range(draw(st.integers(1, 3))))
    both = head + body if draw(st.booleans()) else body + head
    return f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}><channel>{both}</channel></rss>'
