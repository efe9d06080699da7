"""Passages: the parts of a text that say most about the terms of a query."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from feed.model.transcript import TranscriptPart
from feed.search.words import folded, needle, terms_of

MAX_CHARS = 400
"""characters of a passage"""
MAX_TEXT_CHARS = 40_000
"""of a text that are looked at, so that none takes more than a few milliseconds"""
MAX_PARTS = 6
"""parts of a transcript that are looked at closely: those that seem to have most of the terms"""
_REPEATED = 0.1
"""what each further occurrence of a term counts, beside 1 for the first"""
_BREAK = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])|\n+")
"""where a sentence ends, in scripts with and without spaces; a line ends one, too"""


class Passage(NamedTuple):
    """A few whole sentences of a text."""

    text: str
    """with folded white space, at most `MAX_CHARS` characters"""
    score: float
    """how well it matches; 0 if it has none of the terms"""
    start_s: float | None = None
    """where its part of a transcript begins, in seconds; None where it is of no transcript"""


def best_passages(text: str, terms: frozenset[str], count: int) -> list[Passage]:
    """Up to `count` passages that do not overlap, the best first; equals in the order of the text.

    A passage is a window of sentences. It scores 1 for each different term that it has, and a
    little for each one repeated. If no sentence has a term, the first window stands alone, with 0.
    What follows the first `MAX_TEXT_CHARS` characters is not read.
    """
    text = text[:MAX_TEXT_CHARS]
    sentences = list(_sentences(text))
    found = [[term for term in terms_of(text[a:b]) if term in terms] for a, b in sentences]
    windows = [
        (_score(found[first:end]), first, end)
        for first, end in _windows(sentences)
        if found[first] or not first
    ]
    chosen: list[tuple[float, int, int]] = []
    for score, first, end in sorted(windows, key=lambda one: (-one[0], one[1])):
        if len(chosen) == count or (chosen and not score):
            break
        if all(end <= start or first >= stop for _, start, stop in chosen):
            chosen.append((score, first, end))
    return [
        Passage(" ".join(text[sentences[first][0] : sentences[end - 1][1]].split()), score)
        for score, first, end in chosen
    ]


def likely_parts(
    parts: Sequence[TranscriptPart], terms: frozenset[str]
) -> list[tuple[int, int, int]]:
    """Of each part that may have a term, how many it seems to have, how often, and its place.

    Parts are only searched for the beginnings of the terms, which takes a tenth of what reading
    their words would.
    """
    needles = [needle(term) for term in terms]
    likely = []
    for place, part in enumerate(parts):
        text = folded(part.text)
        hits = [text.count(one) for one in needles]
        if any(hits):
            likely.append((sum(map(bool, hits)), sum(hits), place))
    return likely


def best_parts(
    parts: Sequence[TranscriptPart],
    likely: Sequence[tuple[int, int, int]],
    terms: frozenset[str],
    count: int,
) -> list[Passage]:
    """Up to `count` passages of different parts of a transcript, the best first.

    `likely` is what `likely_parts` says of these parts; the `MAX_PARTS` that seem to have most are
    read. Parts without any of the terms have none.
    """
    read = sorted(likely, key=lambda one: (-one[0], -one[1], one[2]))[:MAX_PARTS]
    found = []
    for _, _, place in read:
        best = best_passages(parts[place].text, terms, 1)[0]
        if best.score:
            found.append((-best.score, place, best._replace(start_s=parts[place].start_s)))
    return [best for _, _, best in sorted(found)[:count]]


def _score(found: list[list[str]]) -> float:
    terms = [term for sentence in found for term in sentence]
    different = len(set(terms))
    return different + _REPEATED * (len(terms) - different)


def _windows(sentences: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield for each sentence the longest window that begins with it: the first, and the end."""
    end = 0
    for first, (start, _) in enumerate(sentences):
        end = max(end, first + 1)
        while end < len(sentences) and sentences[end][1] - start <= MAX_CHARS:
            end += 1
        yield first, end


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each sentence, and of each part of one that is too long."""
    breaks = [0, *(one.end() for one in _BREAK.finditer(text)), len(text)]
    for begin, end in pairwise(breaks):
        start = begin
        while end - start > MAX_CHARS:
            space = text.rfind(" ", start + 1, start + MAX_CHARS)
            cut = space + 1 if space > 0 else start + MAX_CHARS
            yield start, cut
            start = cut
        if text[start:end].strip():
            yield start, end
