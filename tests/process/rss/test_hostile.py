"""What holds for all inputs."""

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.rss.parser.document import NotAFeedError, parse_document
from adapters.rss.source import RssSource
from feed.ports.episodes import SourceRecord
from feed.ports.errors import Unavailable

hostile = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [
            b"<rss>",
            b"<channel>",
            b"<item>",
            b"</item>",
            b"<title>",
            b"<guid>1</guid>",
            b"<opml>",
            b"<![CDATA[",
            b"<!DOCTYPE x [",
            b"<!ENTITY a 'b'>",
            b"&a;",
            b"]]>",
            b"<!--",
            b"<feed>",
            b"<entry>",
            b"<link href='//['/>",
            b"<outline xmlUrl='//['/>",
            b"<pubDate>99</pubDate>",
            b"<enclosure url='http://[' type='audio/x'/>",
            b"<image>",
            b"<category>",
            b"\xff\xfe",
            b"<itunes:duration>",
            b"<itunes:image href='\x00'/>",
            b"&#xd800;",
            b"&#99999999;",
            b"<summary>",
            b"<content type='xhtml'>",
            b"<description>",
            b"&lt;![x",
            b"<language>",
        ]
    ),
    max_size=30,
).map(b"".join)


@given(body=hostile)
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_become_entries_or_a_problem(body: bytes) -> None:
    with contextlib.suppress(NotAFeedError):
        parse_document(body, "https://a.example/", lines_allowed=True)


@given(bodies=st.lists(hostile, min_size=1, max_size=3))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_arbitrary_files_raise_nothing_but_unavailable(tmp_path: Path, bodies: list[bytes]) -> None:
    paths = [tmp_path / str(n) for n in range(len(bodies))]
    for path, body in zip(paths, bodies, strict=True):
        path.write_bytes(body)
    source = RssSource([str(path) for path in paths], None, timeout_s=1)
    try:
        results = list(source.read())
    except Unavailable:
        return
    assert any(isinstance(result, SourceRecord) for result in results)
