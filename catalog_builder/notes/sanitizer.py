"""Sanitises notes: HTML that an app may show as it is, and text without markup."""

import html
import re

import nh3

from catalog_builder.texts.spool import TextRules
from feed.model.markup import description_text, html_lines, is_html
from feed.model.stored_texts import TextKind
from feed.snapshot.texts import Notes, encode_frame

MAX_NOTES_CHARS = 100_000
"""of one episode's notes; longer ones are cut"""
POLICY = 1
"""version of these rules: notes on the shelf that other rules sanitised are sanitised again"""
TAGS = frozenset(
    {"a", "abbr", "article", "b", "blockquote", "br", "cite", "code", "dd", "div", "dl", "dt"}
    | {"em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "mark"}
    | {"ol", "p", "pre", "s", "section", "small", "strong", "sub", "sup", "table", "tbody", "td"}
    | {"tfoot", "th", "thead", "tr", "u", "ul"}
)
"""elements that stay; of others only the text does"""
SCHEMES = frozenset({"http", "https", "mailto"})
MAX_TAGS = 4_000
"""of one episode's notes. Nested deeply, more would take an HTML parser seconds"""
MAX_REOPENED = 200_000
"""formatting elements with attributes, times all tags. An HTML parser opens each that is not closed
again in every paragraph, so that 30 KB may become 20 MB"""

_TAG = re.compile(r"<[/!?A-Za-z][^<>]*>?")
_FORMATTING = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]", re.IGNORECASE
)
_PARAGRAPHS = re.compile(r"\n\s*\n")


def sanitize(notes: str) -> Notes | None:
    """Returns the notes of an episode, given as HTML or as plain text; None if they say nothing.

    Links lead to addresses of `SCHEMES`, and have `rel="noopener noreferrer"`; no other attribute
    is left. HTML of too many tags becomes plain text.
    """
    if is_html(notes) and not _is_costly(notes):
        clean = nh3.clean(
            notes,
            tags=set(TAGS),
            attributes={"a": {"href"}},
            url_schemes=set(SCHEMES),
            url_relative="deny",
            link_rel="noopener noreferrer",
        ).strip()
    else:
        clean = _paragraphs(_TAG.sub("\n", notes) if is_html(notes) else notes)
    text = html_lines(clean)
    return Notes(clean, text) if text else None


def _is_costly(notes: str) -> bool:
    tags = notes.count("<")
    return tags > MAX_TAGS or len(_FORMATTING.findall(notes)) * tags > MAX_REOPENED


def _paragraphs(text: str) -> str:
    """HTML of plain text: a paragraph for each group of lines."""
    groups = (one.strip() for one in _PARAGRAPHS.split(description_text(text)))
    return "".join(
        "<p>" + "<br>".join(html.escape(line, quote=False) for line in one.splitlines()) + "</p>"
        for one in groups
        if one
    )


def _frame(notes: str) -> bytes:
    """The frame of notes as a source wrote them; empty if nothing is left of them."""
    clean = sanitize(notes)
    return b"" if clean is None else encode_frame(clean)


NOTES = TextRules(TextKind.NOTES, POLICY, MAX_NOTES_CHARS, _frame)
