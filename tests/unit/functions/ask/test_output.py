"""What comes out of an answer: citations of given sources, and neither links nor markup."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ask.output import OutputFilter

PIECES = st.sampled_from(
    [
        *("[1]", "[2]", "[9]", "[1, 9]", " [3]", "[", "]", "[1", "12]", "[99", ",", "9", " ", "\n"),
        *("http://", "https://x.example/a?b", "HtTp", "s://", ":", "/", "//", "www", "www.", "."),
        *("<b>", "<", ">", "](", "(", ")", "x", "\u202e", "\u200b", "\U000e0041", "Zürich", "好"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)


def filtered(text: str, sources: int = 3, cuts: tuple[int, ...] = ()) -> str:
    output = OutputFilter(sources)
    bounds = [0, *sorted(cuts), len(text)]
    parts = [text[a:b] for a, b in pairwise(bounds)]
    return "".join([*map(output.feed, parts), output.close()])


@given(TEXTS, st.lists(st.integers(0, 100), max_size=8))
def test_the_way_a_text_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    cuts = [min(cut, len(text)) for cut in cuts]
    assert filtered(text, cuts=tuple(cuts)) == filtered(text)


@given(TEXTS, st.integers(0, 3))
def test_what_comes_out_cites_given_sources_alone_and_has_no_links(text: str, sources: int) -> None:
    out = filtered(text, sources)
    cited = re.findall(r"\[([^\]]*)\]?", out)
    assert all(one.isdigit() and 1 <= int(one) <= sources for one in cited)
    assert out.count("[") == out.count("]") == len(cited)
    assert not re.search(r"://|(?<![^\W_])www\.|[<>]|\]\(|\]:", out, re.IGNORECASE)
    assert not re.search("[\u200b\u202e\U000e0041]", out)


@pytest.mark.parametrize(
    ("text", "expected", "removed"),
    [
        ("Stars form [1], and die [7].", "Stars form [1], and die.", 1),
        ("Both [1, 2; 8] say so.", "Both [1][2] say so.", 1),
        ("[laughs] 3 < 4 [1", "(laughs) 3 \u2039 4 (1", 0),
        ("See ![x](https://evil.example/?q=1) now", "See !(x)(\u2026) now", 0),
        ("www.evil.example, [1](/api/me)", "\u2026 [1] (/api/me)", 0),
        ("a:[9]//b [9][9]", "a:/ /b", 3),
    ],
)
def test_a_text_is_kept_as_far_as_it_may(text: str, expected: str, removed: int) -> None:
    output = OutputFilter(3)
    assert output.feed(text) + output.close() == expected
    assert output.citations_removed == removed
