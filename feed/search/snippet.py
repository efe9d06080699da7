"""Snippets: which fields of an episode match, and where in its text."""

from typing import NamedTuple

from feed.model.card import Card
from feed.search.index import FIELDS, Field
from feed.search.texts import body, field_texts
from feed.search.words import tokens

LENGTH = 200
"""characters of a snippet, about"""
_BEFORE = 60
"""characters before the first match"""


class Snippet(NamedTuple):
    """A part of an episode's insight or description, or its title where only that matches."""

    text: str
    ranges: list[tuple[int, int]]
    """begin and end of each matching word in `text`, counted in UTF-16 units"""


def matched_fields(card: Card, terms: frozenset[str]) -> list[Field]:
    """The fields of an episode that hold one of the terms."""
    return [
        name
        for name, text in zip(FIELDS, field_texts(card), strict=True)
        if any(token.term in terms for token in tokens(text))
    ]


def snippet(card: Card, terms: frozenset[str]) -> Snippet:
    """The part of an episode's text with the most matches after its first one."""
    text = body(card)
    found = _ranges(text, terms)
    if not found:
        title = _ranges(card.title, terms)
        if title or not text:
            return Snippet(card.title, _in_utf16(card.title, title))
    starts = [start for start, _ in found] or [0]
    first = max(starts, key=lambda at: (sum(at <= one < at + LENGTH for one in starts), -at))
    begin = _word_start(text, max(0, first - _BEFORE))
    end = len(text) if len(text) <= begin + LENGTH else _word_end(text, begin + LENGTH)
    part = text[begin:end]
    inside = [(a - begin, b - begin) for a, b in found if begin <= a and b <= end]
    return Snippet(part, _in_utf16(part, inside))


def _ranges(text: str, terms: frozenset[str]) -> list[tuple[int, int]]:
    """Begin and end of each matching word in characters; of those that overlap, their union."""
    merged: list[tuple[int, int]] = []
    for term, start, end in tokens(text):
        if term not in terms:
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _in_utf16(text: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if text.isascii():
        return ranges
    return [(_utf16_length(text[:a]), _utf16_length(text[:b])) for a, b in ranges]


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _word_start(text: str, at: int) -> int:
    space = text.rfind(" ", max(0, at - 30), at)
    return space + 1 if at and space >= 0 else at


def _word_end(text: str, at: int) -> int:
    space = text.find(" ", at, at + 30)
    return space if space >= 0 else at
