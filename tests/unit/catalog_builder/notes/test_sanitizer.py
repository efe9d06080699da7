"""Notes are shown by apps as they are, so nothing that runs, loads or looks is left in them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_builder.notes.sanitizer import MAX_TAGS, TAGS, sanitize

HOSTILE = [
    "<p>x</p><script>steal()</script>",
    "<p onclick=steal()>x</p>",
    '<a href="javascript:steal()">x</a>',
    '<a href=" java\nscript:steal()">x</a>',
    '<a href="data:text/html,<script>steal()</script>">x</a>',
    '<a href="//elsewhere.example/x">x</a><a href="/relative">y</a>',
    "<p>x</p><img src=x onerror=steal()>",
    "<p>x</p><svg><script>steal()</script></svg>",
    "<p style='background:url(//elsewhere.example)'>x</p><style>p{}</style>",
    "<p>x</p><iframe src=//elsewhere.example></iframe><form action=/><input name=q></form>",
    '<p>x</p><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1">',
    "<p>x</p><noscript><p title='</noscript><img src=x onerror=steal()>'>",
    "x<base href=//elsewhere.example><meta http-equiv=refresh content=0><link rel=stylesheet>",
    "<p>x</p><b" * 50,
]


class Reader(HTMLParser):
    """Refuses whatever a sanitised text may not have."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag in TAGS
        if tag == "a":
            assert given.pop("rel") == "noopener noreferrer"
            assert re.match(r"(https?|mailto):", given.pop("href", "https:") or "")
        assert not given

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


def check(markup: str) -> None:
    notes = sanitize(markup)
    if notes is not None:
        reader = Reader()
        reader.feed(notes.html)
        reader.close()
        assert notes.text


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_is_left_that_runs_or_loads_or_looks(markup: str) -> None:
    check(markup)
    notes = sanitize(markup)
    assert notes
    assert notes.text.startswith("x")


@given(st.lists(st.sampled_from([*HOSTILE, "<", ">", "</p>", "'", '"', "&lt;", "<!--", "]]>"])))
def test_no_mixture_of_hostile_pieces_leaves_more(pieces: list[str]) -> None:
    check("".join(pieces))


def test_paragraphs_lists_and_links_stay_and_give_lines_of_text() -> None:
    notes = sanitize(
        '<h2>About</h2><p class="x">Salt &amp; sand,\nby <a href="https://a.example/?b=1&c=2" '
        "target=_blank>Ada</a>.</p><ul><li>00:12 One<li>01:30 <b>Tw</b>o</ul><span>End</span>"
    )
    assert notes
    assert notes.html == (
        '<h2>About</h2><p>Salt &amp; sand,\nby <a href="https://a.example/?b=1&amp;c=2" '
        'rel="noopener noreferrer">Ada</a>.</p><ul><li>00:12 One</li><li>01:30 <b>Tw</b>o</li></ul>'
        "End"
    )
    assert notes.text == "About\nSalt & sand, by Ada.\n00:12 One\n01:30 Two\nEnd"


def test_plain_text_becomes_paragraphs() -> None:
    notes = sanitize("One <vector> &amp; two\nthree\n\n  \n4 > 3")
    assert notes
    assert notes.html == "<p>One &lt;vector&gt; &amp; two<br>three</p><p>4 &gt; 3</p>"
    assert notes.text == "One <vector> & two\nthree\n4 > 3"
    assert sanitize("<p><img src=x></p>") is None


@pytest.mark.parametrize(
    "markup",
    [
        "<ul><li>x" * (MAX_TAGS // 2 + 1),
        "<p>" + "".join(f"<b id={n}>" for n in range(1_000)) + "</p>" + "<p>x</p>" * 1_000,
    ],
)
def test_html_that_would_keep_a_parser_busy_becomes_plain_text(markup: str) -> None:
    notes = sanitize(markup)
    assert notes
    assert set(re.findall("<[^>]*>", notes.html)) <= {"<p>", "</p>", "<br>"}
    assert set(notes.text.split()) == {"x"}
