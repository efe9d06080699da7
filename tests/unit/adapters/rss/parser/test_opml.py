"""OPML lists, well formed or not."""

import pytest

from adapters.rss.parser.opml import parse_opml

HEAD = '<?xml version="1.0"?>\n<opml version="2.0"><head><title>Mine</title></head><body>'
END = "</body></opml>"


def locations(body: str) -> list[str]:
    return parse_opml(HEAD + body + END)[0]


@pytest.mark.parametrize(
    "text",
    [
        *("Salt & sand", "Salt&nbsp;sand", "Caf&eacute;", "R&D;", "&", "&#0;", "&#xD800;", "&foo;"),
        *("a < b", 'a "b" c'),
    ],
)
def test_what_one_show_is_called_loses_no_other(text: str) -> None:
    one, other = '<outline text="a" xmlUrl="one"/>', '<outline text="b" xmlUrl="other"/>'
    found = locations(f'{one}<outline text="{text}" xmlUrl="here"/>{other}')
    assert found == ["one", "here", "other"]


@pytest.mark.parametrize(
    ("outline", "found"),
    [
        ('<outline XMLURL="a"/>', ["a"]),
        ('<outline xmlurl=" a\n"/>', ["a"]),
        ('<OUTLINE xmlUrl="a"/>', ["a"]),
        ('<o:outline xmlns:o="urn:o" o:xmlUrl="a"/>', ["a"]),
        ('<outline type="include" url="a.opml"/>', ["a.opml"]),
        ('<outline type="Link" url="http://x/a.OPML?v=1"/>', ["http://x/a.OPML?v=1"]),
        ('<outline type="link" url="http://x/"/>', []),
        ('<outline xmlUrl="http://a/?x=1&copy=2&y&amp;z=&#38;"/>', ["http://a/?x=1&copy=2&y&z=&"]),
        ('<outline type="rss" url="a"/>', ["a"]),
        ('<outline type="rss" xmlUrl="a" url="b" htmlUrl="c"/>', ["a"]),
        ('<outline text="no address"/>', []),
        ('<outline text="f"><outline text="g"><outline xmlUrl="a"/></outline></outline>', ["a"]),
        ('<!-- <outline xmlUrl="a"/> --><outline xmlUrl="b"/>', ["b"]),
        ('<outline xmlUrl="a"><outline xmlUrl="b">', ["a", "b"]),
        ('<outline xmlUrl="a"/><outline type=rss xmlUrl=b/><outline xmlUrl="c"/>', ["a", "b", "c"]),
        ('<outline type="rss" type="rss" xmlUrl="a"/>', ["a"]),
    ],
)
def test_an_outline_names_a_feed_or_a_list(outline: str, found: list[str]) -> None:
    assert locations(outline) == found


def test_a_list_that_is_malformed_says_where() -> None:
    assert "line 2" in (parse_opml(f'{HEAD}<outline xmlUrl="a" </opml>')[1] or "")
    assert parse_opml(f"{HEAD}{END}") == ([], "no feed is listed")
